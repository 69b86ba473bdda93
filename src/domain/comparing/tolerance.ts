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

/** A value among those that a tolerance may call the same as it, as numbers: none of them lies farther off. */
export interface Reach {
  readonly at: number;
  readonly within: number;
}

/** Of control's number, as JSON writes it; `null` where the tolerance has nothing to say of it. */
export function reachOfNumber(text: string, by: Tolerance): Reach | null {
  const at = Number(text);
  if (by.kind === 'time') {
    const unit = epochUnit(at);
    return unit === null ? null : reach(at, unit === 'seconds' ? by.milliseconds / 1000 : by.milliseconds);
  }
  return reach(at, by.kind === 'percent' ? (Math.abs(at) * by.value) / 100 : by.value);
}

/** Of control's string, as {@link toleratesTexts} reads it. */
export function reachOfText(text: string, by: Tolerance): Reach | null {
  if (number.test(text)) return reachOfNumber(text, by);
  const at = by.kind === 'time' ? timeOf(text) : null;
  return at === null || by.kind !== 'time' ? null : reach(at, by.milliseconds);
}

/** Doubles round where decimals don't: the reach is a little longer, so that nothing is left out. */
const rounding = 1e-12;

/** Sums of so many of these are numbers still. */
const farthest = 1e150;

function reach(at: number, within: number): Reach {
  return Math.abs(at) < farthest ? { at, within: within + Math.abs(at) * rounding } : { at: 0, within: Infinity };
}

const number = /^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?$/;

/** Strings, header values: times, and numbers that stand in quotes. */
export function toleratesTexts(control: string, candidate: string, by: Tolerance): boolean {
  if (number.test(control) && number.test(candidate)) return toleratesNumbers(control, candidate, by);
  if (by.kind !== 'time') return false;
  const [one, other] = [timeOf(control), timeOf(candidate)];
  return one !== null && other !== null && Math.abs(one - other) <= by.milliseconds;
}
