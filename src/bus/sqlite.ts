import { resolve } from 'node:path';
import { BusError } from '../domain/bus-error.ts';
import { eventOf, eventText } from '../domain/event-text.ts';
import { StateError } from '../domain/state-error.ts';
import type { Clock } from '../ports.ts';
import { WorkerKeeper } from '../sqlite/keeper.ts';
import { Consumers } from './consumers.ts';
import { letterEvent } from './dead-letter.ts';
import { partitionOf } from './partition.ts';
import type { TrimmedBus } from './retention.ts';
import { BusLine, toBusError } from './sqlite-line.ts';
import type { BusWorkerOptions } from './sqlite-protocol.ts';
import { SqliteSource } from './sqlite-source.ts';
import { unknownGroup } from './unknown-group.ts';

export interface SqliteBusOptions {
  /** The events file; its folder and the file are made when they are not there. */
  readonly path: string;
  readonly clock: Clock;
  /** Whether `publish` waits for the disk, or only for the operating system. */
  readonly sync: 'disk' | 'system';
  /** ms after which a consumer that says nothing is taken for dead. */
  readonly lease: number;
  /** The compiled worker, for those who run this file as TypeScript. */
  readonly worker?: URL;
  /** Milliseconds that a write waits for another process's lock. */
  readonly busyTimeout?: number;
}

/** Rejects with a {@link BusError} when the file can't be opened, or is none that this version knows. */
export async function openSqliteBus(options: SqliteBusOptions): Promise<TrimmedBus> {
  const { clock, sync, lease, worker = new URL('./sqlite-worker.js', import.meta.url), busyTimeout = 5_000 } = options;
  const line = new BusLine();
  const keeper = new WorkerKeeper<BusWorkerOptions>(worker, { path: resolve(options.path), busyTimeout, sync }, line);
  await keeper.start().catch((error: unknown) => {
    throw toBusError(error);
  });
  const consumers = new Consumers();

  const close = async (): Promise<void> => {
    await consumers.close();
    // A worker that can't answer has nothing more to say: what it acknowledged is on the disk.
    await line.ask({ kind: 'close' }).catch(() => {});
    line.disconnect(new StateError('closed', 'the bus has been closed'));
    await keeper.stop();
  };
  let closing: Promise<void> | null = null;

  return {
    async publish(events) {
      if (events.length === 0) return;
      const rows = events.map((event) => {
        const body = eventText(event);
        return { partition: partitionOf(event.subject), type: event.type, subject: event.subject, body };
      });
      await line.ask({ kind: 'publish', rows, now: clock.now() });
    },
    consume: (subscription, handle) =>
      consumers.add(subscription, handle, (consumer) => {
        return new SqliteSource(line, { group: subscription.group, consumer }, lease, clock);
      }),
    async read(query) {
      if (query.after !== undefined && !/^\d{1,15}$/.test(query.after)) {
        throw new BusError('refused', `${JSON.stringify(query.after)} is no position in this stream`);
      }
      const stored = await line.ask({ kind: 'read', query });
      return stored.flatMap(({ position, text }) => {
        const event = eventOf(text);
        return event === null ? [] : [{ position, event }];
      });
    },
    async deadLetters(group) {
      const letters = await line.ask({ kind: 'dead-letters', group: group ?? null });
      return letters.map(({ text, ...letter }) => ({ ...letter, event: letterEvent(text, letter.at) }));
    },
    revive: (ids) => line.ask({ kind: 'revive', ids, now: clock.now() }),
    async rewind(group, since, types) {
      const count = await line.ask({ kind: 'rewind', group, since, types: types ?? null, now: clock.now() });
      if (count === null) throw unknownGroup(group, await line.ask({ kind: 'groups' }));
      return count;
    },
    groups: () => line.ask({ kind: 'groups' }),
    trim: (retention) => line.ask({ kind: 'trim', retention, now: clock.now() }),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
