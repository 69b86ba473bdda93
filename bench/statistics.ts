import { type Histogram, percentileOf } from './load/histogram.ts';

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

/** How often rounds are drawn anew, which tells how much a figure owes to the rounds that it happened to be made of. */
const draws = 400;

/**
 * How many times as much a percentile of one is as another's, over all their rounds together. What the machine itself
 * does in a few rounds moves it: it is part of what callers see.
 */
export function percentileRatio(mine: readonly Histogram[], others: readonly Histogram[], share: number): Interval {
  const over = (sides: readonly Histogram[], rounds: readonly number[]): number =>
    percentileOf(
      rounds.map((round) => sides[round]!),
      share,
    );
  return drawnAnew(mine.length, (rounds) => over(mine, rounds) / over(others, rounds));
}

/**
 * How many times as much a percentile of one is as another's in a round like most: the median of what each round says
 * for itself. Rounds in which the machine stalled for one of them don't move it.
 */
export function typicalRatio(mine: readonly Histogram[], others: readonly Histogram[], share: number): Interval {
  const ratios = mine.map((round, at) => percentileOf([round], share) / percentileOf([others[at]!], share));
  return drawnAnew(mine.length, (rounds) => figureOf(rounds.map((round) => ratios[round]!)).median);
}

/** What all rounds say, and what it lies between with 95 % when rounds are drawn again and again (a bootstrap). */
function drawnAnew(count: number, over: (rounds: readonly number[]) => number): Interval {
  const all = Array.from({ length: count }, (_, round) => round);
  const drawn = Array.from({ length: draws }, () => over(all.map(() => Math.floor(Math.random() * count))));
  drawn.sort((a, b) => a - b);
  return { value: over(all), low: drawn[Math.floor(draws * 0.025)]!, high: drawn[Math.ceil(draws * 0.975) - 1]! };
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
