import { applyChange } from '../domain/apply.ts';
import type { Change, Contents } from '../domain/live.ts';
import type { Clock, State } from '../ports.ts';

/** What saves callers from a service that does harm, whoever says so. */
export type Rollback = Extract<Change, { kind: 'rollback' | 'guard' }>;

/** Rollbacks that are in force here although the state has not taken them yet, in the order in which they were given. */
export class OwedRollbacks {
  readonly #state: Pick<State, 'change'>;
  readonly #clock: Clock;
  #orders: readonly Rollback[] = [];

  constructor(state: Pick<State, 'change'>, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /** What is in force where the state says `contents`: a rollout of such a route has ended, too. */
  over(contents: Contents): Contents {
    return this.#orders.reduce((before, order) => applyChange(before, order, this.#clock.now()), contents);
  }

  add(order: Rollback): void {
    this.#orders = [...this.#orders, order];
  }

  drop(order: Rollback): void {
    this.#orders = this.#orders.filter((each) => each !== order);
  }

  /** Rejects at the first that the state can't take; it and those after it stay owed. */
  async pay(): Promise<void> {
    for (const order of this.#orders) {
      await this.#state.change(order);
      this.drop(order);
    }
  }
}
