import { latencyBounds } from './evidence.ts';

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** `null` where nothing was counted. */
export function percentilesOf(histogram: readonly number[]): Percentiles | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const at = (share: number): number => percentile(histogram, share * total);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** Within a bucket its requests are taken to be spread evenly; beyond the last bound there is only that bound. */
function percentile(histogram: readonly number[], rank: number): number {
  let before = 0;
  for (const [bucket, count] of histogram.entries()) {
    if (count > 0 && before + count >= rank) {
      const upper = latencyBounds[bucket];
      if (upper === undefined) break;
      const lower = bucket === 0 ? 0 : latencyBounds[bucket - 1]!;
      return lower + (upper - lower) * Math.max(0, (rank - before) / count);
    }
    before += count;
  }
  return latencyBounds.at(-1)!;
}

export function addHistograms(histograms: readonly (readonly number[])[]): number[] {
  const sum = new Array<number>(latencyBounds.length + 1).fill(0);
  for (const histogram of histograms) {
    for (const [bucket, count] of histogram.entries()) if (bucket < sum.length) sum[bucket]! += count;
  }
  return sum;
}
