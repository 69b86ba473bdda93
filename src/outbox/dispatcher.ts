import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudEvent } from '../domain/cloud-event.ts';
import type { EventBus, EventSink, Outbox } from '../ports.ts';
import { dispatcherLease } from './bounds.ts';

/** ms between two looks for what other processes have recorded. */
const lookEvery = 200;

/** ms before a bus that failed is tried again: the first time, and at most. */
const firstBackOff = 200;
const longestBackOff = 30_000;

interface DispatcherParts {
  readonly outbox: Outbox;
  /** Asked for when there is something to publish, and again after it rejected. */
  readonly openBus: () => Promise<Pick<EventBus, 'publish'>>;
  readonly events: EventSink;
}

/**
 * Takes events from the outbox to the bus, in the order in which they were recorded. One of all processes does it at a
 * time; should it hang, another takes over, and what the two both published is the same event by its id.
 */
export class Dispatcher {
  /** Events that the bus has taken. */
  delivered = 0;
  readonly #parts: DispatcherParts;
  readonly #holder = randomUUID();
  readonly #looking: NodeJS.Timeout;
  #bus: Promise<Pick<EventBus, 'publish'>> | null = null;
  #running: Promise<void> | null = null;
  #isWoken = false;
  #failures = 0;
  #retryAt = 0;
  #isStuck = false;
  #closed = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#looking = setInterval(() => this.wake(), lookEvery).unref();
  }

  /** There may be something to publish. */
  wake(): void {
    this.#isWoken = true;
    if (this.#closed || performance.now() < this.#retryAt) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Publishes what waits, for at most `within` ms; the rest stays in the outbox. */
  async close(within: number): Promise<void> {
    clearInterval(this.#looking);
    this.#retryAt = 0;
    this.wake();
    this.#closed = true;
    if (this.#running !== null) await Promise.race([this.#running, sleep(within, undefined, { ref: false })]);
    await this.#parts.outbox.yield(this.#holder).catch(() => {});
  }

  async #run(): Promise<void> {
    while (this.#isWoken) {
      this.#isWoken = false;
      try {
        while (await this.#publishNext());
      } catch (error) {
        await this.#fail(error as Error);
        return;
      }
    }
  }

  /** False when nothing waits, or somebody else publishes it. */
  async #publishNext(): Promise<boolean> {
    const { outbox } = this.#parts;
    const taken = await outbox.take(this.#holder);
    if (taken === null) return false;
    if (taken.length === 0) {
      this.#recover();
      return false;
    }
    await this.#publish(taken);
    this.#recover();
    await outbox.delivered(taken.map(({ id }) => id));
    this.delivered += taken.length;
    return true;
  }

  async #publish(taken: readonly CloudEvent[]): Promise<void> {
    // A bus that is slow is no dispatcher that is gone.
    const holding = setInterval(() => void this.#parts.outbox.take(this.#holder).catch(() => {}), dispatcherLease / 3);
    try {
      this.#bus ??= this.#parts.openBus();
      await (await this.#bus).publish(taken);
    } catch (error) {
      // One that never opened is opened anew; one that did knows itself how to come back.
      await this.#bus?.catch(() => {
        this.#bus = null;
      });
      throw error;
    } finally {
      clearInterval(holding);
    }
  }

  #recover(): void {
    if (this.#isStuck) this.#parts.events.emit({ type: 'events.recovered' });
    this.#isStuck = false;
    this.#failures = 0;
    this.#retryAt = 0;
  }

  async #fail(error: Error): Promise<void> {
    const wait = Math.min(longestBackOff, firstBackOff * 2 ** this.#failures);
    this.#failures += 1;
    // Several proxies that lost the same bus don't come back to it at the same moment.
    this.#retryAt = performance.now() + wait * (0.5 + Math.random() / 2);
    if (this.#isStuck) return;
    const pending = await this.#parts.outbox.standing().then(
      (standing) => standing.pending,
      () => null,
    );
    // The outbox's own trouble is told by whoever writes to it.
    if (pending === null) return;
    this.#isStuck = true;
    this.#parts.events.emit({ type: 'events.stuck', pending, error: error.message });
  }
}
