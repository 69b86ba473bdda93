import type { BulkheadSettings } from '../domain/policies.ts';

export interface PlaceSeeker {
  /** It has a place, and gives it back by `leave`. It does not throw. */
  onPlace(): void;
}

/** Lets so many requests be under way at one target, and a few more wait for their places, first come first served. */
export class Bulkhead {
  readonly wait: number;
  readonly #queueLength: number;
  #free: number;
  #givingPlaces = false;
  /** A set keeps the order, and whoever leaves in the middle of it costs nothing. */
  readonly #queue = new Set<PlaceSeeker>();

  constructor({ concurrent, queue, wait }: BulkheadSettings) {
    this.wait = wait;
    this.#free = concurrent;
    // Who may not wait at all needs no queue.
    this.#queueLength = wait === 0 ? 0 : queue;
  }

  get free(): number {
    return this.#free;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** `waits`: `onPlace` follows, unless it quits before. */
  enter(seeker: PlaceSeeker): 'has-place' | 'waits' | 'is-full' {
    if (this.#free > 0 && this.#queue.size === 0) {
      this.#free--;
      return 'has-place';
    }
    if (this.#queue.size >= this.#queueLength) return 'is-full';
    this.#queue.add(seeker);
    return 'waits';
  }

  /** It does not wait any longer. */
  quit(seeker: PlaceSeeker): void {
    this.#queue.delete(seeker);
  }

  /** A place is given back; whoever has waited longest has it. */
  leave(): void {
    this.#free++;
    // One that gets its place may give it back at once: a long queue of such must not become a deep stack.
    if (this.#givingPlaces) return;
    this.#givingPlaces = true;
    try {
      for (const seeker of this.#queue) {
        if (this.#free === 0) break;
        this.#queue.delete(seeker);
        this.#free--;
        seeker.onPlace();
      }
    } finally {
      // Whatever one of them meets, the others' places must not end with it.
      this.#givingPlaces = false;
    }
  }
}
