/** What became of the events of one type on one route, counted since the start. */
export interface PublishSeries {
  readonly route: string;
  readonly type: string;
  /** By outcome. */
  readonly counts: Readonly<Record<PublishOutcome, number>>;
  /** Answers that were held back, and for how many ms together. */
  readonly held: number;
  readonly heldMilliseconds: number;
}

/**
 * - `recorded`: an answer became an event.
 * - `dismissed`: the answer was none, or no target was asked.
 * - `uncertain`: nobody knows, or it could not be told.
 * - `lost`: it happened, and could not be written down.
 * - `refused`: not forwarded, since nothing could be written down.
 */
export const publishOutcomes = ['recorded', 'dismissed', 'uncertain', 'lost', 'refused'] as const;
export type PublishOutcome = (typeof publishOutcomes)[number];

export type PublishFigures = readonly PublishSeries[];

/** The sum over processes, series by series. */
export function mergePublishFigures(all: readonly PublishFigures[]): PublishFigures {
  const merged = new Map<string, PublishSeries>();
  for (const series of all.flat()) {
    const key = JSON.stringify([series.route, series.type]);
    const before = merged.get(key);
    merged.set(key, before === undefined ? series : sum(before, series));
  }
  return [...merged.values()];
}

function sum(one: PublishSeries, other: PublishSeries): PublishSeries {
  const counts = Object.fromEntries(publishOutcomes.map((word) => [word, one.counts[word] + other.counts[word]]));
  return {
    ...one,
    counts: counts as Record<PublishOutcome, number>,
    held: one.held + other.held,
    heldMilliseconds: one.heldMilliseconds + other.heldMilliseconds,
  };
}
