/** How figures are written for people. */
export { durationText } from '../domain/figures.ts';

export function percentText(percent: number | null): string {
  return percent === null ? '–' : `${percent} %`;
}

/** ISO time to the second, with a space that lets the eye find the day and the hour. */
export function timeText(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}
