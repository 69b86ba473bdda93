import type { Shown } from './aggregate.ts';
import type { Case, Examiner, Finding } from './examine.ts';
import { Skip } from './examine.ts';
import type { UnpackedSeen } from './packing.ts';
import type { LookFailure } from './pair.ts';
import { lookedAt } from './second-look.ts';

/** What the host is to ask both sides, and after how many milliseconds. */
export interface Question {
  readonly delay: number;
  /** `null`: for the same request. */
  readonly path: string | null;
}

/** What both sides said, or why they did not. */
export type Told = { readonly legacy: UnpackedSeen; readonly service: UnpackedSeen } | LookFailure;

/** A pair whose end depends on what both sides say when they are asked again. */
export interface Waiting {
  readonly of: Case;
  /** Bytes that it holds. */
  readonly bytes: number;
  /** What it is to be looked at for. */
  readonly shown: readonly Shown[];
  /** The next question, or null when the pair has been counted. Throws like the {@link Examiner}. */
  told(told: Told): Question | null;
  /** Counts the pair by what is known. */
  settle(): void;
}

/** A GET that differed, looked at once more. */
export class Confirmation implements Waiting {
  readonly of: Case;
  readonly bytes: number;
  readonly #examiner: Examiner;
  readonly #first: Finding;
  readonly shown: readonly Shown[];

  constructor(of: Case, examiner: Examiner, first: Finding) {
    this.of = of;
    this.bytes = first.legacy.body.length + first.service.body.length;
    this.#examiner = examiner;
    this.#first = first;
    this.shown = examiner.shown(first.comparison);
  }

  told(told: Told): null {
    const second = typeof told === 'string' ? null : this.#second(told.legacy, told.service);
    if (second === null) this.settle();
    else {
      const self = this.#examiner.compare(this.of, this.#first.legacy, second.legacy);
      const again = this.#examiner.shown(second.comparison);
      const shown = lookedAt(this.shown, again, this.#examiner.shown(self));
      this.of.lane.established.learn(shown);
      this.#examiner.count(this.of, this.#first, shown, true);
    }
    return null;
  }

  settle(): void {
    this.#examiner.count(this.of, this.#first, this.shown, false);
  }

  /** A second answer that can't be compared says nothing against the first. */
  #second(legacy: UnpackedSeen, service: UnpackedSeen): Finding | null {
    try {
      return this.#examiner.find(this.of, legacy, service);
    } catch (error) {
      if (error instanceof Skip) return null;
      throw error;
    }
  }
}

/** Milliseconds before a write is first read back, and between the readings that follow; the last goes on. */
const readbackDelays = [200, 500, 1_000, 2_000];
/** A reading that would come sooner than this before the end is left out. */
const leastDelay = 50;

/** A write that legacy took alone: both sides are asked for what came of it, until they agree or the time is over. */
export class Readback implements Waiting {
  readonly of: Case;
  readonly bytes = 0;
  readonly shown: readonly Shown[] = [];
  readonly #examiner: Examiner;
  readonly #path: string;
  readonly #within: number;
  readonly #now: () => number;
  readonly #since: number;
  #asked = 0;
  #last: Finding | Skip = new Skip('legacy-busy');

  /** `now` and `within` in milliseconds. */
  constructor(of: Case, examiner: Examiner, path: string, within: number, now: () => number) {
    this.of = of;
    this.#examiner = examiner;
    this.#path = path;
    this.#within = within;
    this.#now = now;
    this.#since = now();
  }

  /** There always is a first one. */
  ask(): Question | null {
    const left = this.#within - (this.#now() - this.#since);
    if (this.#asked > 0 && left < leastDelay) return null;
    // Whoever refuses at once is not asked without end.
    if (this.#asked > readbackDelays.length + this.#within / readbackDelays.at(-1)!) return null;
    const delay = readbackDelays[Math.min(this.#asked, readbackDelays.length - 1)]!;
    this.#asked += 1;
    return { delay: Math.max(0, Math.min(delay, left)), path: this.#path };
  }

  told(told: Told): Question | null {
    if (typeof told !== 'string') this.#last = this.#find(told.legacy, told.service);
    else if (this.#last instanceof Skip) this.#last = new Skip(told);
    const agreed = !(this.#last instanceof Skip) && this.#last.comparison.mismatches.length === 0;
    const next = agreed ? null : this.ask();
    if (next === null) this.settle();
    return next;
  }

  settle(): void {
    if (this.#last instanceof Skip) throw this.#last;
    const shown = this.#examiner.shown(this.#last.comparison);
    this.#examiner.count(this.of, this.#last, shown, this.#asked > 1, this.#path);
  }

  #find(legacy: UnpackedSeen, service: UnpackedSeen): Finding | Skip {
    try {
      const of = { ...this.of, pair: { ...this.of.pair, method: 'GET' } };
      return this.#examiner.find(of, legacy, service);
    } catch (error) {
      if (error instanceof Skip) return error;
      throw error;
    }
  }
}
