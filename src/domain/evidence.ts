/**
 * What shadowing has shown, counted. Everything here can be added up: batches of many processes, windows of an hour,
 * both arms of a split. It survives JSON, since workers send it over a channel.
 */
import type { Arm } from './arm.ts';
import type { MismatchKind } from './mismatch.ts';
import { murmur3 } from './murmur3.ts';
import type { ChapterCount } from './rollout/arm-counts.ts';
import type { SkipReason } from './shadow.ts';

export type { Arm } from './arm.ts';

/** Milliseconds that one window of counts spans; windows begin at multiples of it. */
export const windowSpan = 60_000;

/**
 * Upper bounds of the latency buckets in ms, a third of an octave apart; one more bucket lies beyond the last.
 * From 0.25 ms to about a minute.
 */
export const latencyBounds: readonly number[] = Array.from({ length: 55 }, (_, i) => 0.25 * 2 ** (i / 3));

/** What happened on one route, in one arm, within one window. All counts; every one of them only ever grows. */
export interface Tally {
  readonly route: string;
  /** Of the match, the service, the rewrite and the rules: evidence from before a change of them is another's. */
  readonly fingerprint: string;
  readonly service: string;
  readonly arm: Arm;
  /** When the window begins, ms since the epoch. */
  readonly window: number;
  /** Requests of the route while it was shadowed: compared + serviceFailed + everything skipped. */
  readonly eligible: number;
  readonly compared: number;
  /** Of those compared: no mismatch remained. */
  readonly matched: number;
  /** Of those matched: only thanks to a rule. */
  readonly matchedByRules: number;
  /** Of those matched: only at the second look. */
  readonly matchedLater: number;
  /** The service timed out, reset or refused: no mismatch, but in the denominator. */
  readonly serviceFailed: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** Milliseconds, counted into {@link latencyBounds} and one beyond; of the requests that were compared. */
  readonly latency: { readonly legacy: readonly number[]; readonly service: readonly number[] };
  /**
   * Comparisons that did not match, by which clusters they showed: the ids, sorted and joined by a space. With the
   * clusters of a combination turned off its comparisons match. Those beyond what is kept apart are under `''`.
   */
  readonly combinations: Readonly<Record<string, number>>;
  /** Hashes (32 bit, unsigned) of the URLs and of the caller keys that were compared; may repeat. */
  readonly urls: readonly number[];
  readonly callers: readonly number[];
  readonly noise: NoiseTally;
}

/** Legacy held against itself. */
export interface NoiseTally {
  readonly pairs: number;
  /** By signature: in how many pairs legacy differed from itself there, and by how much at most. */
  readonly differing: Readonly<Record<string, SelfDifference>>;
}

export interface SelfDifference {
  readonly kind: MismatchKind;
  readonly pattern: string;
  readonly count: number;
  /** Where both values were times: the largest distance in ms. `null` as soon as one pair was not. */
  readonly milliseconds: number | null;
  /** Where both values were numbers: the largest distance, and the largest relative to legacy's first, in percent. */
  readonly distance: number | null;
  readonly percent: number | null;
}

/** Mismatches with the same signature. */
export interface ClusterTally {
  /** From {@link clusterId}. */
  readonly id: string;
  readonly route: string;
  readonly fingerprint: string;
  readonly kind: MismatchKind;
  /** Redacted: keys come from traffic. */
  readonly pattern: string;
  /** Comparisons that showed it. */
  readonly count: number;
  /** ms since the epoch. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** What the second look made of them; `confirm` off leaves all of these 0. Races and noise are in no other count. */
  readonly persistent: number;
  readonly race: number;
  readonly noise: number;
  /** New ones only; the state keeps the newest few. */
  readonly examples: readonly Example[];
}

/** One comparison that did not match, redacted, as far as it is kept. */
export interface Example {
  /** ms since the epoch. */
  readonly at: number;
  readonly arm: Arm;
  readonly request: ExampleRequest;
  readonly legacy: ExampleAnswer;
  readonly service: ExampleAnswer;
  /** Every mismatch of this comparison, not only this cluster's: redacted, and cut after the first few. */
  readonly mismatches: readonly {
    readonly kind: MismatchKind;
    readonly path: string;
    readonly pattern: string;
    readonly legacy: string | null;
    readonly service: string | null;
  }[];
}

export interface ExampleRequest {
  readonly method: string;
  readonly url: string;
  /** Flat `[name, value, …]`. */
  readonly headers: readonly string[];
  /** `null` when there was none or it could not be parsed: what can't be redacted isn't kept. */
  readonly body: string | null;
  /** By which the copy can be found in the service's own traces. */
  readonly traceparent: string;
}

export interface ExampleAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string | null;
  /** Why there is no body, or not all of it: `empty`, `cut`, `not-text`, `unparsable`; `null` when it is whole. */
  readonly left: 'empty' | 'cut' | 'not-text' | 'unparsable' | null;
  readonly milliseconds: number;
}

/** What a comparer or a mirror hands over, about once a second. Additive: it may be split and joined at will. */
export interface EvidenceBatch {
  readonly tallies: readonly Tally[];
  readonly clusters: readonly ClusterTally[];
  /** What the arms of routes in a rollout did. */
  readonly arms?: readonly ChapterCount[];
  /** Earlier batches that could not be kept, and are only now spoken of. */
  readonly lost?: number;
}

/** What was decided about a cluster. */
export type Judgement =
  | { readonly word: 'accepted'; readonly at: number; readonly who: string; readonly reason: string | null }
  | {
      readonly word: 'ignored';
      readonly at: number;
      readonly until: number;
      readonly who: string;
      readonly reason: string | null;
    };

export type ClusterRecord = ClusterTally & { readonly judgement: Judgement | null };

/** What the state gives back: merged over everything asked for. */
export interface RouteEvidence {
  readonly route: string;
  readonly fingerprint: string;
  readonly service: string;
  /** The newest fingerprint of the route: the evidence that speaks of it as it is now. */
  readonly current: boolean;
  /** ms since the epoch: when the evidence begins (the first window, or the last reset). */
  readonly since: number;
  /** Oldest first, one for each arm and window. `urls` and `callers` are empty here: see {@link distinct}. */
  readonly tallies: readonly Tally[];
  /** Estimates: exact for small numbers, within a few percent for large ones. */
  readonly distinct: { readonly urls: number; readonly callers: number };
  readonly clusters: readonly ClusterRecord[];
  /** Batches that could not be kept, as far as anyone could say so. */
  readonly lost: number;
}

/** What makes two mismatches of a route the same. */
export function signatureOf(kind: MismatchKind, pattern: string): string {
  return `${kind} ${pattern}`;
}

/**
 * The name of a cluster: eight hexadecimal digits, the same in every process and after every reset or change of the
 * rules, so that what people decided about it holds.
 */
export function clusterId(route: string, kind: MismatchKind, pattern: string): string {
  return murmur3(`${route}\n`, signatureOf(kind, pattern)).toString(16).padStart(8, '0');
}
