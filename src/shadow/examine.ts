import { decodeBody } from '../coding/decode.ts';
import { callerKey, ownCookie } from '../domain/caller.ts';
import { compareAnswers } from '../domain/comparing/answers.ts';
import { type Comparison, defaultBounds } from '../domain/comparing/comparison.ts';
import type { RuleWatch } from '../domain/comparing/rule-error.ts';
import type { Undecoded } from '../domain/comparing/undecoded.ts';
import type { Example } from '../domain/evidence.ts';
import { type HeaderLines, headerValue } from '../domain/header-lines.ts';
import { murmur3 } from '../domain/murmur3.ts';
import { splitTarget } from '../domain/path.ts';
import type { KeySource } from '../domain/settings.ts';
import type { Aggregate, Place, Shown } from './aggregate.ts';
import type { WorkerOrder } from './comparer-messages.ts';
import type { UnpackedPair, UnpackedSeen } from './packing.ts';
import type { LookFailure } from './pair.ts';
import { type Exchange, type Observed, Redactor } from './redact.ts';
import { shownBy } from './second-look.ts';
import { selfDifferences } from './self-difference.ts';
import type { WorkerLane } from './worker-lane.ts';

/** A pair, and under what it is counted. */
export interface Case {
  readonly lane: WorkerLane;
  readonly place: Place;
  readonly pair: UnpackedPair;
}

/** Two answers to the same request, and what they showed. */
export interface Finding {
  readonly legacy: Observed;
  readonly service: Observed;
  readonly comparison: Comparison;
}

/** Why a pair can't be compared. */
export class Skip extends Error {
  readonly reason: LookFailure;

  constructor(reason: LookFailure) {
    super(reason);
    this.reason = reason;
  }
}

/** The steps of a comparison: decode, compare, count, redact. Each may throw; a pair is counted last of all. */
export class Examiner {
  readonly aggregate: Aggregate;
  readonly #watch: RuleWatch;
  #redactor: Redactor = new Redactor({ headers: [], paths: [] });
  #callers: readonly KeySource[] = [];

  constructor(aggregate: Aggregate, watch: RuleWatch) {
    this.aggregate = aggregate;
    this.#watch = watch;
  }

  apply({ redact, caller }: WorkerOrder): void {
    this.#redactor = new Redactor(redact);
    this.#callers = caller;
  }

  /**
   * Throws a {@link Skip} where legacy failed or its body can't be decoded. A body of the service's that can't be is a
   * mismatch: callers would get it.
   */
  find(of: Case, legacy: UnpackedSeen, service: UnpackedSeen): Finding {
    const { pair } = of;
    if (legacy.status >= 500) throw new Skip('legacy-failed');
    if (!legacy.whole) throw new Skip('body-too-large');
    const sides = { legacy: decodable(observe(pair.method, legacy)), service: observe(pair.method, service) };
    return { ...sides, comparison: this.compare(of, sides.legacy, sides.service) };
  }

  /** With patterns that may be shown and counted by. */
  compare(of: Case, control: Observed, candidate: Observed): Comparison {
    const comparison = compareAnswers(control, candidate, of.lane.rules, this.#watch);
    const exchanged = () => exchangeOf(of, control, candidate, comparison);
    return { ...comparison, mismatches: this.#redactor.patterned(comparison.mismatches, exchanged) };
  }

  /** Legacy's answer held against another one of its own: what it shows is noise. Nothing where that can't be had. */
  learnNoise(of: Case): void {
    const { place, pair } = of;
    const { legacy, again } = pair;
    if (again === null || !again.whole || !legacy.whole || again.status >= 500 || legacy.status >= 500) return;
    const { mismatches } = this.compare(
      of,
      decodable(observe(pair.method, legacy)),
      decodable(observe(pair.method, again)),
    );
    this.aggregate.selfCompared(place, selfDifferences(mismatches));
  }

  shown({ mismatches }: Comparison): Shown[] {
    return shownBy(mismatches);
  }

  /** `later`: it took more than one look. `url`: what was compared, where that is not the request's own. */
  count(of: Case, finding: Finding, shown: readonly Shown[], later: boolean, url: string = of.pair.url): void {
    const { legacy, service, comparison } = finding;
    const { headers, clientIp } = of.pair;
    const { query } = splitTarget(of.pair.url);
    // An address is not much of a caller, but more than nothing: one key for all would look like one caller.
    const caller = callerKey(this.#callers, headers, query, clientIp) ?? ownCookie(headers) ?? clientIp;
    this.aggregate.compared(of.place, {
      shown,
      // Where the same mismatch was found too often, all that differ are known all the same.
      cut: comparison.stopped === true || (comparison.cut && comparison.mismatches.length >= defaultBounds.mismatches),
      byRules: comparison.thanksToRules,
      later,
      legacyMilliseconds: legacy.milliseconds,
      serviceMilliseconds: service.milliseconds,
      url: murmur3(url),
      caller: caller === '' ? null : murmur3(caller),
      example: () => this.#example(url === of.pair.url ? of : readBack(of, url), finding),
    });
  }

  #example(of: Case, { legacy, service, comparison }: Finding): Example | null {
    try {
      return this.#redactor.example(exchangeOf(of, legacy, service, comparison));
    } catch {
      // What can't be redacted isn't kept; the comparison counts without it.
      return null;
    }
  }
}

function exchangeOf({ pair, lane }: Case, legacy: Observed, service: Observed, { mismatches }: Comparison): Exchange {
  const { at, arm, method, url, headers, traceparent } = pair;
  const decoded = pair.requestBody === null ? null : decodeBody(headers, pair.requestBody);
  const requestBody = decoded instanceof Uint8Array ? decoded : null;
  const request = { at, arm, method, url, bound: lane.bound(pair), headers, requestBody, traceparent };
  return { ...request, legacy, service, mismatches };
}

const nothing = new Uint8Array();

function observe(method: string, { status, headers, body, whole, milliseconds }: UnpackedSeen): Observed {
  if (method === 'HEAD' || status === 204 || status === 304) {
    return { status, headers, body: nothing, whole: true, undecoded: null, milliseconds };
  }
  const decoded = whole ? decodeBody(headers, body) : beginningOf(headers, body);
  return decoded instanceof Uint8Array
    ? { status, headers, body: decoded, whole, undecoded: null, milliseconds }
    : { status, headers, body: nothing, whole, undecoded: decoded, milliseconds };
}

/** The beginning of something compressed is not worth decoding: it can't match. */
function beginningOf(headers: HeaderLines, body: Uint8Array): Uint8Array | Undecoded {
  if (headerValue(headers, 'content-encoding') === null) return body;
  return { kind: 'size', why: `more than ${body.length} bytes as sent` };
}

function decodable(observed: Observed): Observed {
  if (observed.undecoded !== null) throw new Skip('undecodable');
  return observed;
}

/** What was compared of a readback is the GET: whoever tries an example again must not write. */
function readBack(of: Case, url: string): Case {
  return { ...of, pair: { ...of.pair, method: 'GET', url, requestBody: null } };
}
