import type { ToWorker } from './comparer-messages.ts';
import { type Accepted, bodyBytes, pack } from './packing.ts';
import type { Pair } from './pair.ts';

/** What one message may carry, and how long a pair waits for company: a message costs more than its pairs. */
const most = { pairs: 64, bytes: 256 * 1024, milliseconds: 20 };
/** Messages that the worker may have before it: enough never to be idle, few enough that little is lost with it. */
const ahead = 4;
/** What a pair is taken to need besides its bodies. */
const overhead = 1024;

export const sizeOf = (pair: Pair): number => bodyBytes(pair) + overhead;

/** Where what is queued goes. */
export interface Outlet {
  /** Whether a worker is there; one is wanted otherwise. */
  isOpen(): boolean;
  /** Asked of each pair as it goes: false leaves it out, its count being seen to. */
  takes(accepted: Accepted): boolean;
  post(message: ToWorker, transfer: readonly ArrayBuffer[]): void;
}

/** Pairs on their way to the worker, and how much of it all there is. Packed no sooner than the worker takes them. */
export class PairQueue {
  readonly #outlet: Outlet;
  readonly #timer: NodeJS.Timeout;
  #pairs: Accepted[] = [];
  #pairBytes = 0;
  #told: Accepted[] = [];
  /** Bytes of each message that the worker has not said to be done with, oldest first. */
  #posted: number[] = [];
  #waiting = 0;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
    // One timer for all batches of pairs: refreshing it is cheap, making one is not.
    this.#timer = setTimeout(() => this.pump(), most.milliseconds).unref();
  }

  /** Bytes that wait or are being compared. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Pairs that no worker has seen. */
  get pairs(): readonly Accepted[] {
    return this.#pairs;
  }

  /** Nothing waits here, and the worker is done with all it was given. */
  get isDone(): boolean {
    return this.#pairs.length + this.#told.length + this.#posted.length === 0;
  }

  add(accepted: Accepted): void {
    this.#pairs.push(accepted);
    this.#pairBytes += accepted.bytes;
    this.#waiting += accepted.bytes;
    if (this.#pairs.length >= most.pairs || this.#pairBytes >= most.bytes) this.pump();
    else if (this.#pairs.length === 1) this.#timer.refresh();
  }

  /** What a look was told, under the id of its pair. It goes first: the pair takes room in the worker. */
  addTold(id: number, pair: Pair): void {
    const bytes = sizeOf(pair);
    this.#told.push({ id, lane: 0, pair, bytes });
    this.#waiting += bytes;
    this.pump();
  }

  /** The worker is done with its oldest message. */
  done(): void {
    this.#waiting -= this.#posted.shift() ?? 0;
    this.pump();
  }

  /** Hands over as much as the worker may have before it. */
  pump(): void {
    while (this.#pairs.length + this.#told.length > 0 && this.#posted.length < ahead && this.#outlet.isOpen()) {
      const told = this.#told.shift();
      if (told === undefined) this.#postPairs();
      else {
        const packed = pack([told]);
        this.#post({ kind: 'told', look: told.id, packed }, told.bytes);
      }
    }
  }

  /** The worker is gone, with all it was given, and nobody waits for what was told any more. */
  forget(): void {
    for (const bytes of this.#posted) this.#waiting -= bytes;
    for (const { bytes } of this.#told) this.#waiting -= bytes;
    this.#posted = [];
    this.#told = [];
  }

  /** Ends it; returns the pairs that no worker has seen. */
  close(): readonly Accepted[] {
    clearTimeout(this.#timer);
    const left = this.#pairs;
    this.forget();
    this.#pairs = [];
    this.#waiting = 0;
    return left;
  }

  #postPairs(): void {
    let count = 0;
    let bytes = 0;
    while (count < this.#pairs.length && count < most.pairs && bytes < most.bytes) bytes += this.#pairs[count++]!.bytes;
    this.#pairBytes -= bytes;
    const taken = this.#pairs.splice(0, count).filter((accepted) => {
      const takes = this.#outlet.takes(accepted);
      if (!takes) {
        this.#waiting -= accepted.bytes;
        bytes -= accepted.bytes;
      }
      return takes;
    });
    if (taken.length > 0) this.#post({ kind: 'pairs', packed: pack(taken) }, bytes);
  }

  #post(message: Extract<ToWorker, { packed: unknown }>, bytes: number): void {
    this.#posted.push(bytes);
    const { numbers, bytes: bodies } = message.packed;
    this.#outlet.post(message, [numbers.buffer, bodies.buffer] as ArrayBuffer[]);
  }
}
