import { Worker } from 'node:worker_threads';
import { StateError } from '../domain/state-error.ts';
import { type Failure, fromFailure } from './failure.ts';

export interface WorkerOptions {
  readonly path: string;
  /** Milliseconds that a change waits for another process's lock. */
  readonly busyTimeout: number;
}

/** The worker's first word: why it could not open the database, or `null`. */
export interface Started {
  readonly started: Failure | null;
}

/** Whoever asks the worker: see `Line`. */
interface Kept {
  connect(post: (message: object) => void): void;
  disconnect(why: Error): void;
  hear(message: never): void;
  /** Called once a new worker has taken the place of another. */
  catchUp(): Promise<void>;
}

const restartAfter = 1_000;
/** A worker that lived this long had recovered: what ends it later is another trouble. */
const recoveredAfter = 60_000;
const maxRestarts = 60;

/** Keeps one worker on the line: one that dies is replaced after a second, up to a minute of failures in a row. */
export class WorkerKeeper<Options extends WorkerOptions> {
  readonly #script: URL;
  readonly #options: Options;
  readonly #line: Kept;
  #worker: Worker | null = null;
  #restart: NodeJS.Timeout | null = null;
  #restarts = 0;
  #stopped = false;

  constructor(script: URL, options: Options, line: Kept) {
    this.#script = script;
    this.#options = options;
    this.#line = line;
  }

  /** Rejects when the database can't be opened; only a worker that had started is ever replaced. */
  start(): Promise<void> {
    const worker = new Worker(this.#script, { workerData: this.#options, execArgv: [] });
    const bornAt = performance.now();
    let crash: unknown = null;
    let running = false;
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: Started | object) => {
        if (!('started' in message)) {
          this.#line.hear(message as never);
        } else if (message.started === null) {
          running = true;
          this.#line.connect((message) => worker.postMessage(message));
          resolve();
        } else {
          crash = fromFailure(message.started);
        }
      });
      worker.on('error', (error) => {
        crash = error;
      });
      worker.on('exit', () => {
        if (this.#stopped) resolve();
        else if (!running) reject(this.#explain(crash, 'could not start'));
        else this.#lost(this.#explain(crash, 'ended unexpectedly'), performance.now() - bornAt);
      });
    });
  }

  /** The line's questions are to be answered before. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    await this.#worker?.terminate();
  }

  #lost(error: Error, lived: number): void {
    if (lived >= recoveredAfter) this.#restarts = 0;
    this.#line.disconnect(error);
    this.#replaceLater();
  }

  #replaceLater(): void {
    if (this.#stopped) return;
    if (this.#restarts >= maxRestarts) {
      const given = `the worker that owns ${this.#options.path} ended ${maxRestarts} times in a row; restart the process`;
      this.#line.disconnect(new StateError('unavailable', given));
      return;
    }
    this.#restarts += 1;
    this.#restart = setTimeout(() => void this.#replace(), restartAfter);
  }

  async #replace(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      this.#line.disconnect(error as Error);
      this.#replaceLater();
      return;
    }
    // When this fails, the new worker has ended too, and its own end sets off the next attempt.
    await this.#line.catchUp().catch(() => {});
  }

  #explain(crash: unknown, what: string): Error {
    if (crash instanceof StateError) return crash;
    const why = crash instanceof Error ? ` (${crash.message})` : '';
    const sentence = `the worker that owns ${this.#options.path} ${what}${why}`;
    return new StateError('unavailable', `${sentence}; a change without an answer may or may not have been made`);
  }
}
