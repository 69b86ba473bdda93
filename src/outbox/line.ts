import { StateError } from '../domain/state-error.ts';
import { Asking } from '../sqlite/asking.ts';
import type { OutboxAnswers, OutboxAsk, OutboxQuestion, OutboxTold } from './protocol.ts';

/** ms that a question is waited for. A thread that hangs in its disk never answers, and callers wait for it. */
const patience = 5_000;
const lookEvery = 500;

/** Questions that may wait at a time: the memory of a disk that is too slow. */
const mostWaiting = 20_000;

/**
 * The asking end; it outlives the thread at the other one. What one turn of the event loop asks goes as one message:
 * a message costs more than what is in it.
 */
export class OutboxLine {
  readonly #asking = new Asking<OutboxQuestion, OutboxAnswers>('outbox');
  /** By its id, in the order of asking: when it was asked. */
  readonly #waiting = new Map<number, number>();
  readonly #looking = setInterval(() => this.#failOverdue(), lookEvery).unref();
  #post: ((asks: readonly OutboxAsk[]) => void) | null = null;
  #gathered: OutboxAsk[] = [];

  connect(post: (message: object) => void): void {
    this.#post = post;
    this.#asking.connect((id, question) => {
      this.#waiting.set(id, performance.now());
      if (this.#gathered.length === 0) setImmediate(() => this.#send());
      this.#gathered.push({ id, question });
    });
  }

  disconnect(why: Error): void {
    this.#post = null;
    this.#gathered = [];
    this.#waiting.clear();
    this.#asking.disconnect(why);
  }

  async ask<K extends OutboxQuestion['kind']>(question: Extract<OutboxQuestion, { kind: K }>) {
    if (this.#waiting.size >= mostWaiting) throw overdue(`${mostWaiting} questions wait for it`);
    return this.#asking.ask<K>(question);
  }

  hear(told: readonly OutboxTold[]): void {
    for (const each of told) {
      this.#waiting.delete(each.id);
      if ('failure' in each) this.#asking.failed(each.id, each.failure);
      else this.#asking.answered(each.id, each.answer);
    }
  }

  async catchUp(): Promise<void> {}

  stop(): void {
    clearInterval(this.#looking);
  }

  #send(): void {
    const asks = this.#gathered;
    this.#gathered = [];
    if (asks.length > 0) this.#post?.(asks);
  }

  #failOverdue(): void {
    const limit = performance.now() - patience;
    for (const [id, since] of this.#waiting) {
      if (since > limit) break;
      this.#waiting.delete(id);
      const { name, message, code } = overdue(`it has not answered for ${patience / 1000} s`);
      this.#asking.failed(id, { name, message, code });
    }
  }
}

function overdue(why: string): StateError {
  return new StateError('unavailable', `the outbox is unavailable: ${why}`);
}
