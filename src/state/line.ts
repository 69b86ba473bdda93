import type { LiveRoute } from '../domain/live.ts';
import { StateError } from '../domain/state-error.ts';
import { type Answers, type Ask, fromFailure, type Question, type Told } from './protocol.ts';
import { Watchers } from './watchers.ts';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The asking end of a state that is held elsewhere. It outlives the other end: while nobody holds the state,
 * questions fail at once and the watchers know of the trouble.
 */
export class Line {
  readonly watchers = new Watchers();
  readonly #waiting = new Map<number, Waiting>();
  #post: ((ask: Ask) => void) | null = null;
  #down: Error = new StateError('unavailable', 'the state has not been opened yet');
  #questions = 0;

  connect(post: (ask: Ask) => void): void {
    this.#post = post;
    this.watchers.trouble(null);
  }

  /** What was asked and not answered may have been done or not: the askers must not take it for either. */
  disconnect(why: Error): void {
    this.#post = null;
    this.#down = why;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(why);
    if (!(why instanceof StateError && why.code === 'closed')) this.watchers.trouble(why);
  }

  ask<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    return new Promise((resolve, reject) => {
      if (this.#post === null) {
        reject(this.#down);
        return;
      }
      const id = ++this.#questions;
      this.#waiting.set(id, { resolve, reject });
      this.#post({ about: 'state', id, question });
    });
  }

  hear(told: Told): void {
    switch (told.told) {
      case 'answer':
        this.#settle(told.id)?.resolve(told.answer as never);
        break;
      case 'failure':
        this.#settle(told.id)?.reject(fromFailure(told.failure));
        break;
      case 'live':
        this.watchers.live(told.live);
        break;
      case 'trouble':
        this.watchers.trouble(told.failure && fromFailure(told.failure));
        break;
    }
  }

  /** After a gap nobody knows what was missed. */
  async catchUp(): Promise<void> {
    const rows: readonly LiveRoute[] = await this.ask({ kind: 'read' });
    this.watchers.live(rows);
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
