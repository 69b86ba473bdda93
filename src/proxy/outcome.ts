import { outcomes } from '../ports.ts';

/** The meter's index of a caller who left before the end. */
export const aborted = outcomes.indexOf('aborted');

/** The meter's index of an error of the proxy's own table. */
export const failed = outcomes.indexOf('failed');

/** The meter's index of an answer with this status. What HTTP/1 carries beyond 599 counts as a 5xx (RFC 9110 section 15). */
export function outcomeOf(status: number): number {
  return Math.min(Math.floor(status / 100), 5) - 1;
}
