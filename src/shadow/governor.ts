import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** ms between two looks at the event loop. */
const interval = 100;

/**
 * What is too much: the share of the time that the loop was busy. The copies' targets and the comparer may live on the
 * same few cores, and a queue grows long before a core is full.
 */
const mostUtilised = 0.6;

/**
 * What is too late for its timers, in ms, while it has work. Those of an idle loop are late because the machine is busy
 * with something else, and giving up what little we do would not help anybody.
 */
const mostLate = 15;
const atWork = 0.4;

/** What a quiet interval adds to the admitted share, slowly: each time that it was too much callers have waited. */
const recovery = 0.02;
/** How small it gets. */
const least = 1 / 64;

/** Admitted in every interval, however busy: it costs a few thousandths of the time, and a busy proxy learns a little. */
const always = 5;

/** Intervals without a shadow after which nobody looks any more. */
const restAfter = 50;

/** Decides how many shadows the event loop can bear: they are the first thing that it sheds. */
export interface Governor {
  admits(): boolean;
  close(): void;
}

/** Halves the admitted share while the loop goes on being too busy, and gives it back bit by bit. */
export class LoopGovernor implements Governor {
  readonly #chance: () => number;
  #share = 1;
  #strained = false;
  #admitted = 0;
  #asked = false;
  #idle = 0;
  #timer: NodeJS.Timeout | null = null;
  #lookedAt = 0;
  #before: EventLoopUtilization | null = null;

  /** @param chance a number in [0, 1). */
  constructor(chance: () => number) {
    this.#chance = chance;
  }

  admits(): boolean {
    this.#asked = true;
    if (this.#timer === null) this.#watch();
    if (this.#admitted >= always && this.#share < 1 && this.#chance() >= this.#share) return false;
    this.#admitted++;
    return true;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #watch(): void {
    this.#idle = 0;
    this.#lookedAt = performance.now();
    this.#before = performance.eventLoopUtilization();
    this.#timer = setInterval(() => this.#look(), interval).unref();
  }

  #look(): void {
    const now = performance.now();
    const late = now - this.#lookedAt - interval;
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, this.#before!);
    this.#lookedAt = now;
    this.#before = current;
    const strained = isStrained(utilization, late);
    this.#share = nextShare(this.#share, strained, this.#strained);
    this.#strained = strained;
    this.#admitted = 0;
    this.#idle = this.#asked ? 0 : this.#idle + 1;
    this.#asked = false;
    if (this.#idle >= restAfter) this.close();
  }
}

/** Whether the loop had too much to do in an interval in which it was so busy (0–1), and its timer so many ms late. */
export function isStrained(utilisation: number, late: number): boolean {
  return utilisation > mostUtilised || (late > mostLate && utilisation > atWork);
}

/** The admitted share after an interval. A single bad one may be a collection of garbage, or a file that was read. */
export function nextShare(share: number, strained: boolean, before: boolean): number {
  if (!strained) return Math.min(1, share + recovery);
  return before ? Math.max(least, share / 2) : share;
}
