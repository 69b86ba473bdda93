/** The thread that owns the control database, so that a slow disk or a held lock never stops a request. */
import { parentPort, workerData } from 'node:worker_threads';
import { toFailure } from '../sqlite/failure.ts';
import type { Started, WorkerOptions } from '../sqlite/keeper.ts';
import { answerFor, type Holder } from './answer.ts';
import type { Told } from './protocol.ts';
import { SqliteStore } from './sqlite-store.ts';

/** A fifth of the second in which a shift has to be live everywhere. */
const pollEvery = 200;

function start(port: NonNullable<typeof parentPort>, { path, busyTimeout }: WorkerOptions): void {
  let store: SqliteStore;
  try {
    store = new SqliteStore(path, busyTimeout);
  } catch (error) {
    port.postMessage({ started: toFailure(error) } satisfies Started);
    return;
  }
  const polling = setInterval(() => store.poll(), pollEvery);
  const holder: Holder = {
    read: () => store.read(),
    rollouts: () => store.rollouts(),
    change: (change, now) => store.change(change, now),
    history: (query) => store.history(query),
    watch: (onContents, onTrouble) => store.watch(onContents, onTrouble),
    close: () => {
      clearInterval(polling);
      store.close();
    },
  };
  const end = answerFor(holder, (told: Told) => port.postMessage(told));
  port.on('message', end.hear);
  port.postMessage({ started: null } satisfies Started);
}

if (parentPort === null) throw new Error('sqlite-worker is started by openSqliteState');
start(parentPort, workerData as WorkerOptions);
