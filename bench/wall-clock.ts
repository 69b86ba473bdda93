/** ms since the epoch, to the microsecond: the processes of one machine agree on it. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
