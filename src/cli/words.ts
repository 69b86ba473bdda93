/** How figures are written for people. */
export function percentText(percent: number | null): string {
  return percent === null ? '–' : `${percent} %`;
}

/** ISO time to the second, with a space that lets the eye find the day and the hour. */
export function timeText(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
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
