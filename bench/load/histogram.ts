/** Buckets that grow by 1 % each: fine enough for a ratio of percentiles, and small enough to keep one for every turn. */
const growth = Math.log(1.01);
const smallest = 0.01;

/** Counts of latencies, by bucket. */
export type Histogram = Record<number, number>;

export function addTo(histogram: Histogram, milliseconds: number): void {
  const bucket = Math.max(0, Math.round(Math.log(milliseconds / smallest) / growth));
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

/** ms. @param share 0.99 for the 99th percentile. */
export function percentileOf(histograms: readonly Histogram[], share: number): number {
  const sum: number[] = [];
  let total = 0;
  for (const histogram of histograms) {
    for (const [bucket, count] of Object.entries(histogram)) {
      sum[Number(bucket)] = (sum[Number(bucket)] ?? 0) + count;
      total += count;
    }
  }
  let left = Math.floor(total * share);
  for (let bucket = 0; bucket < sum.length; bucket++) {
    left -= sum[bucket] ?? 0;
    if (left < 0) return smallest * Math.exp(bucket * growth);
  }
  return Number.NaN;
}
