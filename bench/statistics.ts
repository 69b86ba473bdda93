export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** What the middle half of the rounds lies between: where each is noisy, least and most say little. */
  readonly middleHalf: readonly [number, number];
}

/** The middle of several rounds, and how far they lay apart: a mean would be moved by one disturbed round. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  const quarter = Math.floor(sorted.length / 4);
  const middleHalf = [sorted[quarter]!, sorted[sorted.length - 1 - quarter]!] as const;
  return { median, least: sorted[0]!, most: sorted[sorted.length - 1]!, middleHalf };
}

/**
 * How many times as much as the other: the median of each round's own ratio. Both sides of it were measured
 * within seconds of each other, so a machine that is busy for a round is busy for both.
 */
export function ratioOf(values: readonly number[], others: readonly number[]): Figure {
  return figureOf(values.map((value, round) => value / others[round]!));
}
