import { randomUUID } from 'node:crypto';
import { BusError } from '../domain/bus-error.ts';
import { eventOf } from '../domain/event-text.ts';
import type { Clock } from '../ports.ts';
import { type Batch, type Delivery, type GroupSource, type Hold, type Holding, LostHold } from './group-source.ts';
import { Handled } from './handled.ts';
import type { RedisConnection } from './redis-connection.ts';
import { type RedisEntry, readEntry } from './redis-entry.ts';
import { makeGroup } from './redis-groups.ts';
import { type RedisKeys, readerName } from './redis-keys.ts';
import { fairShare } from './share.ts';

const mostOfBatch = 100;
const longestWait = 1_000;

export class RedisSource implements GroupSource {
  readonly lease: number;
  readonly #redis: RedisConnection;
  /** Waits for what is new, and does nothing else. */
  readonly #waiting: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #leases: readonly string[];
  readonly #group: string;
  readonly #consumer: string;
  readonly #clock: Clock;
  readonly #handled = new Handled(async ({ partition }, positions) => {
    await this.#redis.ask('XACK', this.#stream(partition), this.#group, ...positions);
  });
  /** By token: behind which pending entry to go on, or '' once there are none that others have left. */
  readonly #behind = new Map<string, string>();
  #isMade = false;
  #waitingId: number | null = null;
  #isWaiting = false;
  #waits = 0;
  #interrupts = 0;

  constructor(
    redis: RedisConnection,
    keys: RedisKeys,
    who: { group: string; consumer: string },
    lease: number,
    clock: Clock,
  ) {
    this.#redis = redis;
    this.#waiting = redis.another();
    this.#keys = keys;
    this.#group = who.group;
    this.#consumer = who.consumer;
    this.#leases = keys.leases(who.group);
    this.lease = lease;
    this.#clock = clock;
    this.#waiting.onReady((id) => {
      this.#waitingId = id;
    });
  }

  async hold(): Promise<Holding> {
    if (!this.#isMade) await makeGroup(this.#redis, this.#keys, this.#group);
    this.#isMade = true;
    const keys = [this.#keys.alive(this.#group), ...this.#leases];
    const [alive, leases] = (await this.#redis.run('renew', keys, this.#consumer, this.lease)) as [string[], string[]];
    const prefix = `${this.#consumer}:`;
    const held: Hold[] = [];
    const free: number[] = [];
    for (const [partition, value] of leases.entries()) {
      if (value.startsWith(prefix)) held.push({ partition, token: value.slice(prefix.length), failures: 0 });
      else if (value === '' || value === 'free') free.push(partition);
    }
    const share = fairShare(this.#consumer, alive);
    for (const partition of free.slice(0, Math.max(0, share - held.length))) {
      const taken = await this.#take(partition);
      if (taken !== null) held.push(taken);
    }
    this.#forget(held);
    return { held, surplus: Math.max(0, held.length - share) };
  }

  async read(idle: readonly Hold[]): Promise<readonly Batch[]> {
    this.#handled.flush();
    const interrupts = this.#interrupts;
    const found = await this.#next(idle).catch((error: unknown) => {
      this.#lookBack(idle);
      throw error;
    });
    if (found.batches.length > 0 || this.#interrupts !== interrupts) return found.batches;
    if (!(await this.#wait(idle, found.lasts, interrupts))) this.#lookBack(idle);
    return [];
  }

  interrupt(): void {
    this.#interrupts += 1;
    if (!this.#isWaiting || this.#waitingId === null) return;
    // Where this user may not, the wait ends by itself.
    void this.#unblock(this.#waits).catch(() => {});
  }

  /** It may arrive before what it is to end. */
  async #unblock(wait: number): Promise<void> {
    while (this.#isWaiting && this.#waits === wait) {
      if ((await this.#redis.ask('CLIENT', 'UNBLOCK', this.#waitingId ?? 0)) === 1) return;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  handled(hold: Hold, position: string): Promise<void> {
    return this.#handled.add(hold, position);
  }

  async failed(hold: Hold, position: string, failures: number): Promise<void> {
    this.#handled.flush();
    const words = [this.#value(hold), this.#group, readerName, position, failures];
    mustHold(await this.#redis.run('failed', this.#keysOf(hold), ...words));
  }

  async bury(hold: Hold, { position, text }: Delivery, failures: number, error: string): Promise<void> {
    this.#handled.flush();
    const keys = [...this.#keysOf(hold), this.#keys.dead(this.#group)];
    const letter = [text, failures, error, this.#clock.now(), hold.partition];
    mustHold(await this.#redis.run('bury', keys, this.#value(hold), this.#group, position, ...letter));
  }

  async release(hold: Hold): Promise<void> {
    this.#handled.flush();
    await this.#redis.run('release', [this.#leases[hold.partition]!], this.#value(hold));
  }

  async leave(): Promise<void> {
    this.#handled.flush();
    try {
      await this.#redis.run('release', this.#leases, this.#consumer);
      await this.#redis.ask('ZREM', this.#keys.alive(this.#group), this.#consumer);
    } finally {
      this.#waiting.close();
    }
  }

  async #take(partition: number): Promise<Hold | null> {
    const token = randomUUID();
    const words = [`${this.#consumer}:${token}`, this.lease, this.#group, readerName];
    const keys = [this.#leases[partition]!, this.#stream(partition)];
    const failures = (await this.#groupAsked(() => this.#redis.run('take', keys, ...words))) as number;
    if (failures < 0) return null;
    this.#behind.set(token, '0-0');
    return { partition, token, failures };
  }

  async #next(idle: readonly Hold[]): Promise<{ batches: Batch[]; lasts: string[] }> {
    const keys = idle.flatMap((hold) => this.#keysOf(hold));
    // Where it is not known how far it was read, it begins at what is pending.
    const states = idle.flatMap((hold) => [this.#value(hold), this.#behind.get(hold.token) ?? '0-0']);
    const words = [this.#group, readerName, mostOfBatch, ...states];
    const answer = (await this.#groupAsked(() => this.#redis.run('next', keys, ...words))) as Next[];
    const batches: Batch[] = [];
    const lasts: string[] = [];
    for (const [i, { partition, token }] of idle.entries()) {
      const [entries, behind = '', last = ''] = answer[i] ?? [];
      if (entries === undefined) {
        batches.push({ partition, token, deliveries: [], lost: true });
        continue;
      }
      this.#behind.set(token, behind);
      if (entries.length === 0) lasts.push(last);
      else batches.push({ partition, token, deliveries: this.#deliveries(partition, entries) });
    }
    return { batches, lasts };
  }

  /** What is only for other groups is handled by passing it over. */
  #deliveries(partition: number, entries: readonly RedisEntry[]): Delivery[] {
    const deliveries: Delivery[] = [];
    for (const entry of entries) {
      const { position, text, onlyFor } = readEntry(entry);
      if (onlyFor === null || onlyFor === this.#group) deliveries.push({ position, text, event: eventOf(text) });
      else void this.#redis.ask('XACK', this.#stream(partition), this.#group, position).catch(() => {});
    }
    return deliveries;
  }

  /** Until there is anything behind what was read; its contents are read by whoever holds the lease. */
  async #wait(idle: readonly Hold[], lasts: readonly string[], interrupts: number): Promise<boolean> {
    const streams = idle.map(({ partition }) => this.#stream(partition));
    this.#isWaiting = true;
    this.#waits += 1;
    try {
      const waiting = this.#waiting.ask('XREAD', 'COUNT', 1, 'BLOCK', longestWait, 'STREAMS', ...streams, ...lasts);
      if (this.#interrupts !== interrupts) this.interrupt();
      return (await waiting) !== null;
    } finally {
      this.#isWaiting = false;
    }
  }

  /**
   * Whatever was read for us by a question whose answer was lost is pending, and nobody knows of it. While nothing is
   * being handled, all that is pending is of that kind.
   */
  #lookBack(idle: readonly Hold[]): void {
    for (const { token } of idle) this.#behind.delete(token);
  }

  /** A group that is gone was lost with the data: it is made anew, and that is said. */
  async #groupAsked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error as Error).message.includes('NOGROUP')) throw error;
      this.#isMade = false;
      throw new BusError(
        'unavailable',
        `the group ${this.#group} is gone from Redis, and with it how far it was; it begins anew with what is kept there`,
      );
    }
  }

  #forget(held: readonly Hold[]): void {
    const tokens = new Set(held.map(({ token }) => token));
    for (const token of this.#behind.keys()) if (!tokens.has(token)) this.#behind.delete(token);
  }

  #stream(partition: number): string {
    return this.#keys.streams[partition]!;
  }

  #keysOf({ partition }: Hold): readonly string[] {
    return [this.#leases[partition]!, this.#stream(partition)];
  }

  #value({ token }: Hold): string {
    return `${this.#consumer}:${token}`;
  }
}

type Next = readonly [entries?: readonly RedisEntry[], behind?: string, last?: string];

function mustHold(held: unknown): void {
  if (held !== 1) throw new LostHold('somebody else has this partition now');
}
