import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/units.ts';

/** An age such as `1h`, or a date: ms since the epoch. */
export function parseSince(text: string): number {
  const age = parseDuration(text);
  const since = age === undefined ? Date.parse(text) : Date.now() - age;
  if (Number.isNaN(since)) throw new InvalidArgumentError('It is neither a duration such as 1h nor a date.');
  return since;
}
