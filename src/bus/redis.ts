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
import { Consumers } from './consumers.ts';
import { partitionOf } from './partition.ts';
import { RedisConnection } from './redis-connection.ts';
import { deadLettersOf, groupsOf, standings } from './redis-groups.ts';
import { RedisKeys } from './redis-keys.ts';
import { comparePositions, isPosition, lastBefore } from './redis-position.ts';
import { type Entry, RedisPublisher } from './redis-publisher.ts';
import { inOrder } from './redis-read.ts';
import { RedisSource } from './redis-source.ts';
import { trimRedis } from './redis-trim.ts';
import type { Loss, Retention, TrimmedBus } from './retention.ts';
import { unknownGroup } from './unknown-group.ts';

interface RedisBusOptions {
  readonly url: string;
  readonly stream: string;
  readonly clock: Clock;
  readonly lease: number;
}

/** Each of them may be as large as an event may be. */
const mostAgain = 20;

/** A Redis that is away is no reason to reject: whatever is asked of the bus fails until it is there. */
export async function openRedisBus({ url, stream, clock, lease }: RedisBusOptions): Promise<RedisBus> {
  return new RedisBus(await RedisConnection.to(url), new RedisKeys(stream), lease, clock);
}

/** A Redis stream for each partition: see `redis-scripts.ts` for what is where. */
export class RedisBus implements TrimmedBus {
  readonly #redis: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #lease: number;
  readonly #clock: Clock;
  readonly #consumers = new Consumers();
  readonly #publisher = new RedisPublisher((entries) => this.#append(entries));

  constructor(redis: RedisConnection, keys: RedisKeys, lease: number, clock: Clock) {
    this.#redis = redis;
    this.#keys = keys;
    this.#lease = lease;
    this.#clock = clock;
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    const entries = events.map((event): Entry => {
      const text = eventText(event);
      return [partitionOf(event.subject), text];
    });
    await this.#publisher.publish(entries);
  }

  consume(subscription: Subscription, handle: (event: CloudEvent) => Promise<void>): EventConsumer {
    return this.#consumers.add(subscription, handle, (consumer) => {
      const who = { group: subscription.group, consumer };
      return new RedisSource(this.#redis, this.#keys, who, this.#lease, this.#clock);
    });
  }

  async read({ after, since, types, subject, limit, newest = false }: EventQuery): Promise<readonly StoredEvent[]> {
    if (after !== undefined && !isPosition(after)) {
      throw new BusError('refused', `${JSON.stringify(after)} is no position in this stream`);
    }
    const [behind] = [after ?? '0-0', lastBefore(since ?? 0)].sort((a, b) => comparePositions(b, a));
    const { streams } = this.#keys;
    const asked = subject === undefined ? streams : [streams[partitionOf(subject)]!];
    const found: StoredEvent[] = [];
    if (limit < 1) return found;
    for await (const { position, text, onlyFor } of inOrder(this.#redis, asked, `(${behind}`, newest)) {
      const event = onlyFor === null ? eventOf(text) : null;
      if (event === null || (types !== undefined && !types.includes(event.type))) continue;
      if (subject !== undefined && event.subject !== subject) continue;
      found.push({ position, event });
      if (found.length >= limit) break;
    }
    return newest ? found.reverse() : found;
  }

  async deadLetters(group?: string): Promise<readonly DeadLetter[]> {
    const names = group === undefined ? (await this.groups()).map((each) => each.group) : [group];
    const letters = await Promise.all(names.map((name) => deadLettersOf(this.#redis, this.#keys, name)));
    return letters.flat().sort((a, b) => a.at - b.at);
  }

  async revive(ids: readonly string[]): Promise<number> {
    let revived = 0;
    for (const id of ids) {
      const [, group, position] = /^([^:]+):(\d{1,15}-\d{1,15})$/.exec(id) ?? [];
      if (group === undefined || position === undefined) continue;
      const keys = [this.#keys.last, ...this.#keys.streams, this.#keys.dead(group)];
      revived += (await this.#redis.run('revive', keys, group, position)) as number;
    }
    return revived;
  }

  async rewind(group: string, since: number, types?: readonly string[]): Promise<number> {
    if (types !== undefined) return this.#handAgain(group, since, types);
    const behind = lastBefore(since);
    const counts = await Promise.all(
      this.#keys.streams.map(async (stream) => {
        const mine = (await groupsOf(this.#redis, stream)).find(({ name }) => name === group);
        if (mine === undefined) return null;
        if (comparePositions(mine.lastDelivered, behind) > 0) {
          await this.#redis.ask('XGROUP', 'SETID', stream, group, behind);
        }
        return (await this.#redis.run('count', [stream], `(${behind}`, group)) as number;
      }),
    );
    if (counts.every((count) => count === null)) throw unknownGroup(group, await this.groups());
    return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  }

  groups(): Promise<readonly GroupStanding[]> {
    return standings(this.#redis, this.#keys);
  }

  trim(retention: Retention): Promise<readonly Loss[]> {
    return trimRedis(this.#redis, this.#keys, retention);
  }

  async close(): Promise<void> {
    await this.#consumers.close();
    this.#redis.close();
  }

  /** Copies for this group alone, of what was there when it began. */
  async #handAgain(group: string, since: number, types: readonly string[]): Promise<number> {
    const known = await this.groups();
    if (!known.some((each) => each.group === group)) throw unknownGroup(group, known);
    let count = 0;
    let part: Entry[] = [];
    const [last] = await this.read({ limit: 1, newest: true });
    for await (const stored of inOrder(this.#redis, this.#keys.streams, `(${lastBefore(since)}`, false)) {
      if (last === undefined || comparePositions(stored.position, last.position) > 0) break;
      const event = stored.onlyFor === null ? eventOf(stored.text) : null;
      if (event === null || !types.includes(event.type)) continue;
      part.push([partitionOf(event.subject), stored.text]);
      count += 1;
      if (part.length < mostAgain) continue;
      await this.#append(part, group);
      part = [];
    }
    if (part.length > 0) await this.#append(part, group);
    return count;
  }

  async #append(events: readonly Entry[], onlyFor = ''): Promise<void> {
    await this.#redis.run('publish', [this.#keys.last, ...this.#keys.streams], onlyFor, ...events.flat());
  }
}
