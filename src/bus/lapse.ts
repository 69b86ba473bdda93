/** Whether a lease may have run out. */
export type Lapse = () => boolean;

/**
 * By both clocks: a machine that sleeps may stop the monotonic one while the lease goes on elsewhere, and the other one
 * may be set back.
 */
export function lapseAfter(milliseconds: number): Lapse {
  const monotonic = performance.now() + milliseconds;
  const wall = Date.now() + milliseconds;
  return () => performance.now() >= monotonic || Date.now() >= wall;
}
