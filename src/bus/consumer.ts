import type { CloudEvent } from '../domain/cloud-event.ts';
import type { EventConsumer, Subscription } from '../ports.ts';
import type { GroupSource, Hold, Holding } from './group-source.ts';
import { HeldPartition, type PartitionOwner, type Terms } from './held-partition.ts';
import { type Lapse, lapseAfter } from './lapse.ts';
import { Pause } from './pause.ts';

const longestBeat = 1_000;
const afterTrouble = 250;

/**
 * One consumer of a group. Two loops keep it going: one says that it is alive and hears what it holds, the other
 * reads what comes next wherever it has nothing to do.
 */
export class GroupConsumer implements EventConsumer {
  readonly #source: GroupSource;
  readonly #handle: (event: CloudEvent) => Promise<void>;
  readonly #terms: Terms;
  readonly #onTrouble: (error: Error | null) => void;
  readonly #held = new Map<number, HeldPartition>();
  /** Those that are ours no more, or that we give up, until what they handle is done. */
  readonly #ending = new Map<number, Promise<void>>();
  readonly #leaving = new Set<number>();
  readonly #beat = new Pause();
  readonly #news = new Pause();
  #reading: Promise<void> = Promise.resolve();
  readonly #loops: Promise<unknown>;
  readonly #troubles: Record<'beat' | 'read', Error | null> = { beat: null, read: null };
  #told: Error | null = null;
  #stopping: Promise<void> | null = null;

  constructor(source: GroupSource, subscription: Subscription, handle: (event: CloudEvent) => Promise<void>) {
    const { types, attempts = 5, backoff = 200, onTrouble = () => {} } = subscription;
    this.#source = source;
    this.#handle = handle;
    this.#terms = { types: types === undefined ? null : new Set(types), attempts: Math.max(1, attempts), backoff };
    this.#onTrouble = onTrouble;
    this.#loops = Promise.all([this.#beatOn(), this.#readOn()]);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#leave();
    return this.#stopping;
  }

  async #leave(): Promise<void> {
    for (const held of this.#held.values()) void this.#end(held);
    this.#beat.end();
    this.#news.end();
    this.#source.interrupt();
    await this.#loops;
    await Promise.all(this.#ending.values());
    // Who can't be told finds out when the leases have run out.
    await this.#source.leave().catch(() => {});
  }

  async #beatOn(): Promise<void> {
    const every = Math.min(longestBeat, this.#source.lease / 3);
    while (this.#stopping === null) {
      try {
        const hasLapsed = lapseAfter(this.#source.lease);
        const holding = await this.#source.hold();
        if (this.#stopping !== null) return;
        this.#take(holding, hasLapsed);
        await this.#giveUp(holding.surplus);
        this.#tell('beat', null);
      } catch (error) {
        this.#tell('beat', error as Error);
      }
      await this.#beat.for(every);
    }
  }

  async #readOn(): Promise<void> {
    while (this.#stopping === null) {
      const idle = [...this.#held.values()].filter((held) => held.isIdle);
      if (idle.length === 0) {
        await this.#news.for(longestBeat);
        continue;
      }
      this.#reading = this.#read(idle.map(({ hold }) => hold));
      await this.#reading;
    }
  }

  async #read(idle: readonly Hold[]): Promise<void> {
    try {
      for (const batch of await this.#source.read(idle)) {
        const held = this.#held.get(batch.partition);
        if (held?.hold.token !== batch.token) continue;
        if (batch.lost !== true) {
          held.take(batch);
          continue;
        }
        this.#end(held);
        this.#beat.nudge();
      }
      this.#tell('read', null);
    } catch (error) {
      this.#tell('read', error as Error);
      await this.#news.for(afterTrouble);
    }
  }

  #take({ held }: Holding, hasLapsed: Lapse): void {
    const now = new Map(held.map((hold) => [hold.partition, hold]));
    for (const [partition, mine] of this.#held) {
      if (!now.has(partition)) this.#end(mine);
    }
    for (const hold of now.values()) {
      const mine = this.#held.get(hold.partition);
      if (mine === undefined || mine.hold.token !== hold.token) {
        if (mine !== undefined) this.#end(mine);
        if (!this.#leaving.has(hold.partition)) this.#begin(hold, hasLapsed);
      } else if (mine.isOver) {
        // It broke off: what was not told to be handled is read again, by whoever takes it next.
        this.#release(mine);
      } else {
        mine.renew(hasLapsed);
      }
    }
  }

  #begin(hold: Hold, hasLapsed: Lapse): void {
    const owner: PartitionOwner = {
      idle: () => {
        this.#news.nudge();
        this.#source.interrupt();
      },
      lost: () => this.#beat.nudge(),
      trouble: (error) => this.#tell('read', error),
    };
    const parts = { source: this.#source, terms: this.#terms, handle: this.#handle, owner };
    const after = this.#ending.get(hold.partition) ?? Promise.resolve();
    this.#held.set(hold.partition, new HeldPartition(parts, hold, hasLapsed, after));
  }

  /** What it is handling goes on; nothing of its partition is begun before that is over. */
  #end(held: HeldPartition): Promise<void> {
    const { partition } = held.hold;
    this.#held.delete(partition);
    const ended = held.end().then(() => {
      if (this.#ending.get(partition) === ended) this.#ending.delete(partition);
    });
    this.#ending.set(partition, ended);
    return ended;
  }

  #release(held: HeldPartition): void {
    const { partition } = held.hold;
    this.#leaving.add(partition);
    this.#end(held)
      .then(() => this.#source.release(held.hold))
      .then(() => this.#tell('read', null))
      .catch((error: Error) => this.#tell('read', error))
      .finally(() => {
        this.#leaving.delete(partition);
        this.#beat.nudge();
      });
  }

  /** Those first that have nothing to do. A read that asks for them ends before. */
  async #giveUp(surplus: number): Promise<void> {
    const count = surplus - this.#leaving.size;
    if (count <= 0) return;
    const leaving = [...this.#held.values()].sort((a, b) => Number(b.isIdle) - Number(a.isIdle)).slice(0, count);
    for (const held of leaving) void held.end();
    this.#source.interrupt();
    await this.#reading;
    for (const held of leaving) this.#release(held);
  }

  #tell(where: 'beat' | 'read', error: Error | null): void {
    this.#troubles[where] = error;
    const now = this.#troubles.beat ?? this.#troubles.read;
    if (now?.message === this.#told?.message) return;
    this.#told = now;
    this.#onTrouble(now);
  }
}
