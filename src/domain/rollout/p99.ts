/**
 * The p99 of two arms. Latencies are kept to 9 % (`armBounds`), and both arms are rounded alike: an arm that is as fast
 * as the other stays so. A request is slower than 1.2 × a bucket when its own bucket's bound is.
 */
import { provesAbove, provesBelow, rateOf, type Share } from './anytime.ts';
import { type Slower, shareOf } from './arms.ts';
import { armBounds } from './model.ts';

/** The share that is slower than a p99. */
export const slowest = 0.01;

/** Slower than this bucket; all of them where it lies before the first. */
export function shareSlowerThan(bucket: number, { total, than }: Slower): Share {
  return shareOf(bucket < 0 ? total : (than[bucket] ?? 0), total);
}

/** The lowest bucket that the true p99 may lie in; `null` where that can't be told. */
export function lowestBucket(slower: Slower, chance: number): number | null {
  const bucket = lastWhere((index) => provesAbove(shareSlowerThan(index - 1, slower), slowest, chance));
  return bucket === -1 ? null : bucket;
}

/** The highest one; `null` where it may be slower than every bound. */
export function highestBucket(slower: Slower, chance: number): number | null {
  const bucket = lastWhere((index) => !provesBelow(shareSlowerThan(index, slower), slowest, chance)) + 1;
  return bucket === armBounds.length ? null : bucket;
}

/** The bucket that the p99 seems to lie in. */
export function seenBucket(slower: Slower): number {
  return lastWhere((index) => rateOf(shareSlowerThan(index - 1, slower)) > slowest);
}

/** The last bucket that is not slower than `times` the given one. */
export function stretched(bucket: number, times: number): number {
  // A hair of room: 2 x is eight buckets, however its logarithm is rounded.
  return Math.min(armBounds.length, bucket + Math.floor(8 * Math.log2(times) + 1e-9));
}

/** The last of the bounded buckets for which something holds that holds up to some bucket and for none after it; or -1. */
function lastWhere(holds: (bucket: number) => boolean): number {
  let yes = -1;
  let no = armBounds.length;
  while (no - yes > 1) {
    const middle = (yes + no) >> 1;
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
