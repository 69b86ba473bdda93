import { availableParallelism } from 'node:os';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { type Budget, budgetOf, copyCost, followed, type Span, trickle, unseen } from './budget.ts';
import { MachineLoad } from './machine-load.ts';

/** ms between two looks at the event loop. */
const interval = 100;

/** Intervals without a shadow after which nobody looks any more. */
const restAfter = 50;

/** Copies that a moment without requests leaves room for: whoever comes alone is none of the crowd that was there before. */
const afterSilence = 4;

const cores = availableParallelism();

/** Decides how many shadows there may be: they are the first thing that is shed. */
export interface Governor {
  admits(): boolean;
  /** One that was admitted is made: nothing else refused it. */
  made(): void;
  close(): void;
}

/** Admits what the event loop, and the machine, can bear besides their callers, evenly. What it has learnt outlasts a rest. */
export class LoopGovernor implements Governor {
  readonly #machine = new MachineLoad();
  #lately: Span = unseen;
  #budget: Budget = budgetOf(unseen, 0, interval, cores);
  #credit = 0;
  #asked = 0;
  #made = 0;
  #idle = 0;
  #timer: NodeJS.Timeout | null = null;
  #lookedAt = 0;
  #before: EventLoopUtilization | null = null;
  #used = 0;

  admits(): boolean {
    if (this.#timer === null) this.#watch();
    const { share, most } = this.#budget;
    const spent = ++this.#asked + copyCost * this.#made;
    this.#credit += spent > most ? trickle : share;
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }

  made(): void {
    this.#made++;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#machine.rest();
  }

  #watch(): void {
    this.#idle = 0;
    this.#lookedAt = performance.now();
    this.#before = performance.eventLoopUtilization();
    this.#used = usedByProcess();
    this.#timer = setInterval(() => this.#look(), interval).unref();
  }

  #look(): void {
    const now = performance.now();
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, this.#before!);
    const time = now - this.#lookedAt;
    this.#lookedAt = now;
    this.#before = current;
    this.#machine.look(now);
    const used = usedByProcess();
    const own = used - this.#used;
    this.#used = used;
    this.#lately = followed(this.#lately, {
      time,
      requests: this.#asked,
      copies: this.#made,
      loop: utilization * time,
      machine: this.#machine.busy * time,
      own,
    });
    this.#budget = budgetOf(this.#lately, this.#asked, interval, cores);
    if (this.#asked === 0) this.#credit = Math.max(this.#credit, afterSilence);
    this.#idle = this.#asked === 0 ? this.#idle + 1 : 0;
    this.#asked = 0;
    this.#made = 0;
    if (this.#idle >= restAfter) this.close();
  }
}

/** ms of processor time, so far. */
function usedByProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
