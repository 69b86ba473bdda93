/** Evidence as a state gives it back, made of what a test wants to be different. */
import {
  type ClusterRecord,
  clusterId,
  type Example,
  latencyBounds,
  type NoiseTally,
  type RouteEvidence,
  type Tally,
  windowSpan,
} from '../../src/domain/evidence.ts';
import type { MismatchKind } from '../../src/domain/mismatch.ts';

/** 2026-01-31 09:00:00Z, where a window begins. */
export const dawn = Date.UTC(2026, 0, 31, 9);

export function aHistogram(...milliseconds: readonly number[]): number[] {
  const counts = new Array<number>(latencyBounds.length + 1).fill(0);
  for (const each of milliseconds) {
    const bucket = latencyBounds.findIndex((bound) => each <= bound);
    counts[bucket === -1 ? latencyBounds.length : bucket]! += 1;
  }
  return counts;
}

export const noNoise: NoiseTally = { pairs: 0, differing: {} };

/** One window in which everything that was eligible matched, and the rest as given. */
export function aTally(rest: Partial<Tally> = {}): Tally {
  const compared = rest.compared ?? 0;
  const combinations = rest.combinations ?? {};
  const differed = Object.values(combinations).reduce((sum, count) => sum + count, 0);
  const skipped = rest.skipped ?? {};
  const serviceFailed = rest.serviceFailed ?? 0;
  return {
    route: 'order-read',
    fingerprint: 'aaaaaaaaaaaa',
    service: 'orders',
    arm: 'legacy',
    window: dawn,
    eligible: compared + serviceFailed + Object.values(skipped).reduce((sum, count) => sum + count, 0),
    compared,
    matched: compared - differed,
    matchedByRules: 0,
    matchedLater: 0,
    serviceFailed,
    skipped,
    latency: { legacy: aHistogram(), service: aHistogram() },
    combinations,
    urls: [],
    callers: [],
    noise: noNoise,
    ...rest,
  };
}

export function aCluster(kind: MismatchKind, pattern: string, rest: Partial<ClusterRecord> = {}): ClusterRecord {
  const route = rest.route ?? 'order-read';
  return {
    id: clusterId(route, kind, pattern),
    route,
    fingerprint: 'aaaaaaaaaaaa',
    kind,
    pattern,
    count: 1,
    firstSeen: dawn + 1000,
    lastSeen: dawn + 30_000,
    persistent: 0,
    race: 0,
    noise: 0,
    examples: [],
    judgement: null,
    ...rest,
  };
}

export function anExample(rest: Partial<Example> = {}): Example {
  return {
    at: dawn + 30_000,
    arm: 'legacy',
    request: {
      method: 'GET',
      url: '/api/orders/42?expand=items',
      headers: ['accept', 'application/json'],
      body: null,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
    legacy: {
      status: 200,
      headers: ['content-type', 'application/json'],
      body: '{"id":42,"total":12.5,"items":[{"sku":"A-1","price":12.5}],"note":"thanks"}',
      left: null,
      milliseconds: 18,
    },
    service: {
      status: 200,
      headers: ['content-type', 'application/json'],
      body: '{"id":42,"total":12.49,"items":[{"sku":"A-1","price":12.5}]}',
      left: null,
      milliseconds: 7,
    },
    mismatches: [
      { kind: 'value', path: '$.total', pattern: '$.total', legacy: '12.5', service: '12.49' },
      { kind: 'missing', path: '$.note', pattern: '$.note', legacy: '"thanks"', service: null },
    ],
    ...rest,
  };
}

export function anEvidence(rest: Partial<RouteEvidence> = {}): RouteEvidence {
  return {
    route: 'order-read',
    fingerprint: 'aaaaaaaaaaaa',
    service: 'orders',
    current: true,
    since: dawn,
    tallies: [],
    distinct: { urls: 900, callers: 80 },
    clusters: [],
    lost: 0,
    ...rest,
  };
}

/** One hour of a route that two clusters trouble, as the examples of the docs and the pictures show it. */
export function aTroubledHour(): RouteEvidence {
  const total = aCluster('value', '$.total', { count: 96, examples: [anExample()], persistent: 96, race: 4 });
  const note = aCluster('missing', '$.note', { count: 36, examples: [anExample()], persistent: 36 });
  const requestId = aCluster('value', '$.requestId', { count: 1 });
  const tallies = Array.from({ length: 60 }, (_, i): Tally => {
    const wave = Math.round(50 + 14 * Math.sin(i / 7));
    return aTally({
      window: dawn + i * windowSpan,
      compared: wave,
      serviceFailed: i === 33 ? 4 : 0,
      matchedByRules: 6,
      skipped: { 'not-sampled': 3, ...(i === 33 ? { overloaded: 12, aborted: 2 } : {}) },
      combinations: {
        [total.id]: i < 48 && i % 2 === 0 ? 3 : 0,
        [[total.id, note.id].sort().join(' ')]: i < 48 && i % 2 === 1 ? 1 : 0,
        [note.id]: i % 5 === 0 && i < 48 ? 1 : 0,
      },
      latency: {
        legacy: aHistogram(...Array.from({ length: wave }, (_, n) => 9 + ((n * 7 + i) % 23) + (n % 17 === 0 ? 60 : 0))),
        service: aHistogram(
          ...Array.from({ length: wave }, (_, n) => 3 + ((n * 5 + i) % 11) + (n % 29 === 0 ? 30 : 0)),
        ),
      },
      noise: { pairs: 5, differing: {} },
    });
  });
  return anEvidence({ tallies, clusters: [total, note, { ...requestId, count: 0, race: 3 }] });
}
