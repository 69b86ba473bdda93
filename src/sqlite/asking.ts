import { StateError } from '../domain/state-error.ts';
import { type Failure, fromFailure } from './failure.ts';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Questions to another end that may go away: while nobody is there they fail at once. */
export class Asking<Question extends { readonly kind: string }, Answers extends Record<Question['kind'], unknown>> {
  readonly #waiting = new Map<number, Waiting>();
  #post: ((id: number, question: Question) => void) | null = null;
  #down: Error;
  #questions = 0;

  /** `called` is what the other end holds: the state, the evidence. */
  constructor(called: string) {
    this.#down = new StateError('unavailable', `the ${called} has not been opened yet`);
  }

  connect(post: (id: number, question: Question) => void): void {
    this.#post = post;
  }

  /** What was asked and not answered may have been done or not: the askers must not take it for either. */
  disconnect(why: Error): void {
    this.#post = null;
    this.#down = why;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(why);
  }

  ask<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    return new Promise((resolve, reject) => {
      if (this.#post === null) {
        reject(this.#down);
        return;
      }
      const id = ++this.#questions;
      this.#waiting.set(id, { resolve, reject });
      this.#post(id, question);
    });
  }

  answered(id: number, answer: unknown): void {
    this.#settle(id)?.resolve(answer as never);
  }

  failed(id: number, failure: Failure): void {
    this.#settle(id)?.reject(fromFailure(failure));
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
