import type { Sweepable, Sweeper } from '../ports.ts';

/** Exchanges of all shadows together. */
const mostInFlight = 64;
const mostWaiting = 256;
/** How long a shadow may wait for its turn, in ms: what is asked much later than its request is answered from other data. */
const longestWait = 2_000;
/** Bytes of bodies that are held for shadows, here and by the comparer. */
const mostBytes = 16 * 1024 * 1024;

/** Someone who waits for a place. */
export interface Waiter {
  /** There is a place now, and it is taken. */
  onTurn(): void;
  onWaitedTooLong(): void;
}

/** How much shadowing there may be at a time: exchanges in flight, those that wait for their turn, and bytes. */
export class Room implements Sweepable {
  deadline = 0;
  sweepIndex = -1;
  readonly #sweep: Sweeper;
  readonly #heldElsewhere: () => number;
  /** In the order of their arrival, with the tick at which each has waited too long. */
  readonly #waiting = new Map<Waiter, number>();
  #inFlight = 0;
  #bytes = 0;

  /** @param heldElsewhere bytes that count as well. */
  constructor(sweep: Sweeper, heldElsewhere: () => number) {
    this.#sweep = sweep;
    this.#heldElsewhere = heldElsewhere;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nobody could even wait. */
  get full(): boolean {
    return (this.#inFlight >= mostInFlight && this.#waiting.size >= mostWaiting) || !this.#fits(0);
  }

  /** Takes a place, or so many, if there are. */
  enter(places = 1): boolean {
    if (this.#inFlight + places > mostInFlight) return false;
    this.#inFlight += places;
    return true;
  }

  /** Lets `waiter` wait for a place; false when too many do already. */
  wait(waiter: Waiter): boolean {
    if (this.#waiting.size >= mostWaiting) return false;
    const due = this.#sweep.after(longestWait);
    this.#waiting.set(waiter, due);
    if (this.#waiting.size === 1) {
      this.deadline = due;
      this.#sweep.add(this);
    }
    return true;
  }

  stopWaiting(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  leave(): void {
    this.#inFlight--;
    const [next] = this.#waiting.keys();
    if (next === undefined || this.#inFlight >= mostInFlight) return;
    this.#waiting.delete(next);
    this.#inFlight++;
    next.onTurn();
  }

  /** Makes room for bytes; false when there is none. */
  take(bytes: number): boolean {
    if (!this.#fits(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Whoever came first has waited too long; the others' time comes with theirs. */
  expire(): void {
    const due = this.deadline;
    for (const [waiter, until] of this.#waiting) {
      if (until > due) {
        this.deadline = until;
        return;
      }
      this.#waiting.delete(waiter);
      waiter.onWaitedTooLong();
    }
    this.deadline = 0;
    this.#sweep.remove(this);
  }

  close(): void {
    this.#waiting.clear();
    this.#sweep.remove(this);
  }

  #fits(bytes: number): boolean {
    return this.#bytes + this.#heldElsewhere() + bytes <= mostBytes;
  }
}
