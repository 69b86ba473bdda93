/** How much an outbox holds at most, and what it says beyond. */

export interface OutboxBounds {
  /** What has been delivered is kept for so many ms, and at most so many of it; at most so many wait for the bus. */
  readonly keep: number;
  readonly most: number;
}

/** Intents that may be uncertain at a time. They are never forgotten: it is new ones that are refused. */
export const mostUncertain = 100_000;

/** Events and bytes that the bus is handed at a time. */
export const mostTaken = 200;
export const mostTakenBytes = 4 * 1024 * 1024;

/** ms that a dispatcher who doesn't come back is waited for. */
export const dispatcherLease = 10_000;

interface Counts {
  readonly uncertain: number;
  readonly pending: number;
}

/** Why another intent would be one too many; `null` where there is room. A RangeError says so across threads. */
export function lackOfRoom({ uncertain, pending }: Counts, { most }: OutboxBounds): RangeError | null {
  if (uncertain >= mostUncertain) {
    return new RangeError(`${uncertain} intents are uncertain: settle them by "strangler events uncertain --settle"`);
  }
  return pending >= most ? tooManyPending(pending) : null;
}

/** The same for another event: it may come of an intent that found room. */
export function lackOfRoomForEvent({ pending }: Counts, { most }: OutboxBounds): RangeError | null {
  return pending >= most * 2 ? tooManyPending(pending) : null;
}

function tooManyPending(pending: number): RangeError {
  return new RangeError(`${pending} events wait for the bus: see that it takes them, or raise events.most`);
}
