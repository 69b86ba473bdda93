import { Pieces } from '../domain/pieces.ts';

/** Bytes that all copies of this process may take together: however many callers there are, memory has an end. */
const mostTogether = 64 * 1024 * 1024;
let together = 0;

/** What became of a piece: nothing further is kept once one did not fit. */
export type Fit = 'kept' | 'too-large' | 'no-room';

/** A body as it passed, up to a bound. */
export class BodyCopy {
  readonly #limit: number;
  readonly #pieces = new Pieces();
  #length = 0;
  #isWhole = false;
  #isClosed = false;

  /** @param limit bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get pieces(): readonly Buffer[] {
    return this.#pieces.all;
  }

  /** Copies `chunk`, or nothing of it. */
  add(chunk: Buffer): Fit {
    if (this.#isClosed || this.#length + chunk.length > this.#limit) return this.#close('too-large');
    if (!this.#pieces.add(chunk, take)) return this.#close('no-room');
    this.#length += chunk.length;
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
    together -= this.#pieces.release();
    this.#length = 0;
    this.#isClosed = true;
  }

  #close(fit: Fit): Fit {
    this.#isClosed = true;
    return fit;
  }
}

function take(bytes: number): boolean {
  if (together + bytes > mostTogether) return false;
  together += bytes;
  return true;
}
