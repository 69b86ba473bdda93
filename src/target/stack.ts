import type { Sweeper, TurnOwner } from '../ports.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { RetryBudget } from './retry-budget.ts';
import { Turn } from './turn.ts';

/** The layers that all routes of a target share. `null`: routes.yaml has it off. */
export interface SharedLayers {
  readonly total: number;
  readonly bulkhead: Bulkhead | null;
  readonly retry: RetryBudget | null;
  readonly reach: CircuitBreaker | null;
  readonly sweep: Sweeper;
}

/** What a request meets on its way to a target, from the outside in. A `Turn` takes it through. */
export class Stack implements SharedLayers {
  /** Timeout: the head of the answer is there within so many ms, whatever is waited for further in; 0 is for ever. */
  readonly total: number;
  /** Bulkhead: no more requests are under way than the target can bear, and a few more wait for a place, for a while. */
  readonly bulkhead: Bulkhead | null;
  /** Retry: what failed and may be sent twice is sent again after a moment, as long as that is the exception. */
  readonly retry: RetryBudget | null;
  /** Circuit of the target: while no connection to it is to be had, nobody tries, but for one request now and then. */
  readonly reach: CircuitBreaker | null;
  /** Circuit of the route: while its answers fail, nobody asks, but for one request now and then. */
  readonly circuit: CircuitBreaker | null;
  // Transport: an instance is picked, and its connection watches connect, response and idle: see `Target.pick`.

  readonly sweep: Sweeper;
  readonly #isBare: boolean;

  constructor({ total, bulkhead, retry, reach, sweep }: SharedLayers, circuit: CircuitBreaker | null) {
    this.total = total;
    this.bulkhead = bulkhead;
    this.retry = retry;
    this.reach = reach;
    this.circuit = circuit;
    this.sweep = sweep;
    this.#isBare = total === 0 && bulkhead === null && retry === null && reach === null && circuit === null;
  }

  turn(owner: TurnOwner): Turn | null {
    return this.#isBare ? null : new Turn(this, owner);
  }
}
