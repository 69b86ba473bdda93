/** How coarse evidence is kept as it ages, and how much of it: the same in every state. */
import { windowSpan } from '../domain/evidence.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Of each route as it is declared at a time. Those seen least are let go; among equals, those unseen for longest. */
export const mostClusters = 200;

/** What a count or a sketch of `at` belongs to: where its span begins. */
export function beginOf(at: number, span: number): number {
  return Math.floor(at / span) * span;
}

/** Something that is kept in short spans first and, once it is as old as `after`, in long ones. */
export interface Coarsening {
  readonly short: number;
  readonly long: number;
  readonly after: number;
}

export const countCoarsening: Coarsening = { short: windowSpan, long: hour, after: 6 * hour };
export const sketchCoarsening: Coarsening = { short: hour, long: day, after: day };

/** Short spans that begin before it are joined into long ones; each long one at once. */
export function coarseBefore({ long, after }: Coarsening, now: number): number {
  return beginOf(now - after, long);
}
