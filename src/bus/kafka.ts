import { randomUUID } from 'node:crypto';
import type { Admin, Consumer, Producer } from '@platformatic/kafka';
import { BusError } from '../domain/bus-error.ts';
import type { CloudEvent } from '../domain/cloud-event.ts';
import { eventOf, eventText } from '../domain/event-text.ts';
import type {
  Clock,
  DeadLetter,
  EventConsumer,
  EventQuery,
  GroupStanding,
  StoredEvent,
  Subscription,
} from '../ports.ts';
import { mustBeGroup } from './consumers.ts';
import { letterEvent } from './dead-letter.ts';
import { KafkaGroupConsumer } from './kafka-consumer.ts';
import { explainKafka, type KafkaDriver, kafkaDriver } from './kafka-driver.ts';
import { KafkaLog, type Offsets } from './kafka-log.ts';
import {
  type BuriedText,
  inBatches,
  type KafkaMessage,
  letterMessage,
  letterOf,
  messageFor,
  onlyFor,
  revivedId,
  revivedMessage,
} from './kafka-message.ts';
import { partitions } from './partition.ts';
import type { Loss, TrimmedBus } from './retention.ts';
import { unknownGroup } from './unknown-group.ts';

interface KafkaBusOptions {
  readonly brokers: readonly string[];
  readonly stream: string;
  readonly clock: Clock;
  readonly lease: number;
}

export async function openKafkaBus(options: KafkaBusOptions): Promise<TrimmedBus> {
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(options.stream)) {
    throw new BusError(
      'refused',
      `${JSON.stringify(options.stream)} is no name of a topic: it takes letters, digits, ".", "_" and "-"`,
    );
  }
  return new KafkaBus(await kafkaDriver(), options);
}

/** A topic, Kafka's own groups on it, and a topic beside it for dead letters. Kafka's retention decides what is kept. */
class KafkaBus implements TrimmedBus {
  readonly #kafka: KafkaDriver;
  readonly #options: KafkaBusOptions;
  readonly #producer: Producer<string, string, string, string>;
  readonly #admin: Admin;
  readonly #reader: Consumer;
  readonly #log: KafkaLog;
  readonly #dead: string;
  readonly #consumers = new Set<EventConsumer>();
  #topics: Promise<void> | null = null;
  #closed = false;

  constructor(kafka: KafkaDriver, options: KafkaBusOptions) {
    this.#kafka = kafka;
    this.#options = options;
    this.#dead = `${options.stream}.dead`;
    const serializers = kafka.stringSerializers;
    this.#producer = new kafka.Producer({ ...this.#base(), serializers, idempotent: true, acks: -1 });
    this.#admin = new kafka.Admin(this.#base());
    this.#reader = new kafka.Consumer({ ...this.#base(), groupId: `strangler-reader-${randomUUID()}` });
    this.#log = new KafkaLog(kafka, this.#reader);
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    const messages = events.map((event) => ({ value: eventText(event), key: event.subject }));
    await this.#send(this.#options.stream, messages);
  }

  consume(subscription: Subscription, handle: (event: CloudEvent) => Promise<void>): EventConsumer {
    if (this.#closed) throw new BusError('closed', 'the bus has been closed');
    mustBeGroup(subscription.group);
    const { group } = subscription;
    const { lease, clock, stream } = this.#options;
    const member = (): Consumer =>
      new this.#kafka.Consumer({
        ...this.#base(),
        groupId: this.#groupId(group),
        sessionTimeout: lease,
        rebalanceTimeout: lease,
        heartbeatInterval: lease / 3,
      });
    const bury = (text: string, attempts: number, error: string): Promise<void> =>
      this.#send(this.#dead, [letterMessage({ group, text, attempts, error, at: clock.now() })]);
    const parts = { topic: stream, member, bury, explain: (error: unknown) => this.#explain(error) };
    const consumer = new KafkaGroupConsumer(parts, subscription, handle);
    this.#consumers.add(consumer);
    return consumer;
  }

  read({ after, since, types, subject, limit, newest = false }: EventQuery): Promise<readonly StoredEvent[]> {
    if (after !== undefined && !/^\d{1,19}(\.\d{1,19})*$/.test(after)) {
      throw new BusError('refused', `${JSON.stringify(after)} is no position in this stream`);
    }
    return this.#explained(async () => {
      const { stream } = this.#options;
      const [begin, end] = await Promise.all([this.#log.begin(stream), this.#log.end(stream)]);
      const times = since === undefined ? begin : await this.#log.since(stream, since);
      const behind = after?.split('.').map(BigInt) ?? [];
      const from = end.map((_, partition) => largest(begin[partition], times[partition], behind[partition]));
      const next = [...from];
      const found: StoredEvent[] = [];
      for (const { partition, offset, text, headers } of await this.#log.read(stream, from, end)) {
        next[partition] = offset + 1n;
        const event = onlyFor(headers) === null ? eventOf(text) : null;
        if (event === null || (types !== undefined && !types.includes(event.type))) continue;
        if (subject !== undefined && event.subject !== subject) continue;
        found.push({ position: next.join('.'), event });
        if (!newest && found.length >= limit) break;
      }
      return newest ? found.slice(-Math.max(0, limit) || found.length) : found.slice(0, Math.max(0, limit));
    });
  }

