/**
 * The worker writes down what it is at in memory that both threads see; the host looks at it now and then. A thread
 * that is stuck in a regular expression answers no message, but this can still be read.
 */
const job = 0;
const lane = 1;
const rule = 2;
const fields = 3;

export const sharedWatch = (): SharedArrayBuffer => new SharedArrayBuffer(fields * Int32Array.BYTES_PER_ELEMENT);

/** The worker's side. */
export class Watched {
  readonly #shared: Int32Array;
  #jobs = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#shared = new Int32Array(memory);
  }

  begin(laneId: number): void {
    this.#jobs = (this.#jobs % 0x7fff_ffff) + 1;
    Atomics.store(this.#shared, lane, laneId);
    Atomics.store(this.#shared, rule, 0);
    Atomics.store(this.#shared, job, this.#jobs);
  }

  /** The rules are counted from 0; -1 is none. */
  enterRule(index: number): void {
    Atomics.store(this.#shared, rule, index + 1);
  }

  end(): void {
    Atomics.store(this.#shared, job, 0);
  }
}

export interface Stuck {
  readonly lane: number;
  /** -1 when no rule was running. */
  readonly rule: number;
}

/** The host's side. */
export class Watchdog {
  readonly #shared: Int32Array;
  readonly #patience: number;
  #last = 0;
  #looks = 0;

  /** `patience`: how many looks in a row may find the same job. Looks and not time: a process can be put to sleep. */
  constructor(memory: SharedArrayBuffer, patience: number) {
    this.#shared = new Int32Array(memory);
    this.#patience = patience;
  }

  look(): Stuck | null {
    const current = Atomics.load(this.#shared, job);
    if (current === 0 || current !== this.#last) {
      this.#last = current;
      this.#looks = 0;
      return null;
    }
    this.#looks += 1;
    return this.#looks < this.#patience ? null : this.at();
  }

  /** What the worker was at when it was last heard of; null when it was idle. */
  at(): Stuck | null {
    if (Atomics.load(this.#shared, job) === 0) return null;
    return { lane: Atomics.load(this.#shared, lane), rule: Atomics.load(this.#shared, rule) - 1 };
  }
}
