import {
  type Arm,
  type ClusterTally,
  clusterId,
  type Example,
  latencyBounds,
  type SelfDifference,
  signatureOf,
  type Tally,
  windowSpan,
} from '../domain/evidence.ts';
import type { MismatchKind } from '../domain/mismatch.ts';
import type { Route } from '../domain/settings.ts';
import type { SkipReason } from '../domain/shadow.ts';
import type { Counted } from './comparer-messages.ts';
import type { ExampleRation } from './example-ration.ts';
import { latencyBucket } from './latency-bucket.ts';
import { largest, type PairDifference } from './self-difference.ts';
import { tallyKey } from './tally-key.ts';

/** Under what something is counted. */
export interface Place {
  readonly lane: number;
  readonly route: Route;
  readonly arm: Arm;
  /** ms since the epoch. */
  readonly at: number;
}

/** A signature that a comparison showed, its pattern redacted. */
export interface Shown {
  readonly kind: MismatchKind;
  readonly pattern: string;
  /** What a second look made of it. */
  readonly look: 'persistent' | 'race' | 'noise' | null;
}

export interface Verdict {
  /** Each signature once. A comparison whose signatures are all races and noise has matched. */
  readonly shown: readonly Shown[];
  /** There was more than `shown` tells. */
  readonly cut: boolean;
  readonly byRules: boolean;
  readonly later: boolean;
  readonly legacyMilliseconds: number;
  readonly serviceMilliseconds: number;
  readonly url: number;
  /** Null for a caller that nothing tells from others. */
  readonly caller: number | null;
  /** Null where none could be made. */
  readonly example: () => Example | null;
}

/** What one flush tells apart at most; the counts themselves are always whole. */
const mostClusters = 500;
const mostCombinations = 256;
const mostTogether = 8;
const mostNoisy = 200;
const mostHashes = 8_192;

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type OpenCluster = Writable<Omit<ClusterTally, 'examples'>> & { readonly examples: Example[] };
interface OpenTally
  extends Writable<Omit<Tally, 'skipped' | 'latency' | 'combinations' | 'urls' | 'callers' | 'noise'>> {
  readonly skipped: Partial<Record<SkipReason, number>>;
  readonly latency: { readonly legacy: number[]; readonly service: number[] };
  readonly combinations: Map<string, number>;
  readonly urls: Set<number>;
  readonly callers: Set<number>;
  pairs: number;
  readonly differing: Map<string, SelfDifference>;
}

/** Counts what pairs showed, until it is asked for. */
export class Aggregate {
  readonly #ration: ExampleRation;
  #tallies = new Map<number, OpenTally>();
  #clusters = new Map<string, OpenCluster>();

  constructor(ration: ExampleRation) {
    this.#ration = ration;
  }

  skipped(place: Place, reason: SkipReason): void {
    const tally = this.#tally(place);
    tally.eligible += 1;
    tally.skipped[reason] = (tally.skipped[reason] ?? 0) + 1;
  }

  serviceFailed(place: Place): void {
    const tally = this.#tally(place);
    tally.eligible += 1;
    tally.serviceFailed += 1;
  }

  compared(place: Place, verdict: Verdict): void {
    const tally = this.#tally(place);
    tally.eligible += 1;
    tally.compared += 1;
    tally.latency.legacy[latencyBucket(verdict.legacyMilliseconds)]! += 1;
    tally.latency.service[latencyBucket(verdict.serviceMilliseconds)]! += 1;
    if (tally.urls.size < mostHashes) tally.urls.add(verdict.url);
    if (verdict.caller !== null && tally.callers.size < mostHashes) tally.callers.add(verdict.caller);
    const { shown, cut } = verdict;
    const remaining = shown.filter(({ look }) => look !== 'race' && look !== 'noise');
    for (const one of shown) this.#seen(place, one);
    if (remaining.length === 0 && !cut) {
      tally.matched += 1;
      if (verdict.later) tally.matchedLater += 1;
      if (verdict.byRules) tally.matchedByRules += 1;
      return;
    }
    const combination = cut ? '' : this.#combination(place, remaining);
    const known = tally.combinations.get(combination);
    const name = known === undefined && tally.combinations.size >= mostCombinations ? '' : combination;
    tally.combinations.set(name, (tally.combinations.get(name) ?? 0) + 1);
    this.#keepExample(place, remaining, verdict.example);
  }

