/** Bytes that all copies of this process may take together: however many callers there are, memory has an end. */
const mostTogether = 64 * 1024 * 1024;
let together = 0;

/** A body as it passed, up to a bound. */
export class BodyCopy {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;
  #isWhole = false;
  #isTooLarge = false;

  /** @param limit bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get chunks(): readonly Buffer[] {
    return this.#chunks;
  }

  /** False: it, or all of them together, have become too large; what was kept is still there. */
  add(chunk: Buffer): boolean {
    if (this.#isTooLarge) return false;
    const { length } = chunk;
    if (this.#length + length > this.#limit || together + length > mostTogether) {
      this.#isTooLarge = true;
      return false;
    }
    this.#length += length;
    together += length;
    this.#chunks.push(Buffer.from(chunk));
    return true;
  }

  end(): void {
    this.#isWhole = true;
  }

  /** `null` where it did not fit, or has not ended. */
  whole(): Buffer | null {
    if (!this.#isWhole || this.#isTooLarge) return null;
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length);
  }

  /** To be called once nobody needs it any more. */
  release(): void {
    together -= this.#length;
    this.#length = 0;
    this.#chunks = [];
  }
}
