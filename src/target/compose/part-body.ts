/** Bytes that are taken at once for a body by what it says of its length, before any more of it has come. */
const trusted = 64 * 1024;

/** A part's body as it comes in, up to a limit: a body that comes byte by byte must not cost an object a byte. */
export class PartBody {
  readonly #limit: number;
  #room: Buffer;
  #length = 0;

  /** @param announced bytes; -1 when that is not known. */
  constructor(announced: number, limit: number) {
    this.#limit = limit;
    this.#room = Buffer.allocUnsafe(Math.min(Math.max(announced, 0), trusted, limit));
  }

  /** Copies `chunk`; false where it goes beyond the limit. */
  add(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#limit) return false;
    if (length > this.#room.length) this.#grow(Math.min(this.#limit, Math.max(length, 2 * this.#room.length)));
    chunk.copy(this.#room, this.#length);
    this.#length = length;
    return true;
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafe(size);
    this.#room.copy(larger, 0, 0, this.#length);
    this.#room = larger;
  }
}
