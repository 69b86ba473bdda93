import type { SkipReason } from '../domain/shadow.ts';

/** Unproven writes that may go unanswered: each may have been carried out. */
const mostUnanswered = 3;

/**
 * Whether a service keeps its part of `writes: header`. Until it has shown that once, one write at a time is all that
 * it gets: should it carry them out after all, it is the only one.
 */
export class Honour {
  #word: 'unknown' | 'kept' | 'broken' = 'unknown';
  #trying = false;
  #unanswered = 0;

  /** Why no write may be copied now; `null` when one may. */
  get refusal(): SkipReason | null {
    if (this.#word === 'broken') return 'unsafe-method';
    return this.#word === 'unknown' && this.#trying ? 'queue-full' : null;
  }

  /** A write is on its way. Whoever says so says how it went. */
  begin(): void {
    this.#trying = true;
  }

  /** The service was never reached: nothing can have come of it. */
  unreached(): void {
    this.#trying = false;
  }

  /** The service got a write and said nothing. True when that has now happened too often for one who is unproven. */
  unanswered(): boolean {
    this.#trying = false;
    if (this.#word !== 'unknown' || ++this.#unanswered < mostUnanswered) return false;
    return this.broken();
  }

  kept(): void {
    if (this.#word === 'unknown') this.#word = 'kept';
  }

  /** False when that was known. */
  broken(): boolean {
    const news = this.#word !== 'broken';
    this.#word = 'broken';
    return news;
  }
}
