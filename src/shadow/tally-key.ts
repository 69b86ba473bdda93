import { type Arm, windowSpan } from '../domain/evidence.ts';

const lanes = 2 ** 19;

/** A number for a lane, an arm and the window that `at` lies in: what one tally counts. */
export function tallyKey(lane: number, arm: Arm, at: number): number {
  return (Math.floor(at / windowSpan) * lanes + (lane % lanes)) * 2 + (arm === 'service' ? 1 : 0);
}
