import type { Tolerance } from '../shadow.ts';
import { isWithin } from './decimal.ts';
import { epochUnit, timeOf } from './times.ts';

/** Numbers as JSON writes them. */
export function toleratesNumbers(control: string, candidate: string, by: Tolerance): boolean {
  if (by.kind === 'absolute') return isWithin(control, candidate, by.value, false);
  if (by.kind === 'percent') return isWithin(control, candidate, by.value, true);
  const unit = epochUnit(Number(control));
  if (unit === null || epochUnit(Number(candidate)) !== unit) return false;
  return isWithin(control, candidate, unit === 'seconds' ? by.milliseconds / 1000 : by.milliseconds, false);
}

const number = /^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?$/;

/** Strings, header values: times, and numbers that stand in quotes. */
export function toleratesTexts(control: string, candidate: string, by: Tolerance): boolean {
  if (number.test(control) && number.test(candidate)) return toleratesNumbers(control, candidate, by);
  if (by.kind !== 'time') return false;
  const [one, other] = [timeOf(control), timeOf(candidate)];
  return one !== null && other !== null && Math.abs(one - other) <= by.milliseconds;
}
