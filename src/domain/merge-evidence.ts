/** How evidence is joined: everything in it counts, so that the order in which it arrives does not matter. */
import { type ClusterTally, latencyBounds, type NoiseTally, type SelfDifference, type Tally } from './evidence.ts';
import type { SkipReason } from './shadow.ts';

/** Kept apart in one window; those beyond count together under `''`. Keys come from traffic: there must be an end. */
const mostCombinations = 64;
/** Signatures in which legacy differs from itself, in one window; the rest is forgotten, as if it did not differ. */
const mostSelfDifferences = 256;

/** What a window counts; without what is told by where it stands, and without the hashes that go into sketches. */
export type WindowCounts = Omit<Tally, 'route' | 'fingerprint' | 'service' | 'arm' | 'window' | 'urls' | 'callers'>;

const noLatencies: readonly number[] = new Array(latencyBounds.length + 1).fill(0);

export const emptyWindow: WindowCounts = {
  eligible: 0,
  compared: 0,
  matched: 0,
  matchedByRules: 0,
  matchedLater: 0,
  serviceFailed: 0,
  skipped: {},
  latency: { legacy: noLatencies, service: noLatencies },
  combinations: {},
  noise: { pairs: 0, differing: {} },
};

export function joinWindows(a: WindowCounts, b: WindowCounts): WindowCounts {
  return {
    eligible: a.eligible + b.eligible,
    compared: a.compared + b.compared,
    matched: a.matched + b.matched,
    matchedByRules: a.matchedByRules + b.matchedByRules,
    matchedLater: a.matchedLater + b.matchedLater,
    serviceFailed: a.serviceFailed + b.serviceFailed,
    skipped: joinNumbers<SkipReason>(a.skipped, b.skipped),
    latency: {
      legacy: joinBuckets(a.latency.legacy, b.latency.legacy),
      service: joinBuckets(a.latency.service, b.latency.service),
    },
    combinations: joinCombinations(a.combinations, b.combinations),
    noise: joinNoise(a.noise, b.noise),
  };
}

/** All but the examples, which every store keeps in its own way. */
export function joinCluster(a: ClusterTally, b: ClusterTally): ClusterTally {
  return {
    ...a,
    count: a.count + b.count,
    firstSeen: Math.min(a.firstSeen, b.firstSeen),
    lastSeen: Math.max(a.lastSeen, b.lastSeen),
    persistent: a.persistent + b.persistent,
    race: a.race + b.race,
    noise: a.noise + b.noise,
  };
}

function joinNumbers<K extends string>(
  a: Readonly<Partial<Record<K, number>>>,
  b: Readonly<Partial<Record<K, number>>>,
): Partial<Record<K, number>> {
  const joined = new Map(Object.entries(a) as [K, number][]);
  for (const [key, count] of Object.entries(b) as [K, number][]) joined.set(key, (joined.get(key) ?? 0) + count);
  return Object.fromEntries(joined) as Partial<Record<K, number>>;
}

/** Tallies of an hour that nothing was compared in come without buckets. */
function joinBuckets(a: readonly number[], b: readonly number[]): readonly number[] {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  return longer.map((count, index) => count + (shorter[index] ?? 0));
}

function joinCombinations(a: Tally['combinations'], b: Tally['combinations']): Tally['combinations'] {
  const joined = new Map(Object.entries(a));
  for (const [ids, count] of Object.entries(b)) {
    const place = joined.has(ids) || joined.size < mostCombinations ? ids : '';
    joined.set(place, (joined.get(place) ?? 0) + count);
  }
  return Object.fromEntries(joined);
}

export function joinNoise(a: NoiseTally, b: NoiseTally): NoiseTally {
  const differing = new Map(Object.entries(a.differing));
  for (const [signature, other] of Object.entries(b.differing)) {
    const one = differing.get(signature);
    if (one !== undefined) differing.set(signature, joinSelfDifference(one, other));
    else if (differing.size < mostSelfDifferences) differing.set(signature, other);
  }
  return { pairs: a.pairs + b.pairs, differing: Object.fromEntries(differing) };
}

function joinSelfDifference(a: SelfDifference, b: SelfDifference): SelfDifference {
  const largest = (x: number | null, y: number | null) => (x === null || y === null ? null : Math.max(x, y));
  return {
    kind: a.kind,
    pattern: a.pattern,
    count: a.count + b.count,
    milliseconds: largest(a.milliseconds, b.milliseconds),
    distance: largest(a.distance, b.distance),
    percent: largest(a.percent, b.percent),
  };
}
