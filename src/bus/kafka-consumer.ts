import type { Consumer, Message } from '@platformatic/kafka';
import type { CloudEvent } from '../domain/cloud-event.ts';
import { eventOf } from '../domain/event-text.ts';
import type { EventConsumer, Subscription } from '../ports.ts';
import { headersOf, onlyFor } from './kafka-message.ts';
import { Pause } from './pause.ts';

export interface KafkaParts {
  readonly topic: string;
  /** Makes a client that is a member of the group. */
  member(): Consumer;
  bury(text: string, attempts: number, error: string): Promise<void>;
  explain(error: unknown): Error;
}

const afterTrouble = 1_000;
const longestBackoff = 60_000;
const mostUnderWay = 500;

/** A member of one of Kafka's own groups, which gives it its partitions; it handles one event of each at a time. */
export class KafkaGroupConsumer implements EventConsumer {
  readonly #parts: KafkaParts;
  readonly #subscription: Subscription;
  readonly #handle: (event: CloudEvent) => Promise<void>;
  readonly #pause = new Pause();
  readonly #running: Promise<void>;
  /** What comes next in each partition waits for what came before. */
  readonly #chains = new Map<number, Promise<void>>();
  readonly #room = new Pause();
  #underWay = 0;
  #member: Consumer | null = null;
  #stopping: Promise<void> | null = null;
  #told: string | null = null;

  constructor(parts: KafkaParts, subscription: Subscription, handle: (event: CloudEvent) => Promise<void>) {
    this.#parts = parts;
    this.#subscription = subscription;
    this.#handle = handle;
    this.#running = this.#run();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    this.#pause.end();
    this.#room.end();
    await Promise.all(this.#chains.values());
    if (this.#member !== null) await leave(this.#member);
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#stopping === null) {
      const member = this.#parts.member();
      this.#member = member;
      try {
        await this.#consume(member);
      } catch (error) {
        if (this.#stopping === null) this.#tell(this.#parts.explain(error));
      }
      await Promise.all(this.#chains.values());
      await leave(member);
      if (this.#stopping === null) await this.#pause.for(afterTrouble);
    }
  }

  async #consume(member: Consumer): Promise<void> {
    const messages = await member.consume({
      topics: [this.#parts.topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
    });
    this.#tell(null);
    for await (const message of messages) {
      if (this.#stopping !== null) return;
      this.#underWay += 1;
      const before = this.#chains.get(message.partition) ?? Promise.resolve();
      const chain = before.then(() => this.#settle(member, message));
      // A failure to commit or to bury ends this membership: the next one begins at what was committed.
      const ended = chain
        .catch((error: unknown) => void messages.destroy(error as Error))
        .finally(() => {
          this.#underWay -= 1;
          this.#room.nudge();
        });
      this.#chains.set(message.partition, ended);
      while (this.#underWay >= mostUnderWay && this.#stopping === null) await this.#room.for(afterTrouble);
    }
  }

  async #settle(member: Consumer, message: Message): Promise<void> {
    const isOurs = (): boolean =>
      this.#stopping === null &&
      this.#member === member &&
      (member.assignments ?? []).some(({ partitions }) => partitions.includes(message.partition));
    const text = message.value?.toString() ?? '';
    const { attempts = 5, backoff = 200 } = this.#subscription;
    for (let failures = 0; isOurs(); ) {
      const error = await this.#try(message, text);
      if (error === null) break;
      failures += 1;
      if (error.isFinal || failures >= Math.max(1, attempts)) {
        await this.#parts.bury(text, failures, error.message);
        break;
      }
      await this.#pause.for(Math.min(backoff * 2 ** (failures - 1), longestBackoff));
      if (!isOurs()) return;
    }
    if (this.#member === member) await message.commit();
  }

  async #try({ headers }: Message, text: string): Promise<{ message: string; isFinal: boolean } | null> {
    if ((onlyFor(headersOf(headers)) ?? this.#subscription.group) !== this.#subscription.group) return null;
    const event = eventOf(text);
    if (event === null) return { message: 'this is no CloudEvent 1.0 in JSON', isFinal: true };
    if (this.#subscription.types !== undefined && !this.#subscription.types.includes(event.type)) return null;
    try {
      await this.#handle(event);
      return null;
    } catch (error) {
      return { message: (error instanceof Error ? error.message : String(error)) || 'it failed', isFinal: false };
    }
  }

  #tell(error: Error | null): void {
    const message = error?.message ?? null;
    if (message === this.#told) return;
    this.#told = message;
    this.#subscription.onTrouble?.(error);
  }
}

/** With what it still reads; a broker that is away finds out by itself. */
async function leave(member: Consumer): Promise<void> {
  try {
    await member.close(true);
  } catch {
    // It was never a member, or is none any more.
  }
}
