import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** ms between two looks at the event loop. */
const interval = 100;

/** What is too much: the share of the time that the loop was busy, and how late its timers were, in ms. */
const mostUtilised = 0.8;
const mostLate = 25;

/** What a quiet interval adds to the admitted share; what never goes, so that a busy proxy still learns a little. */
const recovery = 0.05;
const least = 1 / 64;

/** Intervals without a shadow after which nobody looks any more. */
const restAfter = 50;

/** Decides how many shadows the event loop can bear: they are the first thing that it sheds. */
export interface Governor {
  admits(): boolean;
  close(): void;
}

/** Halves the admitted share while the loop is too busy, and gives it back bit by bit. */
export class LoopGovernor implements Governor {
  readonly #chance: () => number;
  #share = 1;
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
    return this.#share === 1 || this.#chance() < this.#share;
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
    this.#share = nextShare(this.#share, utilization, late);
    this.#idle = this.#asked ? 0 : this.#idle + 1;
    this.#asked = false;
    if (this.#idle >= restAfter) this.close();
  }
}

/** The admitted share after an interval that was so busy (0–1), and whose timer came so many ms late. */
export function nextShare(share: number, utilisation: number, late: number): number {
  if (utilisation > mostUtilised || late > mostLate) return Math.max(least, share / 2);
  return Math.min(1, share + recovery);
}
