/** Bytes that all copies of this process may take together: however many callers there are, memory has an end. */
const mostTogether = 64 * 1024 * 1024;
let together = 0;

/** What became of a piece: nothing further is kept once one did not fit. */
export type Fit = 'kept' | 'too-large' | 'no-room';

/** A body as it passed, up to a bound. */
export class BodyCopy {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;
  #isWhole = false;
  #isClosed = false;

  /** @param limit bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get chunks(): readonly Buffer[] {
    return this.#chunks;
  }

  add(chunk: Buffer): Fit {
    const { length } = chunk;
    if (this.#isClosed || this.#length + length > this.#limit) return this.#close('too-large');
    if (together + length > mostTogether) return this.#close('no-room');
    this.#length += length;
    together += length;
    this.#chunks.push(Buffer.from(chunk));
    return 'kept';
  }

  end(): void {
    this.#isWhole = !this.#isClosed;
  }

  /** `null` where it did not fit, or has not ended. */
  whole(): Buffer | null {
    if (!this.#isWhole) return null;
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length);
  }

  /** Nobody needs it any more; pieces that still come are not kept. */
  release(): void {
    together -= this.#length;
    this.#length = 0;
    this.#chunks = [];
    this.#isClosed = true;
  }

  #close(fit: Fit): Fit {
    this.#isClosed = true;
    return fit;
  }
}
