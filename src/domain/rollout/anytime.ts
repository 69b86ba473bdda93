/**
 * How sure a share is that is looked at again and again. A bound for one look (domain/binomial.ts) is wrong sooner or
 * later if it is asked every second; these are right at all looks together with the chance that they name, however
 * many there are and whatever made one stop. Exact for counts of independent requests, of any number.
 *
 * The evidence that a share lies below a limit is a likelihood ratio: every share below the limit, all held equally
 * likely, against the limit itself. Were the limit true, this would be a fair bet, whose fortune reaches 1/α with a
 * chance of α at most, ever (Ville). The mean over the shares is a tail of the binomial distribution.
 */
import { probabilityOf, probabilityOfFewer, probabilityOfMore, whereCrossed } from '../binomial.ts';

/** What happened so often, out of so many. Both are whole and no larger than {@link most}. */
export interface Share {
  readonly hits: number;
  readonly trials: number;
}

/** Beyond this nothing gets surer that anybody could tell, and sums get slow. */
export const most = 1e9;

/** Bounds are worth showing to so much of themselves. */
const within = 1e-7;

/** Whether the true share lies below `limit`, but for a chance of `chance`. */
export function provesBelow({ hits, trials }: Share, limit: number, chance: number): boolean {
  if (limit >= 1) return true;
  if (limit * trials <= hits) return false;
  const atLimit = probabilityOf(hits, trials, limit);
  const below = 1 - probabilityOfFewer(hits, trials + 1, limit);
  return below * chance >= (trials + 1) * limit * atLimit;
}

/** Whether the true share lies above `limit`, but for a chance of `chance`. */
export function provesAbove({ hits, trials }: Share, limit: number, chance: number): boolean {
  if (limit < 0) return true;
  if (limit >= 1 || limit * trials >= hits) return false;
  if (limit === 0) return true;
  const atLimit = probabilityOf(hits, trials, limit);
  const above = 1 - probabilityOfMore(hits + 1, trials + 1, limit);
  return above * chance >= (trials + 1) * (1 - limit) * atLimit;
}

export function upperBound(share: Share, chance: number): number {
  const { hits, trials } = share;
  if (hits >= trials) return 1;
  return whereCrossed(hits / trials, 1, (limit) => !provesBelow(share, limit, chance), { within });
}

export function lowerBound(share: Share, chance: number): number {
  const { hits, trials } = share;
  if (hits === 0) return 0;
  return whereCrossed(0, hits / trials, (limit) => provesAbove(share, limit, chance), { within });
}

/** 0 where there was nothing. */
export function rateOf({ hits, trials }: Share): number {
  return trials === 0 ? 0 : hits / trials;
}
