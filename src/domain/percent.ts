/**
 * A percent as it is kept and compared everywhere: 0–100 with two decimals, the grain of the 10,000 buckets.
 * Throws a `RangeError` for anything else, so that no state can ever hold a percent that cannot be served.
 */
export function toPercent(value: number): number {
  // NaN and Infinity turn into null on their way through JSON, and null passes for 0 in a comparison.
  if (!Number.isFinite(value) || value < 0 || value > 100) {
    throw new RangeError(`a percent lies between 0 and 100, not ${value}`);
  }
  // Adding 0 turns -0 into 0: the two are equal, but they do not print alike.
  return Math.round(value * 100) / 100 + 0;
}
