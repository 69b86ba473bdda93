import type { Change, LiveRoute, Outcome } from '../domain/live.ts';
import { StateError } from '../domain/state-error.ts';
import { Asking } from '../sqlite/asking.ts';
import { fromFailure } from '../sqlite/failure.ts';
import type { Answers, Ask, Question, Told } from './protocol.ts';
import { Watchers } from './watchers.ts';

/**
 * The asking end of a state that is held elsewhere. It outlives the other end: while nobody holds the state,
 * questions fail at once and the watchers know of the trouble.
 */
export class Line {
  readonly watchers = new Watchers();
  readonly #asking = new Asking<Question, Answers>('state');
  #live: readonly LiveRoute[] = [];

  connect(post: (ask: Ask) => void): void {
    this.#asking.connect((id, question) => post({ about: 'state', id, question }));
    this.watchers.trouble(null);
  }

  disconnect(why: Error): void {
    this.#asking.disconnect(why);
    if (!(why instanceof StateError && why.code === 'closed')) this.watchers.trouble(why);
  }

  ask<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    return this.#asking.ask(question);
  }

  /** The rows that were told before the answer are the ones that it leaves out: what is said comes in order. */
  async change(change: Change, now: number): Promise<Outcome> {
    const { live, ...outcome } = await this.ask({ kind: 'change', change, now });
    return { ...outcome, live: live ?? this.#live };
  }

  hear(told: Told): void {
    switch (told.told) {
      case 'answer':
        this.#asking.answered(told.id, told.answer);
        break;
      case 'failure':
        this.#asking.failed(told.id, told.failure);
        break;
      case 'contents':
        this.#live = told.live ?? this.#live;
        this.watchers.contents({ live: this.#live, rollouts: told.rollouts });
        break;
      case 'trouble':
        this.watchers.trouble(told.failure && fromFailure(told.failure));
        break;
    }
  }

  /** After a gap nobody knows what was missed. */
  async catchUp(): Promise<void> {
    const [live, rollouts] = await Promise.all([this.ask({ kind: 'read' }), this.ask({ kind: 'rollouts' })]);
    this.#live = live;
    this.watchers.contents({ live, rollouts });
  }
}
