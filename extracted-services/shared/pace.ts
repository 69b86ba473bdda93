/** How hard the monolith may be asked: pure, so that it can be seen to be polite. Times in ms. */
export interface Pace {
  /** Rows in the next batch. */
  readonly batch: number;
  /** Before the next batch. */
  readonly pause: number;
}

export type Outcome =
  | { readonly kind: 'answered'; readonly took: number }
  /** It said that it has no time (429, 503), broke, or wasn't there; `after`: when it asked to be asked again. */
  | { readonly kind: 'refused'; readonly after: number | null };

/** An answer that takes longer says that the monolith has other things to do. */
export const slow = 1_000;
export const smallestBatch = 10;
const shortestPause = 20;
const longestPause = 30_000;
const firstBackOff = 500;
/** Nobody is to hold the backfill up for a day by a Retry-After. */
const longestWish = 300_000;

/**
 * Half of the time belongs to others: a pause is as long as the answer took. Slow answers halve the batch, quick ones
 * let it grow again up to `largest`; each refusal in a row waits twice as long as the one before.
 */
export function nextPace({ batch, pause }: Pace, outcome: Outcome, largest: number): Pace {
  const smaller = Math.max(Math.min(smallestBatch, largest), Math.floor(batch / 2));
  if (outcome.kind === 'refused') {
    const backOff = Math.min(longestPause, Math.max(firstBackOff, pause * 2));
    return { batch: smaller, pause: Math.max(backOff, Math.min(outcome.after ?? 0, longestWish)) };
  }
  const { took } = outcome;
  const rest = Math.min(longestPause, Math.max(shortestPause, Math.ceil(took)));
  return { batch: took > slow ? smaller : Math.min(largest, batch * 2), pause: rest };
}
