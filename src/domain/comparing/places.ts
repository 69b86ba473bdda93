/** Elements with one hash that are tried before an element counts as new. */
const mostTries = 16;

/** What is not taken yet, by its hash: a chain for each, in order. */
export class Places {
  readonly #first = new Map<number, number>();
  readonly #next: Int32Array;
  readonly #taken: Uint8Array;

  constructor(length: number, taken: Uint8Array, hashAt: (j: number) => number) {
    this.#next = new Int32Array(length).fill(-1);
    this.#taken = taken;
    for (let j = length - 1; j >= 0; j--) {
      if (taken[j] === 1) continue;
      const hash = hashAt(j);
      this.#next[j] = this.#first.get(hash) ?? -1;
      this.#first.set(hash, j);
    }
  }

  /** Takes the first of that hash that fits; -1 where none does. */
  take(hash: number, fits: (j: number) => boolean): number {
    let before = -1;
    let j = this.#first.get(hash) ?? -1;
    for (let tries = 0; j !== -1 && tries < mostTries; tries++) {
      const next = this.#next[j]!;
      if (fits(j)) {
        this.#taken[j] = 1;
        if (before !== -1) this.#next[before] = next;
        else if (next === -1) this.#first.delete(hash);
        else this.#first.set(hash, next);
        return j;
      }
      before = j;
      j = next;
    }
    return -1;
  }
}
