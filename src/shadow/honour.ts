import type { SkipReason } from '../domain/shadow.ts';

/**
 * Whether a service keeps its part of `writes: header`. Until it has shown that once, one write at a time is all that
 * it gets: should it carry them out after all, it is the only one.
 */
export class Honour {
  #word: 'unknown' | 'kept' | 'broken' = 'unknown';
  #trying = false;

  /** Why no write may be copied now; `null` when one may. */
  get refusal(): SkipReason | null {
    if (this.#word === 'broken') return 'unsafe-method';
    return this.#word === 'unknown' && this.#trying ? 'queue-full' : null;
  }

  /** A write is on its way. Whoever says so says how it went. */
  begin(): void {
    this.#trying = true;
  }

  /** The service failed: it said nothing about this. */
  unanswered(): void {
    this.#trying = false;
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
