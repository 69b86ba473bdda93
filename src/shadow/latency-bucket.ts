import { latencyBounds } from '../domain/evidence.ts';

/** The place among {@link latencyBounds}, or the one beyond them. */
export function latencyBucket(milliseconds: number): number {
  let low = 0;
  let high = latencyBounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (milliseconds <= latencyBounds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}
