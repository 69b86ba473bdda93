import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { StateError } from '../domain/state-error.ts';
import type { Outbox } from '../ports.ts';
import { WorkerKeeper, type WorkerOptions } from '../sqlite/keeper.ts';
import type { OutboxBounds } from './bounds.ts';
import { OutboxLine } from './line.ts';

export interface OutboxWorkerOptions extends WorkerOptions {
  readonly sync: 'disk' | 'system';
  readonly bounds: OutboxBounds;
  /** The id of this opening. */
  readonly run: string;
}

interface SqliteOutboxOptions {
  readonly path: string;
  readonly sync: 'disk' | 'system';
  readonly bounds: OutboxBounds;
  /** The compiled worker, for those who run this file as TypeScript. */
  readonly worker?: URL;
  /** Milliseconds that a question waits for another process's lock: callers may be waiting for it. */
  readonly busyTimeout?: number;
}

/** Never rejects: a file that can't be used fails the questions, until it can. */
export async function openSqliteOutbox(options: SqliteOutboxOptions): Promise<Outbox> {
  const { sync, bounds, worker = new URL('./worker.js', import.meta.url), busyTimeout = 1_000 } = options;
  const line = new OutboxLine();
  const path = resolve(options.path);
  const keeper = new WorkerKeeper(worker, { path, sync, bounds, run: randomUUID(), busyTimeout }, line);
  await keeper.start().catch((error: Error) => line.disconnect(error));

  const close = async (): Promise<void> => {
    await line.ask({ kind: 'close' }).catch(() => {});
    line.disconnect(new StateError('closed', 'the outbox has been closed'));
    line.stop();
    await keeper.stop();
  };
  let closing: Promise<void> | null = null;

  return {
    async intend(intents) {
      await line.ask({ kind: 'intend', intents });
    },
    record: (answered) => line.ask({ kind: 'record', answered }),
    async add(events) {
      await line.ask({ kind: 'add', events });
    },
    async dismiss(ids) {
      await line.ask({ kind: 'dismiss', ids });
    },
    async leaveOpen(intents, reason) {
      await line.ask({ kind: 'leave-open', intents, reason });
    },
    uncertain: (limit) => line.ask({ kind: 'uncertain', limit }),
    settle: (settlement) => line.ask({ kind: 'settle', settlement }),
    settled: (limit) => line.ask({ kind: 'settled', limit }),
    take: (holder) => line.ask({ kind: 'take', holder }),
    async delivered(ids) {
      await line.ask({ kind: 'delivered', ids });
    },
    async yield(holder) {
      await line.ask({ kind: 'yield', holder });
    },
    standing: () => line.ask({ kind: 'standing' }),
    async prove() {
      await line.ask({ kind: 'prove' });
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
