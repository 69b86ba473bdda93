import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { EvidenceSettings } from '../domain/shadow.ts';
import { StateError } from '../domain/state-error.ts';
import type { Clock, Evidence } from '../ports.ts';
import { Asking } from '../sqlite/asking.ts';
import { WorkerKeeper, type WorkerOptions } from '../sqlite/keeper.ts';
import type { EvidenceAnswers, EvidenceAsk, EvidenceQuestion, EvidenceTold } from './evidence-protocol.ts';

export interface EvidenceWorkerOptions extends WorkerOptions {
  readonly limits: EvidenceSettings;
}

interface SqliteEvidenceOptions {
  readonly path: string;
  readonly limits: EvidenceSettings;
  readonly clock: Clock;
  /** The compiled worker, for those who run this file as TypeScript. */
  readonly worker?: URL;
  /** Milliseconds that a question waits for another process's lock: less than a batch is worth. */
  readonly busyTimeout?: number;
}

const pruneEvery = 60_000;

/** Evidence in a file, which is looked through every minute for what is too old. */
export interface SqliteEvidence extends Evidence {
  /** Lets go now of what lies outside of the bounds, and keeps what is older in longer spans. */
  prune(): Promise<void>;
}

/** Never rejects: a file that can't be used fails the questions, until it can. */
export async function openSqliteEvidence(options: SqliteEvidenceOptions): Promise<SqliteEvidence> {
  const { clock, worker = new URL('./evidence-worker.js', import.meta.url), busyTimeout = 1_000 } = options;
  const line = new EvidenceLine(options.limits);
  const path = resolve(options.path);
  const keeper = new WorkerKeeper(worker, { path, limits: options.limits, busyTimeout }, line);
  await keeper.start().catch((error: Error) => line.disconnect(error));

  const prune = async (): Promise<void> => {
    await line.ask({ kind: 'prune', now: clock.now() });
  };
  // What could not be done now is done the next time.
  const pruneSoon = (): void => void prune().catch(() => {});
  const pruning = setInterval(pruneSoon, pruneEvery).unref();

  const close = async (): Promise<void> => {
    clearInterval(pruning);
    await line.ask({ kind: 'close' }).catch(() => {});
    line.disconnect(new StateError('closed', 'the evidence has been closed'));
    await keeper.stop();
  };
  let closing: Promise<void> | null = null;

  return {
    async record(batch) {
      await line.ask({ kind: 'record', batch, now: clock.now() });
    },
    read: (query) => line.ask({ kind: 'read', query, now: clock.now() }),
    arms: (query) => line.ask({ kind: 'arms', query, now: clock.now() }),
    judge: (ids, judgement) => line.ask({ kind: 'judge', ids, judgement }),
    reset: (routes) => line.ask({ kind: 'reset', routes, now: clock.now() }),
    limit(settings) {
      if (isDeepStrictEqual(settings, line.limits)) return;
      line.limits = settings;
      void line.catchUp();
      pruneSoon();
    },
    prune,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** The asking end; it outlives the thread at the other one. */
class EvidenceLine {
  readonly #asking = new Asking<EvidenceQuestion, EvidenceAnswers>('evidence');
  limits: EvidenceSettings;

  constructor(limits: EvidenceSettings) {
    this.limits = limits;
  }

  connect(post: (ask: EvidenceAsk) => void): void {
    this.#asking.connect((id, question) => post({ id, question }));
  }

  disconnect(why: Error): void {
    this.#asking.disconnect(why);
  }

  hear(told: EvidenceTold): void {
    if ('failure' in told) this.#asking.failed(told.id, told.failure);
    else this.#asking.answered(told.id, told.answer);
  }

  /** A new thread knows only the bounds of the beginning. */
  async catchUp(): Promise<void> {
    await this.ask({ kind: 'limit', limits: this.limits }).catch(() => {});
  }

  ask<K extends EvidenceQuestion['kind']>(question: Extract<EvidenceQuestion, { kind: K }>) {
    return this.#asking.ask<K>(question);
  }
}