  /** Legacy held against itself; each signature once. */
  selfCompared(place: Place, differing: readonly PairDifference[]): void {
    const tally = this.#tally(place);
    tally.pairs += 1;
    for (const one of differing) {
      const signature = signatureOf(one.kind, one.pattern);
      const known = tally.differing.get(signature);
      if (known !== undefined) tally.differing.set(signature, joined(known, one));
      else if (tally.differing.size < mostNoisy) tally.differing.set(signature, { ...one, count: 1 });
    }
  }

  /** Everything since the last call. */
  take(): Counted {
    const tallies = [...this.#tallies.values()].map(closed);
    const counted: Counted = { keys: [...this.#tallies.keys()], tallies, clusters: [...this.#clusters.values()] };
    this.#tallies = new Map();
    this.#clusters = new Map();
    this.#ration.refill();
    return counted;
  }

  #tally({ lane, route, arm, at }: Place): OpenTally {
    const key = tallyKey(lane, arm, at);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const none = (): number[] => new Array<number>(latencyBounds.length + 1).fill(0);
    const tally: OpenTally = {
      route: route.id,
      fingerprint: route.fingerprint,
      service: route.service,
      arm,
      window: at - (at % windowSpan),
      eligible: 0,
      compared: 0,
      matched: 0,
      matchedByRules: 0,
      matchedLater: 0,
      serviceFailed: 0,
      skipped: {},
      latency: { legacy: none(), service: none() },
      combinations: new Map(),
      urls: new Set(),
      callers: new Set(),
      pairs: 0,
      differing: new Map(),
    };
    this.#tallies.set(key, tally);
    return tally;
  }

  #cluster({ route, at }: Place, { kind, pattern }: Shown): OpenCluster | null {
    const id = clusterId(route.id, kind, pattern);
    const key = `${id} ${route.fingerprint}`;
    const known = this.#clusters.get(key);
    if (known !== undefined || this.#clusters.size >= mostClusters) return known ?? null;
    const { id: routeId, fingerprint } = route;
    const counts = { count: 0, persistent: 0, race: 0, noise: 0 };
    const seen = { firstSeen: at, lastSeen: at };
    const cluster = { id, route: routeId, fingerprint, kind, pattern, ...counts, ...seen, examples: [] };
    this.#clusters.set(key, cluster);
    return cluster;
  }

  #seen(place: Place, shown: Shown): void {
    const cluster = this.#cluster(place, shown);
    if (cluster === null) return;
    if (shown.look !== 'race' && shown.look !== 'noise') cluster.count += 1;
    if (shown.look !== null) cluster[shown.look] += 1;
    cluster.firstSeen = Math.min(cluster.firstSeen, place.at);
    cluster.lastSeen = Math.max(cluster.lastSeen, place.at);
  }

  /** '' as soon as one of its clusters is not kept apart: turning the others off would not make it match. */
  #combination(place: Place, shown: readonly Shown[]): string {
    if (shown.length > mostTogether) return '';
    const ids: string[] = [];
    for (const one of shown) {
      const cluster = this.#cluster(place, one);
      if (cluster === null) return '';
      ids.push(cluster.id);
    }
    return ids.sort().join(' ');
  }

  #keepExample(place: Place, shown: readonly Shown[], make: () => Example | null): void {
    let example: Example | null = null;
    for (const one of shown) {
      const cluster = this.#cluster(place, one);
      if (cluster === null || !this.#ration.allows(cluster.id, place.at)) continue;
      example ??= make();
      if (example === null) return;
      cluster.examples.push(example);
      this.#ration.used(cluster.id, place.at, example);
    }
  }
}

function joined(known: SelfDifference, one: PairDifference): SelfDifference {
  return {
    ...known,
    count: known.count + 1,
    milliseconds: largest(known.milliseconds, one.milliseconds),
    distance: largest(known.distance, one.distance),
    percent: largest(known.percent, one.percent),
  };
}

function closed({ combinations, urls, callers, pairs, differing, ...tally }: OpenTally): Tally {
  return {
    ...tally,
    combinations: Object.fromEntries(combinations),
    urls: [...urls],
    callers: [...callers],
    noise: { pairs, differing: Object.fromEntries(differing) },
  };
}
