import { BusError } from '../domain/bus-error.ts';
import type { CloudEvent } from '../domain/cloud-event.ts';
import { eventOf, eventText } from '../domain/event-text.ts';
import { getOrAdd } from '../domain/get-or-add.ts';
import type {
  Clock,
  DeadLetter,
  EventConsumer,
  EventQuery,
  GroupStanding,
  StoredEvent,
  Subscription,
} from '../ports.ts';
import { Consumers } from './consumers.ts';
import { letterEvent } from './dead-letter.ts';
import { lagOf, type MemoryEvent, MemoryGroup } from './memory-group.ts';
import { MemorySource } from './memory-source.ts';
import { partitionOf } from './partition.ts';
import type { Loss, Retention, TrimmedBus } from './retention.ts';
import { unknownGroup } from './unknown-group.ts';

/** Events that live as long as this process, for tests and trials. They are kept as text, as everywhere. */
export class MemoryBus implements TrimmedBus {
  readonly #clock: Clock;
  readonly #consumers = new Consumers();
  readonly #groups = new Map<string, MemoryGroup>();
  #events: MemoryEvent[] = [];
  #letters: (Omit<DeadLetter, 'event'> & { readonly text: string })[] = [];
  #count = 0;
  #letterCount = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    this.#mustBeOpen();
    const texts = events.map((event) => ({ event, text: eventText(event) }));
    for (const { event, text } of texts) this.#append(partitionOf(event.subject), text, null);
    this.#wake();
  }

  consume(subscription: Subscription, handle: (event: CloudEvent) => Promise<void>): EventConsumer {
    return this.#consumers.add(subscription, handle, (consumer) => {
      const group = getOrAdd(this.#groups, subscription.group, () => new MemoryGroup(subscription.group));
      return new MemorySource(group, consumer, {
        events: () => this.#events,
        bury: (text, attempts, error) => {
          const at = this.#clock.now();
          this.#letters.push({ id: String(++this.#letterCount), group: group.name, text, attempts, error, at });
        },
      });
    });
  }

  async read({ after, since, types, subject, limit, newest = false }: EventQuery): Promise<readonly StoredEvent[]> {
    this.#mustBeOpen();
    if (after !== undefined && !/^\d{1,15}$/.test(after)) {
      throw new BusError('refused', `${JSON.stringify(after)} is no position in this stream`);
    }
    const found = this.#events.flatMap(({ seq, at, onlyFor, text }): StoredEvent[] => {
      if (onlyFor !== null || seq <= Number(after ?? 0) || at < (since ?? 0)) return [];
      const event = eventOf(text);
      if (event === null || (types !== undefined && !types.includes(event.type))) return [];
      return subject !== undefined && event.subject !== subject ? [] : [{ position: String(seq), event }];
    });
    const most = Math.max(0, Math.trunc(limit));
    return newest && most > 0 ? found.slice(-most) : found.slice(0, most);
  }

  async deadLetters(group?: string): Promise<readonly DeadLetter[]> {
    this.#mustBeOpen();
    const theirs = this.#letters.filter((letter) => group === undefined || letter.group === group);
    return theirs.map(({ text, ...letter }) => ({ ...letter, event: letterEvent(text, letter.at) }));
  }

  async revive(ids: readonly string[]): Promise<number> {
    this.#mustBeOpen();
    const known = new Map(this.#letters.map((letter) => [letter.id, letter]));
    const revived = [...new Set(ids)].flatMap((id) => known.get(id) ?? []);
    this.#letters = this.#letters.filter((letter) => !revived.includes(letter));
    for (const { text, group } of revived) this.#append(partitionOf(eventOf(text)?.subject ?? ''), text, group);
    this.#wake();
    return revived.length;
  }

  async rewind(name: string, since: number, types?: readonly string[]): Promise<number> {
    this.#mustBeOpen();
    const group = this.#groups.get(name);
    if (group === undefined) throw unknownGroup(name, await this.groups());
    const again = this.#events.filter(({ at }) => at >= since);
    if (types !== undefined) return this.#handAgain(again, name, types);
    const first = again[0];
    if (first === undefined) return 0;
    group.rewind(first.seq - 1);
    this.#wake();
    return again.filter(({ onlyFor }) => onlyFor === null || onlyFor === name).length;
  }

  async groups(): Promise<readonly GroupStanding[]> {
    this.#mustBeOpen();
    const names = [...this.#groups.keys()].sort();
    return names.map((name) => ({
      group: name,
      lag: lagOf(this.#groups.get(name) as MemoryGroup, this.#events),
      deadLetters: this.#letters.filter(({ group }) => group === name).length,
    }));
  }

  async trim({ keep, most }: Retention): Promise<readonly Loss[]> {
    const before = this.#clock.now() - keep;
    const groups = [...this.#groups.values()];
    const isHad = ({ partition, seq }: MemoryEvent): boolean =>
      groups.every((group) => group.cursors[partition]!.handled >= seq);
    this.#events = this.#events.filter((event) => event.at >= before || !isHad(event));
    this.#letters = this.#letters.slice(-most);
    const gone = this.#events.slice(0, Math.max(0, this.#events.length - most));
    this.#events = this.#events.slice(gone.length);
    return groups
      .map((group) => ({ group: group.name, events: lagOf(group, gone) }))
      .filter(({ events }) => events > 0);
  }

  async close(): Promise<void> {
    await this.#consumers.close();
    this.#closed = true;
  }

  #handAgain(events: readonly MemoryEvent[], group: string, types: readonly string[]): number {
    const theirs = events.filter(({ onlyFor, text }) => onlyFor === null && types.includes(eventOf(text)?.type ?? ''));
    for (const { partition, text } of theirs) this.#append(partition, text, group);
    this.#wake();
    return theirs.length;
  }

  #append(partition: number, text: string, onlyFor: string | null): void {
    const at = Math.max(this.#clock.now(), this.#events.at(-1)?.at ?? 0);
    this.#events.push({ seq: ++this.#count, partition, at, onlyFor, text });
  }

  #wake(): void {
    for (const group of this.#groups.values()) group.wake();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new BusError('closed', 'the bus has been closed');
  }
}
