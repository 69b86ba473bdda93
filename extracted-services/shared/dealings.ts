/** How a service takes part in what several of them do together: what it listens to, and what it has to say. */
import type { Database } from 'better-sqlite3';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import type { EventBus } from '../../src/ports.ts';
import { openInbox } from './inbox.ts';
import { type Outbox, openOutbox } from './outbox.ts';

export interface Tools {
  readonly db: Database;
  readonly outbox: Pick<Outbox, 'add'>;
  /** What was said on the command line. */
  readonly options: Readonly<Record<string, string>>;
}

/** One service's part. */
export interface Part {
  readonly types: readonly string[];
  /** Called once for each event, in a transaction with the note that it was had. What it throws makes the event come again. */
  hear(event: CloudEvent): void;
  /** No new request comes in: let those go that wait for something. */
  drain?(): void;
  stop?(): Promise<void>;
}

export interface Dealings<P extends Part> {
  readonly part: P;
  /** For `/healthz`. */
  health(): EventHealth;
  stop(): Promise<void>;
}

export interface EventHealth {
  /** `ok`, or what the bus says is wrong. */
  readonly bus: string;
  /** Messages that the bus has not taken yet. */
  readonly outbox: number;
}

/** Beyond it an event isn't known any more; a bus keeps nothing for as long as that. */
const rememberedFor = 30 * 24 * 3_600_000;

/** Takes part over `bus` from here on; what was under way when this service ended last is taken up again. */
export function takePart<P extends Part>(
  name: string,
  bus: EventBus,
  { db, options }: Omit<Tools, 'outbox'>,
  make: (tools: Tools) => P,
): Dealings<P> {
  const outbox = openOutbox(db, `/services/${name}`, (events) => bus.publish(events));
  const inbox = openInbox(db);
  inbox.forgetBefore(new Date(Date.now() - rememberedFor).toISOString());
  const part = make({ db, outbox, options });

  let consuming: string | null = null;
  const consumer = bus.consume(
    {
      group: `${name}-saga`,
      types: part.types,
      onTrouble: (error) => {
        consuming = error === null ? null : error.message;
        if (error !== null) console.error(`${name}: the bus: ${error.message}`);
      },
    },
    async (event) => void inbox.once(event, () => part.hear(event)),
  );

  return {
    part,
    health: () => ({ bus: consuming ?? outbox.trouble ?? 'ok', outbox: outbox.waiting() }),
    async stop() {
      await consumer.stop();
      await part.stop?.();
      await outbox.stop();
    },
  };
}
