/**
 * How many copies may be made, from what requests and copies cost lately. What more of them would do is reckoned, never
 * tried: callers pay for each attempt that is too much.
 */

/** What happened in some time: in one interval, or in the last seconds, of which the older ones count for less. */
export interface Span {
  /** ms. */
  readonly time: number;
  /** Requests that might have been copied, and the copies that were made. */
  readonly requests: number;
  readonly copies: number;
  /** ms in which the event loop was busy. */
  readonly loop: number;
  /** ms in which the machine was, a core's mean. */
  readonly machine: number;
  /** ms of processor time that this process has used, all of its threads together. */
  readonly own: number;
}

/** What the next interval may hold. */
export interface Budget {
  /** Of the requests, the share that is copied. */
  readonly share: number;
  /** How many requests it bears, a copy being worth {@link copyCost} of them. Beyond that there is only a trickle. */
  readonly most: number;
}

/** A copy costs the event loop, and the machine, what so many requests do; or less. Too much makes it slower to use what there is. */
export const copyCost = 1.2;

/**
 * The share that is copied however busy it is, so that a busy proxy learns a little. A copy can delay several requests
 * that come just behind it: at one in a thousand a percentile of 99 can't see them, at one in 256 it could.
 */
export const trickle = 1 / 1024;

/** With copies, the loop is busy for at most this share of the time: from here on waits grow faster than what makes them. */
const loopMost = 0.4;

/** Of a core, the part that copies leave free: for targets, the comparer, and whoever else lives there. */
const spareCore = 0.6;

/**
 * What this process may use of a core though others keep the machine busy: giving that up would help nobody. Unless they
 * keep it so busy that the loop, which counts as busy while it is kept waiting, has hardly a rest.
 */
const ownFree = 0.3;
const loopStarved = 0.7;

/** How far a sudden burst may go beyond what an interval bears: most of those are over with it. */
const burst = 3;

/** What the share of an interval is worth after the next. */
const memory = 0.9;

/** Before anything was seen: a slow machine's request, so that the first copies are few enough. */
export const unseen: Span = { time: 100, requests: 20, copies: 0, loop: 4, machine: 4, own: 4 };

/** The last seconds with one more interval. One without requests has nothing to say about what they cost. */
export function followed(before: Span, interval: Span): Span {
  if (interval.requests === 0) return before;
  const sum = (of: keyof Span): number => before[of] * memory + interval[of];
  return {
    time: sum('time'),
    requests: sum('requests'),
    copies: sum('copies'),
    loop: sum('loop'),
    machine: sum('machine'),
    own: sum('own'),
  };
}

/** @param last the requests of the last interval: it says sooner that there are more of them. @param interval its ms. */
export function budgetOf(lately: Span, last: number, interval: number, cores: number): Budget {
  const { time, requests, loop, machine, own } = lately;
  const weight = ((requests + copyCost * lately.copies) * interval) / time;
  /** So many requests' worth keeps what was busy for so many ms below a share of the time. */
  const within = (busy: number, most: number): number => (most * time * weight) / Math.max(busy, 1e-3);
  const machineMost = Math.max(0.5, 1 - spareCore / cores);
  const callersBear = Math.min(within(loop, loopMost), within(machine, machineMost));
  const affordable = Math.max(callersBear, Math.min(within(own, ownFree), within(loop, loopStarved)));
  const expected = Math.max(last, (requests * interval) / time);
  const share = (affordable - expected) / (copyCost * expected);
  return { share: Math.min(1, Math.max(trickle, share)), most: burst * affordable };
}
