import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slowerOf } from '../../../src/domain/rollout/arms.ts';
import { armBounds } from '../../../src/domain/rollout/model.ts';
import {
  highestBucket,
  lowestBucket,
  seenBucket,
  shareSlowerThan,
  stretched,
} from '../../../src/domain/rollout/p99.ts';

const buckets = armBounds.length + 1;
const histograms = fc
  .array(fc.tuple(fc.integer({ min: 0, max: buckets - 1 }), fc.integer({ min: 0, max: 20_000 })), { maxLength: 12 })
  .map((filled) => {
    const latency = new Array<number>(buckets).fill(0);
    for (const [bucket, count] of filled) latency[bucket]! += count;
    return { requests: 0, failures: 0, latency };
  });

/** Requests of which so many are in one bucket, and the rest in another. */
function two(bucket: number, count: number, other: number, rest: number) {
  const latency = new Array<number>(buckets).fill(0);
  latency[bucket]! += count;
  latency[other]! += rest;
  return slowerOf({ requests: count + rest, failures: 0, latency });
}

describe('the bucket of a p99', () => {
  it('is narrowed down from both sides by more requests', () => {
    const known = (times: number): (number | null)[] => {
      const slower = two(70, 985 * times, 90, 15 * times);
      return [lowestBucket(slower, 0.025), seenBucket(slower), highestBucket(slower, 0.0005)];
    };
    expect(known(1)).toEqual([70, 90, 90]);
    expect(known(100)).toEqual([90, 90, 90]);
  });

  it('is not told where there is too little, or too much beyond all bounds', () => {
    expect(lowestBucket(two(70, 3, 70, 0), 0.025)).toBe(70);
    expect(lowestBucket(two(70, 0, 70, 0), 0.025)).toBeNull();
    expect(highestBucket(two(70, 300, 70, 0), 0.0005)).toBeNull();
    expect(highestBucket(two(70, 900, buckets - 1, 100), 0.0005)).toBeNull();
  });

  it('lies between what it may be at least and at most, whatever the latencies', () => {
    fc.assert(
      fc.property(histograms, (arm) => {
        const slower = slowerOf(arm);
        const seen = seenBucket(slower);
        expect(lowestBucket(slower, 0.025) ?? -1).toBeLessThanOrEqual(seen);
        expect(highestBucket(slower, 0.0005) ?? buckets).toBeGreaterThanOrEqual(seen);
      }),
    );
  });

  it('never makes an arm slower than itself', () => {
    fc.assert(
      fc.property(histograms, (arm) => {
        const slower = slowerOf(arm);
        const { hits, trials } = shareSlowerThan(stretched(seenBucket(slower), 1), slower);
        fc.pre(seenBucket(slower) < armBounds.length - 1);
        expect(hits).toBeLessThanOrEqual(0.01 * trials);
      }),
    );
  });

  it.each([
    [1, 0],
    [1.05, 0],
    [1.1, 1],
    [1.2, 2],
    [2, 8],
    [4, 16],
  ])('is stretched %d times by whole buckets, %i of them', (times, further) => {
    expect(stretched(10, times)).toBe(10 + further);
  });
});
