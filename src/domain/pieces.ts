/** Pieces grow up to this size, in bytes: a body that comes byte by byte must not cost an object a byte. */
const largestPiece = 16 * 1024;

/** A body as it comes in, in few pieces. */
export class Pieces {
  /** Bytes of room that it has asked for; not less than what is in it. */
  taken = 0;
  #length = 0;
  #full: Buffer[] = [];
  /** The piece that still has room, and how much of it is used. */
  #last: Buffer | null = null;
  #lastUsed = 0;

  /** Copies `chunk`. False, and nothing of it is kept, where `take` has no room for so many bytes more. */
  add(chunk: Buffer, take: (bytes: number) => boolean): boolean {
    const room = this.#last === null ? 0 : this.#last.length - this.#lastUsed;
    // Most bodies come in one piece: only those that come in several get room to grow.
    const grown = this.#last === null ? 0 : Math.min(this.#length, largestPiece);
    const size = chunk.length <= room ? 0 : Math.max(chunk.length - room, grown);
    if (size > 0 && !take(size)) return false;
    this.taken += size;
    this.#length += chunk.length;
    const begun = this.#last === null ? 0 : chunk.copy(this.#last, this.#lastUsed);
    this.#lastUsed += begun;
    if (size > 0) {
      this.#endPiece();
      this.#last = Buffer.allocUnsafe(size);
      this.#lastUsed = chunk.copy(this.#last, 0, begun);
    }
    return true;
  }

  get all(): readonly Buffer[] {
    this.#endPiece();
    return this.#full;
  }

  /** Lets go of the bytes; whoever was given them has them still. Returns the room that it had. */
  release(): number {
    const { taken } = this;
    this.taken = 0;
    this.#length = 0;
    this.#last = null;
    this.#full = [];
    return taken;
  }

  #endPiece(): void {
    if (this.#last !== null) this.#full.push(this.#last.subarray(0, this.#lastUsed));
    this.#last = null;
  }
}
