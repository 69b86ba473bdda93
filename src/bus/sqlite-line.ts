import { BusError } from '../domain/bus-error.ts';
import { StateError } from '../domain/state-error.ts';
import { Asking } from '../sqlite/asking.ts';
import type { BusAnswers, BusAsk, BusQuestion, BusTold } from './sqlite-protocol.ts';

/** The asking end of an events file; it outlives the thread at the other one. */
export class BusLine {
  readonly #asking = new Asking<BusQuestion, BusAnswers>('events file');

  connect(post: (ask: BusAsk) => void): void {
    this.#asking.connect((id, question) => post({ id, question }));
  }

  disconnect(why: Error): void {
    this.#asking.disconnect(why);
  }

  hear(told: BusTold): void {
    if ('failure' in told) this.#asking.failed(told.id, told.failure);
    else this.#asking.answered(told.id, told.answer);
  }

  async catchUp(): Promise<void> {}

  async ask<K extends BusQuestion['kind']>(question: Extract<BusQuestion, { kind: K }>): Promise<BusAnswers[K]> {
    try {
      return await this.#asking.ask<K>(question);
    } catch (error) {
      throw toBusError(error);
    }
  }
}

/** Whoever uses a bus knows nothing of a state. */
export function toBusError(error: unknown): unknown {
  return error instanceof StateError ? new BusError(error.code, error.message, { cause: error }) : error;
}
