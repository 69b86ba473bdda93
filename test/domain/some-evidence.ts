import {
  type ClusterTally,
  clusterId,
  type EvidenceBatch,
  type Example,
  latencyBounds,
  type Tally,
} from '../../src/domain/evidence.ts';

/** Buckets with `count` in one of them. */
export function latencies(bucket: number, count: number): readonly number[] {
  return Array.from({ length: latencyBounds.length + 1 }, (_, index) => (index === bucket ? count : 0));
}

/** Ten requests of which nine were compared and matched and one was skipped, with what a test wants to be different. */
export function aTally(rest: Partial<Tally> = {}): Tally {
  return {
    route: 'order',
    fingerprint: 'aaaaaaaaaaaa',
    service: 'orders',
    arm: 'legacy',
    window: 0,
    eligible: 10,
    compared: 9,
    matched: 9,
    matchedByRules: 2,
    matchedLater: 1,
    serviceFailed: 0,
    skipped: { 'not-sampled': 1 },
    latency: { legacy: latencies(3, 9), service: latencies(5, 9) },
    combinations: {},
    urls: [],
    callers: [],
    noise: { pairs: 0, differing: {} },
    ...rest,
  };
}

export function aCluster(pattern: string, rest: Partial<ClusterTally> = {}): ClusterTally {
  const { route = 'order', kind = 'value' } = rest;
  return {
    id: clusterId(route, kind, pattern),
    route,
    fingerprint: 'aaaaaaaaaaaa',
    kind,
    pattern,
    count: 1,
    firstSeen: 0,
    lastSeen: 0,
    persistent: 0,
    race: 0,
    noise: 0,
    examples: [],
    ...rest,
  };
}

/** @param body what it is told apart by, and as large as the test wants it to be. */
export function anExample(at: number, body = '{}'): Example {
  const answer = { status: 200, headers: ['content-type', 'application/json'], body, left: null, milliseconds: 3 };
  return {
    at,
    arm: 'legacy',
    request: { method: 'GET', url: '/api/orders/1', headers: [], body: null, traceparent: '00-1-2-01' },
    legacy: answer,
    service: answer,
    mismatches: [{ kind: 'value', path: '$.total', pattern: '$.total', legacy: '1', service: '2' }],
  };
}

export function aBatch(
  tallies: readonly Tally[],
  clusters: readonly ClusterTally[] = [],
  lost?: number,
): EvidenceBatch {
  return { tallies, clusters, ...(lost === undefined ? {} : { lost }) };
}
