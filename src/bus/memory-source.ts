import { eventOf } from '../domain/event-text.ts';
import { type Batch, type Delivery, type GroupSource, type Hold, type Holding, LostHold } from './group-source.ts';
import type { MemoryCursor, MemoryEvent, MemoryGroup } from './memory-group.ts';
import { Pause } from './pause.ts';
import { fairShare } from './share.ts';

interface MemoryStore {
  events(): readonly MemoryEvent[];
  bury(text: string, attempts: number, error: string): void;
}

const mostOfBatch = 100;

export class MemorySource implements GroupSource {
  /** Nobody of this process dies by itself; it is how soon a consumer hears of another one. */
  readonly lease = 3_000;
  readonly #group: MemoryGroup;
  readonly #consumer: string;
  readonly #store: MemoryStore;
  #interrupted: () => void = () => {};

  constructor(group: MemoryGroup, consumer: string, store: MemoryStore) {
    this.#group = group;
    this.#consumer = consumer;
    this.#store = store;
  }

  async hold(): Promise<Holding> {
    const { consumers, cursors } = this.#group;
    consumers.add(this.#consumer);
    const share = fairShare(this.#consumer, [...consumers]);
    let mine = cursors.filter(({ owner }) => owner === this.#consumer).length;
    for (const cursor of cursors) {
      if (cursor.owner !== null || mine >= share) continue;
      cursor.owner = this.#consumer;
      cursor.token += 1;
      mine += 1;
    }
    const held = cursors.flatMap(({ owner, token, failures }, partition): Hold[] =>
      owner === this.#consumer ? [{ partition, token: String(token), failures }] : [],
    );
    return { held, surplus: Math.max(0, mine - share) };
  }

  async read(idle: readonly Hold[]): Promise<readonly Batch[]> {
    const news = new Pause();
    const listener = (): void => news.end();
    this.#group.listeners.add(listener);
    this.#interrupted = listener;
    const now = this.#next(idle);
    if (now.length === 0) await news.for(1_000);
    this.#group.listeners.delete(listener);
    return now.length > 0 ? now : this.#next(idle);
  }

  interrupt(): void {
    this.#interrupted();
  }

  async handled(hold: Hold, position: string): Promise<void> {
    Object.assign(this.#cursor(hold), { handled: Number(position), failures: 0 });
  }

  async failed(hold: Hold, _position: string, failures: number): Promise<void> {
    this.#cursor(hold).failures = failures;
  }

  async bury(hold: Hold, { position, text }: Delivery, failures: number, error: string): Promise<void> {
    await this.handled(hold, position);
    this.#store.bury(text, failures, error);
  }

  async release(hold: Hold): Promise<void> {
    const cursor = this.#group.cursors[hold.partition]!;
    if (cursor.owner === this.#consumer) cursor.owner = null;
  }

  async leave(): Promise<void> {
    this.#group.consumers.delete(this.#consumer);
    for (const cursor of this.#group.cursors) if (cursor.owner === this.#consumer) cursor.owner = null;
  }

  #cursor({ partition, token }: Hold): MemoryCursor {
    const cursor = this.#group.cursors[partition]!;
    if (cursor.owner !== this.#consumer || String(cursor.token) !== token) throw new LostHold('it was moved');
    return cursor;
  }

  #next(idle: readonly Hold[]): Batch[] {
    return idle.flatMap(({ partition, token }): Batch[] => {
      const cursor = this.#group.cursors[partition]!;
      if (String(cursor.token) !== token) return [{ partition, token, deliveries: [], lost: true }];
      const deliveries: Delivery[] = [];
      for (const event of this.#store.events()) {
        if (event.partition !== partition || event.seq <= cursor.handled) continue;
        if (event.onlyFor !== null && event.onlyFor !== this.#group.name) continue;
        deliveries.push({ position: String(event.seq), text: event.text, event: eventOf(event.text) });
        if (deliveries.length === mostOfBatch) break;
      }
      return deliveries.length === 0 ? [] : [{ partition, token, deliveries }];
    });
  }
}
