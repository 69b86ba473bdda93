import { Pieces } from '../domain/pieces.ts';
import type { Room } from './room.ts';

/** A body as it comes in, as far as it is kept. */
export class Gathered {
  length = 0;
  readonly #room: Room;
  readonly #limit: number;
  readonly #pieces = new Pieces();
  readonly #take: (bytes: number) => boolean;
  #ignoring = false;

  /** @param limit bytes. */
  constructor(room: Room, limit: number) {
    this.#room = room;
    this.#limit = limit;
    this.#take = (bytes) => room.take(bytes);
  }

  /** Copies `chunk`. `too-large`: it goes beyond the limit, and what fits is kept; `no-room`: nothing of it is kept. */
  add(chunk: Buffer): 'kept' | 'too-large' | 'no-room' {
    const fitting = Math.min(chunk.length, this.#limit - this.length);
    this.length += fitting;
    const kept = fitting === chunk.length ? chunk : chunk.subarray(0, fitting);
    if (!this.#ignoring && !this.#pieces.add(kept, this.#take)) return 'no-room';
    return fitting < chunk.length ? 'too-large' : 'kept';
  }

  get pieces(): readonly Buffer[] {
    return this.#pieces.all;
  }

  /** Counts only, from here on. */
  ignore(): void {
    this.#ignoring = true;
    this.release();
  }

  /** Lets go of the bytes. Whoever was given the pieces has them still. */
  release(): void {
    this.#room.giveBack(this.#pieces.release());
  }
}
