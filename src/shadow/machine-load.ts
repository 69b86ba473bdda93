import { readFile } from 'node:fs';

/** ms between two looks: the kernel adds all of its interrupts up for each. */
const every = 1_000;

/** How busy the whole machine is. Linux tells it; elsewhere it is idle for all that is known. */
export class MachineLoad {
  /** 0–1, in the last second. */
  busy = 0;
  #before: Ticks | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param now ms of a clock that never goes back. */
  look(now: number): void {
    if (now - this.#lookedAt < every) return;
    this.#lookedAt = now;
    readFile('/proc/stat', 'latin1', (error, text) => {
      const ticks = error === null ? ticksIn(text) : null;
      if (ticks === null) this.#lookedAt = Number.POSITIVE_INFINITY;
      else if (this.#before !== null) this.busy = busyBetween(this.#before, ticks);
      this.#before = ticks;
    });
  }

  /** What it does until the next look does not count. */
  rest(): void {
    this.#before = null;
  }
}

/** What all cores together have done since the machine began, in ticks of its clock. */
export interface Ticks {
  readonly busy: number;
  readonly all: number;
}

/** @param stat as /proc/stat has it: user, nice, system, idle, iowait, irq, softirq, steal, and what is in the first two. */
export function ticksIn(stat: string): Ticks | null {
  const counts = /^cpu +(\d+(?: \d+)*)/.exec(stat)?.[1]?.split(' ', 8).map(Number);
  if (counts === undefined || counts.length < 4) return null;
  const all = counts.reduce((sum, count) => sum + count, 0);
  const [, , , idle, waiting = 0] = counts;
  return { busy: all - idle! - waiting, all };
}

/** 0–1. A machine's counts of idling may go back. */
export function busyBetween(before: Ticks, after: Ticks): number {
  const all = after.all - before.all;
  return all <= 0 ? 0 : Math.min(1, Math.max(0, (after.busy - before.busy) / all));
}
