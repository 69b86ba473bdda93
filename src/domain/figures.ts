/** How counts and shares are written for people. */

/** `3100` as `3,100`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

export type Rounding = 'nearest' | 'up' | 'down';

/**
 * A percentage to two digits that say something (three from 10 on), and never rounded to 0 or 100 that it is not. What
 * is claimed as a bound is rounded to the side on which the claim holds.
 */
export function roundedPercent(percent: number, rounding: Rounding = 'nearest'): number {
  if (!(percent > 0)) return 0;
  if (percent >= 100) return 100;
  // Close to 100 the distance from it is the figure.
  if (percent > 90) return clean(100 - roundedPercent(100 - percent, opposite[rounding]));
  const digits = percent >= 10 ? 3 : 2;
  const unit = 10 ** (Math.floor(Math.log10(percent)) + 1 - digits);
  const units = percent / unit;
  // A figure that is round already arrives a hair above or below itself.
  if (rounding === 'up') return clean(Math.ceil(units - 1e-9) * unit);
  if (rounding === 'down') return clean(Math.floor(units + 1e-9) * unit);
  return clean(Math.round(units) * unit);
}

export function shareText(percent: number, rounding: Rounding = 'nearest'): string {
  return `${roundedPercent(percent, rounding)} %`;
}

/** Milliseconds as `0.8 ms`, `12 ms`, `1.5 s`. */
export function millisecondsText(milliseconds: number): string {
  const [value, unit] = milliseconds >= 1000 ? [milliseconds / 1000, 's'] : [milliseconds, 'ms'];
  return `${value < 10 ? clean(Math.round(value * 10) / 10) : Math.round(value)} ${unit}`;
}

/** `45s`, `1m 12s`, `2h 5m`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  const [larger, smaller] = seconds < 3600 ? (['m', 's'] as const) : (['h', 'm'] as const);
  const whole = Math.floor(seconds < 3600 ? seconds : seconds / 60);
  const rest = whole % 60;
  return `${Math.floor(whole / 60)}${larger}${rest === 0 ? '' : ` ${rest}${smaller}`}`;
}

export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}

const opposite = { nearest: 'nearest', up: 'down', down: 'up' } as const;

function clean(value: number): number {
  return Number(value.toPrecision(12));
}
