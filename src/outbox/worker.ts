/** The thread that owns the outbox file: no request waits for its disk but those that are to. */
import { hostname } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { toFailure } from '../sqlite/failure.ts';
import type { Started } from '../sqlite/keeper.ts';
import type { OutboxAsk, OutboxTold } from './protocol.ts';
import { beatEvery } from './runs.ts';
import type { OutboxWorkerOptions } from './sqlite.ts';
import { OutboxStore } from './sqlite-store.ts';

const pruneEvery = 60_000;

/** One transaction holds the thread, and the lock, no longer than so many questions take. */
const mostAtOnce = 1_000;

function start(port: NonNullable<typeof parentPort>, options: OutboxWorkerOptions): void {
  const { path, sync, bounds, run, busyTimeout } = options;
  const self = { id: run, pid: process.pid, host: hostname(), started: Date.now() };
  const store = new OutboxStore(path, sync, bounds, self, busyTimeout);
  const waiting: OutboxAsk[] = [];
  let scheduled = false;

  function answerAll(): void {
    scheduled = false;
    const asked = waiting.splice(0, mostAtOnce);
    port.postMessage(answersTo(store, asked));
    if (waiting.length > 0) schedule();
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    // What else has come by then goes along.
    setImmediate(answerAll);
  }

  port.on('message', (asked: readonly OutboxAsk[]) => {
    waiting.push(...asked);
    schedule();
  });
  const quietly = (work: () => void): void => {
    try {
      work();
    } catch {
      // Whoever asks next is told.
    }
  };
  const live = (): void => quietly(() => store.live(Date.now()));
  live();
  setInterval(live, beatEvery);
  setInterval(() => void prune(store), pruneEvery);
  port.postMessage({ started: null } satisfies Started);
}

/** All in one transaction; where it fails nothing of it has been done. */
function answersTo(store: OutboxStore, asked: readonly OutboxAsk[]): readonly OutboxTold[] {
  const now = Date.now();
  try {
    const answers = store.answer(
      asked.map(({ question }) => question),
      now,
    );
    if (asked.some(({ question }) => question.kind === 'close')) store.close(now);
    return asked.map(({ id }, index) => {
      const answer = answers[index]!;
      return answer instanceof Error ? { id, failure: toFailure(answer) } : { id, answer };
    });
  } catch (error) {
    const failure = toFailure(error);
    return asked.map(({ id }) => ({ id, failure }));
  }
}

async function prune(store: OutboxStore): Promise<void> {
  try {
    while (store.prune(Date.now())) await nextTurn();
  } catch {
    // What could not be done now is done the next time.
  }
}

if (parentPort === null) throw new Error('outbox/worker is started by openSqliteOutbox');
start(parentPort, workerData as OutboxWorkerOptions);
