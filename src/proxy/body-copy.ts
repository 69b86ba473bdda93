/** Bytes that all copies of this process may take together: however many callers there are, memory has an end. */
const mostTogether = 64 * 1024 * 1024;
let together = 0;

/** Pieces grow up to this size, in bytes: a body that comes byte by byte must not cost an object a byte. */
const largestPiece = 16 * 1024;

/** What became of a piece: nothing further is kept once one did not fit. */
export type Fit = 'kept' | 'too-large' | 'no-room';

/** A body as it passed, up to a bound. */
export class BodyCopy {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  /** The piece that still has room, and how much of it is used. */
  #last: Buffer | null = null;
  #lastUsed = 0;
  #length = 0;
  /** Bytes of room. */
  #taken = 0;
  #isWhole = false;
  #isClosed = false;

  /** @param limit bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get pieces(): readonly Buffer[] {
    this.#endPiece();
    return this.#pieces;
  }

  /** Copies `chunk`, or nothing of it. */
  add(chunk: Buffer): Fit {
    if (this.#isClosed || this.#length + chunk.length > this.#limit) return this.#close('too-large');
    const room = this.#last === null ? 0 : this.#last.length - this.#lastUsed;
    // Most bodies come in one piece: only those that come in several get room to grow.
    const grown = Math.min(this.#length, largestPiece);
    const size = chunk.length <= room ? 0 : Math.max(chunk.length - room, grown);
    if (together + size > mostTogether) return this.#close('no-room');
    together += size;
    this.#taken += size;
    this.#length += chunk.length;
    const begun = this.#last === null ? 0 : chunk.copy(this.#last, this.#lastUsed);
    this.#lastUsed += begun;
    if (size > 0) {
      this.#endPiece();
      this.#last = Buffer.allocUnsafe(size);
      this.#lastUsed = chunk.copy(this.#last, 0, begun);
    }
    return 'kept';
  }

  end(): void {
    this.#isWhole = !this.#isClosed;
  }

  /** `null` where it did not fit, or has not ended. */
  whole(): Buffer | null {
    if (!this.#isWhole) return null;
    const { pieces } = this;
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, this.#length);
  }

  /** Nobody needs it any more; pieces that still come are not kept. */
  release(): void {
    together -= this.#taken;
    this.#taken = 0;
    this.#length = 0;
    this.#last = null;
    this.#pieces = [];
    this.#isClosed = true;
  }

  #endPiece(): void {
    if (this.#last !== null) this.#pieces.push(this.#last.subarray(0, this.#lastUsed));
    this.#last = null;
  }

  #close(fit: Fit): Fit {
    this.#isClosed = true;
    return fit;
  }
}
