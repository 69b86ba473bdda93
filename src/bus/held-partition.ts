import type { CloudEvent } from '../domain/cloud-event.ts';
import { type Batch, type Delivery, type GroupSource, type Hold, LostHold } from './group-source.ts';
import type { Lapse } from './lapse.ts';
import { Pause } from './pause.ts';

/** What a subscription comes to, with every default in its place. */
export interface Terms {
  readonly types: ReadonlySet<string> | null;
  readonly attempts: number;
  readonly backoff: number;
}

export interface PartitionOwner {
  /** It has nothing left to do. */
  idle(): void;
  /** It may belong to somebody else: what is held has to be asked for again. */
  lost(): void;
  trouble(error: Error): void;
}

/** Whoever takes a partition over can't know whether its first event was begun: one end of a process proves nothing. */
const fewestDeaths = 3;
const longestBackoff = 60_000;
const longestErrorText = 2_000;

/** One partition while it is ours: its events, one after the other. */
export class HeldPartition {
  readonly hold: Hold;
  readonly #source: GroupSource;
  readonly #terms: Terms;
  readonly #handle: (event: CloudEvent) => Promise<void>;
  readonly #owner: PartitionOwner;
  readonly #pause = new Pause();
  #failures: number;
  #queue: readonly Delivery[] = [];
  #working: Promise<void>;
  #isIdle = false;
  #isEnding = false;
  /** Until then nobody else can have it. */
  #hasLapsed: Lapse;

  /** `after` is what has to end first: an event of the same partition that is still being handled. */
  constructor(
    {
      source,
      terms,
      handle,
      owner,
    }: { source: GroupSource; terms: Terms; handle: (event: CloudEvent) => Promise<void>; owner: PartitionOwner },
    hold: Hold,
    hasLapsed: Lapse,
    after: Promise<void>,
  ) {
    this.hold = hold;
    this.#source = source;
    this.#terms = terms;
    this.#handle = handle;
    this.#owner = owner;
    this.#failures = hold.failures;
    this.#hasLapsed = hasLapsed;
    this.#working = after.then(() => this.#rest());
  }

  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** It takes nothing any more, by its own doing or by another's. */
  get isOver(): boolean {
    return this.#isEnding;
  }

  renew(hasLapsed: Lapse): void {
    this.#hasLapsed = hasLapsed;
  }

  take({ deliveries }: Batch): void {
    if (this.#isEnding || !this.#isIdle || deliveries.length === 0) return;
    this.#isIdle = false;
    this.#queue = deliveries;
    this.#working = this.#work();
  }

  /** Resolves once nothing of it is being handled any more; the rest is left to others. */
  end(): Promise<void> {
    this.#isEnding = true;
    this.#isIdle = false;
    this.#pause.end();
    return this.#working;
  }

  #rest(): void {
    if (this.#isEnding) return;
    this.#isIdle = true;
    this.#owner.idle();
  }

  async #work(): Promise<void> {
    try {
      for (const delivery of this.#queue) {
        if (!(await this.#settle(delivery))) return;
      }
      this.#queue = [];
      this.#rest();
    } catch (error) {
      if (!(error instanceof LostHold)) this.#owner.trouble(error as Error);
      this.#isEnding = true;
      this.#owner.lost();
    }
  }

  /** Whether it was handled or buried, so that the next one may follow. */
  async #settle(delivery: Delivery): Promise<boolean> {
    for (;;) {
      if (this.#isEnding) return false;
      if (this.#hasLapsed()) throw new LostHold('the lease has run out');
      const error = await this.#try(delivery);
      if (error === null) break;
      this.#failures += 1;
      if (delivery.event === null || this.#failures >= this.#terms.attempts) {
        await this.#source.bury(this.hold, delivery, this.#failures, error);
        this.#failures = 0;
        return true;
      }
      await this.#source.failed(this.hold, delivery.position, this.#failures);
      await this.#pause.for(Math.min(this.#terms.backoff * 2 ** (this.#failures - 1), longestBackoff));
    }
    this.#failures = 0;
    // Not waited for: should it be lost, the event comes once more.
    this.#source.handled(this.hold, delivery.position).catch((error: Error) => {
      if (!(error instanceof LostHold)) this.#owner.trouble(error);
      this.#isEnding = true;
      this.#owner.lost();
    });
    return true;
  }

  /** Why it was not handled. */
  async #try({ event }: Delivery): Promise<string | null> {
    if (event === null) return 'this is no CloudEvent 1.0 in JSON';
    if (this.#terms.types !== null && !this.#terms.types.has(event.type)) return null;
    // It was tried too often already, by consumers that did not live to tell.
    if (this.#failures >= Math.max(this.#terms.attempts, fewestDeaths))
      return 'whoever handled it ended before it was done';
    try {
      await this.#handle(event);
      return null;
    } catch (error) {
      return (error instanceof Error ? error.message : String(error)).slice(0, longestErrorText) || 'it failed';
    }
  }
}
