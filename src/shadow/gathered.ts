import type { Room } from './room.ts';

/** Pieces grow up to this size, in bytes: a body that comes byte by byte must not cost an object a byte. */
const largestPiece = 16 * 1024;

/** A body as it comes in, as far as it is kept. */
export class Gathered {
  length = 0;
  readonly #room: Room;
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #last: Buffer | null = null;
  #lastUsed = 0;
  #taken = 0;
  #ignoring = false;

  /** @param limit bytes. */
  constructor(room: Room, limit: number) {
    this.#room = room;
    this.#limit = limit;
  }

  /** Copies `chunk`. `too-large`: it goes beyond the limit, and what fits is kept; `no-room`: nothing of it is kept. */
  add(chunk: Buffer): 'kept' | 'too-large' | 'no-room' {
    const fitting = Math.min(chunk.length, this.#limit - this.length);
    this.length += fitting;
    if (!this.#ignoring && !this.#keep(fitting === chunk.length ? chunk : chunk.subarray(0, fitting))) return 'no-room';
    return fitting < chunk.length ? 'too-large' : 'kept';
  }

  get pieces(): readonly Buffer[] {
    if (this.#last !== null) this.#pieces.push(this.#last.subarray(0, this.#lastUsed));
    this.#last = null;
    return this.#pieces;
  }

  /** Counts only, from here on. */
  ignore(): void {
    this.#ignoring = true;
    this.release();
  }

  /** Lets go of the bytes. Whoever was given the pieces has them still. */
  release(): void {
    this.#room.giveBack(this.#taken);
    this.#taken = 0;
    this.#last = null;
    this.#pieces = [];
  }

  #keep(chunk: Buffer): boolean {
    const begun = this.#last === null ? 0 : chunk.copy(this.#last, this.#lastUsed);
    this.#lastUsed += begun;
    const rest = chunk.length - begun;
    if (rest === 0) return true;
    // Most bodies come in one piece: only those that come in several get room to grow.
    const size = this.#last === null ? rest : Math.max(rest, Math.min(this.length, largestPiece));
    if (!this.#room.take(size)) return false;
    this.#taken += size;
    if (this.#last !== null) this.#pieces.push(this.#last.subarray(0, this.#lastUsed));
    this.#last = Buffer.allocUnsafe(size);
    this.#lastUsed = chunk.copy(this.#last, 0, begun);
    return true;
  }
}
