import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { probabilityOf } from '../../src/domain/binomial.ts';
import { guardTrips } from '../../src/domain/guard.ts';
import type { ArmEvidence } from '../../src/domain/rollout/model.ts';
import { seeded } from '../../src/domain/rollout/simulate/random.ts';
import { sampleHits } from '../../src/domain/rollout/simulate/sample.ts';

const settings = { margin: 5, window: 60_000, minRequests: 50 };

type Counts = readonly [failures: number, requests: number];

function evidence([failures, requests]: Counts, [legacyFailures, legacyRequests]: Counts): ArmEvidence {
  return {
    route: 'order-read',
    service: { requests, failures, latency: [] },
    legacy: { requests: legacyRequests, failures: legacyFailures, latency: [] },
  };
}

const trips = (service: Counts, legacy: Counts): boolean => guardTrips(settings, evidence(service, legacy)) !== null;

/** The exact chance that one look trips, with these true shares. */
function chanceToTrip(requests: number, share: number, legacyRequests: number, legacyShare: number): number {
  let chance = 0;
  for (let failures = 0; failures <= legacyRequests; failures++) {
    const seen = probabilityOf(failures, legacyRequests, legacyShare);
    if (seen < 1e-16) continue;
    let fewest = 0;
    while (fewest <= requests && !trips([fewest, requests], [failures, legacyRequests])) fewest++;
    for (let k = fewest; k <= requests; k++) chance += seen * probabilityOf(k, requests, share);
  }
  return chance;
}

describe('the guard', () => {
  it('trips for a service that is down, as soon as there are enough requests', () => {
    expect(guardTrips(settings, evidence([50, 50], [3, 950]))).toBe(
      'within 1m the service failed 50 of 50 (100 %) requests of its callers, legacy 3 of 950 (0.32 %) of its own: ' +
        'at least 72.5 points more, and 5 are forgiven',
    );
    expect(trips([49, 49], [3, 950])).toBe(false);
  });

  it('lets a service fail that fails with legacy', () => {
    expect(trips([900, 1000], [850, 1000])).toBe(false);
    expect(trips([1000, 1000], [1000, 1000])).toBe(false);
  });

  it('knows nothing where legacy has nobody left to compare with', () => {
    expect(trips([500, 500], [0, 0])).toBe(false);
    expect(trips([500, 500], [0, 3])).toBe(false);
  });

  it.each([
    [50, 1000, 0.001],
    [50, 1000, 0.01],
    [50, 1000, 0.2],
    [150, 150, 0.01],
    [150, 150, 0.5],
    [300, 30, 0.05],
  ])('trips with %i and %i requests of equal arms in no year of seconds', (requests, legacyRequests, share) => {
    expect(chanceToTrip(requests, share, legacyRequests, share) * 365 * 86_400).toBeLessThan(0.2);
  });

  it.each([
    [50, 400, 0],
    [50, 400, 0.01],
    [200, 200, 0.3],
  ])('trips at a look at most once in a million at its very margin', (requests, legacyRequests, legacyShare) => {
    const chance = chanceToTrip(requests, legacyShare + 0.05, legacyRequests, legacyShare);
    expect(chance).toBeLessThanOrEqual(1e-6);
  });

  it('watches a week of equal arms and never trips', () => {
    const random = seeded(7);
    const window = 60;
    const ring = { service: new Array<Counts>(window).fill([0, 0]), legacy: new Array<Counts>(window).fill([0, 0]) };
    const sums = { service: [0, 0] as [number, number], legacy: [0, 0] as [number, number] };
    let tripped = 0;
    for (let second = 0; second < 7 * 86_400; second++) {
      for (const [arm, requests] of [
        ['service', 5],
        ['legacy', 45],
      ] as const) {
        const old = ring[arm][second % window]!;
        const seen: Counts = [sampleHits(requests, 0.02, random), requests];
        ring[arm][second % window] = seen;
        sums[arm][0] += seen[0] - old[0];
        sums[arm][1] += seen[1] - old[1];
      }
      if (trips(sums.service, sums.legacy)) tripped++;
    }
    expect(tripped).toBe(0);
  });

  it('never trips by one failure less when it did not trip by one more', () => {
    const counts = fc.integer({ min: 0, max: 500 });
    fc.assert(
      fc.property(counts, counts, counts, counts, (failures, more, legacyFailures, legacyMore) => {
        const legacy: Counts = [legacyFailures, legacyFailures + legacyMore];
        if (trips([failures, failures + more + 1], legacy)) {
          expect(trips([failures + 1, failures + more + 1], legacy)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('bears figures that can not be', () => {
    const odd = fc.constantFrom(Number.NaN, -1, 0.5, 1e308, Number.POSITIVE_INFINITY, 0, 77);
    fc.assert(
      fc.property(odd, odd, odd, odd, (a, b, c, d) => {
        expect(() => guardTrips(settings, evidence([a, b], [c, d]))).not.toThrow();
      }),
    );
  });
});
