/** The thread that owns the events file: see `state/sqlite-worker.ts`, which owns another one. */
import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { toFailure } from '../sqlite/failure.ts';
import type { Started } from '../sqlite/keeper.ts';
import type { BusAnswers, BusAsk, BusQuestion, BusTold, BusWorkerOptions } from './sqlite-protocol.ts';
import { SqliteBusStore } from './sqlite-store.ts';

/** How late an event may be that another process has published. */
const pollEvery = 20;
const longestWait = 1_000;

type Asked<K extends BusQuestion['kind']> = {
  readonly id: number;
  readonly question: Extract<BusQuestion, { kind: K }>;
};

class BusWorker {
  readonly #store: SqliteBusStore;
  readonly #post: (told: BusTold) => void;
  #writes: Asked<'publish' | 'handled'>[] = [];
  /** Reads that found nothing, until something may have come. */
  #waiting: (Asked<'read-on'> & { readonly until: number })[] = [];
  #polling: NodeJS.Timeout | null = null;
  #version = '';

  constructor(store: SqliteBusStore, post: (told: BusTold) => void) {
    this.#store = store;
    this.#post = post;
  }

  /** In the order in which they were asked, but for a trimming, which takes its time. */
  hear({ id, question }: BusAsk): void {
    if (question.kind === 'publish' || question.kind === 'handled') {
      if (this.#writes.length === 0) setImmediate(() => this.#write());
      this.#writes.push({ id, question });
      return;
    }
    if (question.kind === 'trim') {
      void this.#trim({ id, question });
      return;
    }
    if (this.#writes.length > 0) this.#write();
    if (question.kind === 'read-on') {
      this.#readOn({ id, question, until: performance.now() + longestWait });
    } else if (question.kind === 'interrupt') {
      this.#interrupt(question.consumer);
      this.#post({ id, answer: null });
    } else {
      this.#answer(id, () => this.#store.answer(question));
      if (question.kind === 'close') this.#stopPolling();
      else if (question.kind === 'revive' || question.kind === 'rewind') this.#wake();
    }
  }

  #answer(id: number, work: () => BusAnswers[keyof BusAnswers]): void {
    try {
      this.#post({ id, answer: work() });
    } catch (error) {
      this.#post({ id, failure: toFailure(error) });
    }
  }

  #write(): void {
    const writes = this.#writes;
    this.#writes = [];
    if (writes.length === 0) return;
    try {
      const answers = this.#store.write(writes.map(({ question }) => question));
      writes.forEach(({ id }, i) => {
        this.#post({ id, answer: answers[i] as null | boolean });
      });
    } catch (error) {
      const failure = toFailure(error);
      for (const { id } of writes) this.#post({ id, failure });
    }
    if (writes.some(({ question }) => question.kind === 'publish')) this.#wake();
  }

  #readOn(read: Asked<'read-on'> & { readonly until: number }): void {
    this.#answerOrWait([read]);
    if (this.#waiting.length > 0 && this.#polling === null) {
      this.#polling = setInterval(() => this.#poll(), pollEvery);
    }
  }

  #answerOrWait(reads: readonly (Asked<'read-on'> & { readonly until: number })[]): void {
    for (const read of reads) {
      const { id, question, until } = read;
      try {
        const batches = this.#store.next(question, question.idle);
        if (batches.length > 0 || performance.now() >= until) this.#post({ id, answer: batches });
        else this.#waiting.push(read);
      } catch (error) {
        this.#post({ id, failure: toFailure(error) });
      }
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#answerOrWait(waiting);
  }

  /** A version that can't be asked for is a trouble that the reads themselves tell of. */
  #poll(): void {
    if (this.#waiting.length === 0) {
      this.#stopPolling();
      return;
    }
    const version = this.#tryVersion();
    const isNews = version === null || version !== this.#version;
    this.#version = version ?? '';
    if (isNews || this.#waiting.some(({ until }) => performance.now() >= until)) this.#wake();
  }

  #tryVersion(): string | null {
    try {
      return this.#store.version();
    } catch {
      return null;
    }
  }

  #stopPolling(): void {
    if (this.#polling !== null) clearInterval(this.#polling);
    this.#polling = null;
  }

  #interrupt(consumer: string): void {
    const isTheirs = ({ question }: Asked<'read-on'>): boolean => question.consumer === consumer;
    for (const { id } of this.#waiting.filter(isTheirs)) this.#post({ id, answer: [] });
    this.#waiting = this.#waiting.filter((read) => !isTheirs(read));
  }

  async #trim({ id, question }: Asked<'trim'>): Promise<void> {
    try {
      const steps = this.#store.trimming(question.retention, question.now);
      for (;;) {
        const step = steps.next();
        if (step.done === true) {
          this.#post({ id, answer: step.value });
          return;
        }
        await turn();
      }
    } catch (error) {
      this.#post({ id, failure: toFailure(error) });
    }
  }
}

function start(port: NonNullable<typeof parentPort>, options: BusWorkerOptions): void {
  let store: SqliteBusStore;
  try {
    store = new SqliteBusStore(options);
  } catch (error) {
    port.postMessage({ started: toFailure(error) } satisfies Started);
    return;
  }
  const worker = new BusWorker(store, (told) => port.postMessage(told));
  port.on('message', (ask: BusAsk) => worker.hear(ask));
  port.postMessage({ started: null } satisfies Started);
}

if (parentPort === null) throw new Error('sqlite-worker is started by openSqliteBus');
start(parentPort, workerData as BusWorkerOptions);