  async deadLetters(group?: string): Promise<readonly DeadLetter[]> {
    const letters = await this.#letters();
    return letters
      .filter((letter) => group === undefined || letter.group === group)
      .map(({ text, ...letter }) => ({ ...letter, event: letterEvent(text, letter.at) }));
  }

  async revive(ids: readonly string[]): Promise<number> {
    const letters = (await this.#letters()).filter(({ id }) => ids.includes(id));
    for (const { id, group, text } of letters) {
      await this.#handAgain(group, [text]);
      await this.#send(this.#dead, [revivedMessage(group, id)]);
    }
    return letters.length;
  }

  /** Kafka moves no group that has members: what is since then is appended once more, for this group alone. */
  async rewind(group: string, since: number, types?: readonly string[]): Promise<number> {
    const known = await this.groups();
    if (!known.some((each) => each.group === group)) throw unknownGroup(group, known);
    const again = await this.#explained(async () => {
      const { stream } = this.#options;
      const entries = await this.#log.read(stream, await this.#log.since(stream, since), await this.#log.end(stream));
      return entries.filter(({ headers }) => onlyFor(headers) === null).map(({ text }) => text);
    });
    const wanted = types === undefined ? again : again.filter((text) => types.includes(eventOf(text)?.type ?? ''));
    await this.#handAgain(group, wanted);
    return wanted.length;
  }

  groups(): Promise<readonly GroupStanding[]> {
    return this.#explained(async () => {
      const { stream } = this.#options;
      const prefix = this.#groupId('');
      const ids = [...(await this.#admin.listGroups()).keys()].filter((id) => id.startsWith(prefix));
      if (ids.length === 0) return [];
      const [begin, end, letters] = await Promise.all([
        this.#log.begin(stream),
        this.#log.end(stream),
        this.#letters(),
      ]);
      const all = end.map((_, partition) => partition);
      return Promise.all(
        ids.map(async (groupId) => {
          const group = groupId.slice(prefix.length);
          const committed = await this.#committed(groupId, all);
          const lags = end.map((last, partition) => Number(last - largest(begin[partition], committed[partition])));
          const lag = lags.reduce((sum, each) => sum + each, 0);
          return { group, lag, deadLetters: letters.filter((letter) => letter.group === group).length };
        }),
      );
    });
  }

  /** How far a group is; whoever asks becomes no member of it. */
  async #committed(groupId: string, partitions: number[]): Promise<Offsets> {
    const { stream } = this.#options;
    const asker = new this.#kafka.Consumer({ ...this.#base(), groupId });
    try {
      const offsets = await asker.listCommittedOffsets({ topics: [{ topic: stream, partitions }] });
      return offsets.get(stream) ?? [];
    } finally {
      await asker.close();
    }
  }

  /** Kafka's own retention does that. */
  async trim(): Promise<readonly Loss[]> {
    return [];
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    this.#closed = true;
    await Promise.all([this.#producer, this.#admin, this.#reader].map((client) => client.close().catch(() => {})));
  }

  #base() {
    return { clientId: 'strangler', bootstrapBrokers: [...this.#options.brokers], retries: 3, timeout: 5_000 };
  }

  #groupId(group: string): string {
    return `${this.#options.stream}.${group}`;
  }

  async #handAgain(group: string, texts: readonly string[]): Promise<void> {
    const messages = texts.map((text) => messageFor(group, text, eventOf(text)?.subject ?? ''));
    await this.#send(this.#options.stream, messages);
  }

  async #send(topic: string, messages: readonly KafkaMessage[]): Promise<void> {
    for (const batch of inBatches(messages)) {
      await this.#explained(() => this.#producer.send({ messages: batch.map((message) => ({ topic, ...message })) }));
    }
  }

  /** Dead letters that were not revived. The topic of them has one partition. */
  async #letters(): Promise<(BuriedText & { readonly id: string })[]> {
    const entries = await this.#explained(async () => {
      const [begin, end]: Offsets[] = await Promise.all([this.#log.begin(this.#dead), this.#log.end(this.#dead)]);
      return this.#log.read(this.#dead, begin ?? [], end ?? []);
    });
    const revived = new Set(entries.map(({ headers }) => revivedId(headers)));
    return entries.flatMap(({ offset, text, headers }) => {
      const letter = letterOf(text, headers);
      const id = String(offset);
      return letter === null || revived.has(id) ? [] : [{ id, ...letter }];
    });
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new BusError('closed', 'the bus has been closed');
    try {
      this.#topics ??= this.#makeTopics();
      await this.#topics;
      return await work();
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** Those that are there stay as they are, however many partitions they have. */
  async #makeTopics(): Promise<void> {
    try {
      const there = await this.#admin.listTopics();
      const make = async (topic: string, count: number): Promise<void> => {
        if (there.includes(topic)) return;
        await this.#admin.createTopics({ topics: [topic], partitions: count, replicas: -1 }).catch((error: Error) => {
          if (!explainKafka(error, []).message.includes('already exists')) throw error;
        });
      };
      await make(this.#options.stream, partitions);
      await make(this.#dead, 1);
    } catch (error) {
      this.#topics = null;
      throw error;
    }
  }

  #explain(error: unknown): BusError {
    return explainKafka(error, this.#options.brokers);
  }
}

function largest(...offsets: (bigint | undefined)[]): bigint {
  return offsets.reduce<bigint>((most, each) => (each !== undefined && each > most ? each : most), 0n);
}
