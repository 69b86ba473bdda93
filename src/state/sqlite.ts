import { resolve } from 'node:path';
import { StateError } from '../domain/state-error.ts';
import type { Clock, State } from '../ports.ts';
import { WorkerKeeper } from '../sqlite/keeper.ts';
import { Line } from './line.ts';
import { pageSize } from './page-size.ts';

interface SqliteOptions {
  /** The control database; its folder and the file are made when they are not there. */
  readonly path: string;
  readonly clock: Clock;
  /** The compiled worker, for those who run this file as TypeScript. */
  readonly worker?: URL;
  /** Milliseconds that a change waits for another process's lock. */
  readonly busyTimeout?: number;
}

/** Rejects with a {@link StateError} when the file can't be opened, or is not a state that this version knows. */
export async function openSqliteState(options: SqliteOptions): Promise<State> {
  const { clock, worker = new URL('./sqlite-worker.js', import.meta.url), busyTimeout = 5_000 } = options;
  const line = new Line();
  const keeper = new WorkerKeeper(worker, { path: resolve(options.path), busyTimeout }, line);
  await keeper.start();

  const close = async (): Promise<void> => {
    // A worker that can't answer has nothing more to say: what it acknowledged is on the disk.
    await line.ask({ kind: 'close' }).catch(() => {});
    line.disconnect(new StateError('closed', 'the state has been closed'));
    line.watchers.clear();
    await keeper.stop();
  };
  let closing: Promise<void> | null = null;

  return {
    read: () => line.ask({ kind: 'read' }),
    rollouts: () => line.ask({ kind: 'rollouts' }),
    change: (change) => line.change(change, clock.now()),
    history: (query) => line.ask({ kind: 'history', query: { ...query, limit: pageSize(query.limit) } }),
    watch: (listener, onTrouble) => line.watchers.add(listener, onTrouble),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
