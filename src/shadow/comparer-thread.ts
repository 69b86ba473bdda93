import { Worker } from 'node:worker_threads';
import type { ToHost, ToWorker, WorkerData } from './comparer-messages.ts';
import { type Stuck, sharedWatch, Watchdog } from './watchdog.ts';

interface ThreadOptions {
  readonly url: URL;
  /** MiB of the worker's old generation. */
  readonly heap: number;
  /** Milliseconds that one comparison may take. */
  readonly patience: number;
  /** Milliseconds before a worker is started anew, the first time and at most; doubled from death to death. */
  readonly rest: { readonly least: number; readonly most: number };
  readonly onMessage: (message: ToHost) => void;
  /** The worker is gone, with everything that it had in hand. `stuck`: what it was at when it was ended for that. */
  readonly onDeath: (reason: string, stuck: Stuck | null) => void;
  /** A worker is there: nothing has been posted to it. */
  readonly onStart: () => void;
  /** A worker may be had again. */
  readonly onRested: () => void;
}

/** One worker at a time: started when it is first wanted, ended when it is stuck, started anew after a rest. */
export class ComparerThread {
  readonly #options: ThreadOptions;
  #worker: Worker | null = null;
  #resting: NodeJS.Timeout | null = null;
  #watching: NodeJS.Timeout | null = null;
  #deaths = 0;
  #startedAt = 0;
  #closed = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#worker !== null;
  }

  /** Starts the worker unless it is there, or rests; says whether it is there. */
  want(): boolean {
    if (this.#worker === null && this.#resting === null && !this.#closed) this.#start();
    return this.#worker !== null;
  }

  post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  /** The process is to wait for what the worker still has to say. */
  hold(): void {
    this.#worker?.ref();
  }

  async stop(): Promise<void> {
    this.#closed = true;
    if (this.#resting !== null) clearTimeout(this.#resting);
    await this.#leave()?.terminate();
  }

  #start(): void {
    const { url, heap, patience, onMessage, onStart } = this.#options;
    const watched = sharedWatch();
    let worker: Worker;
    try {
      worker = new Worker(url, {
        workerData: { watched } satisfies WorkerData,
        resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
        // Nothing of ours is read by it, and a loader that suits the main thread need not suit this one.
        execArgv: [],
        env: {},
      });
    } catch (error) {
      this.#died(`it can't be started: ${messageOf(error)}`, null);
      return;
    }
    this.#worker = worker;
    this.#startedAt = performance.now();
    worker.unref();
    const watchdog = new Watchdog(watched, looks);
    let why: string | null = null;
    worker.on('message', (message: ToHost) => {
      if (worker === this.#worker) onMessage(message);
    });
    worker.on('error', (error) => {
      const code = (error as NodeJS.ErrnoException).code;
      why = code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out of memory' : messageOf(error);
    });
    worker.on('exit', (code) => {
      if (worker === this.#worker) this.#died(why ?? `exit code ${code}`, null);
    });
    this.#watching = setInterval(() => {
      const stuck = watchdog.look();
      if (stuck === null || worker !== this.#worker) return;
      this.#died(`one comparison took more than ${patience} ms`, stuck);
      void worker.terminate();
    }, patience / looks).unref();
    onStart();
  }

  #died(reason: string, stuck: Stuck | null): void {
    this.#leave();
    const { rest, onDeath, onRested } = this.#options;
    if (performance.now() - this.#startedAt > 60_000) this.#deaths = 0;
    const delay = Math.min(rest.most, rest.least * 2 ** this.#deaths);
    this.#deaths += 1;
    if (!this.#closed) {
      this.#resting = setTimeout(() => {
        this.#resting = null;
        onRested();
      }, delay).unref();
    }
    onDeath(reason, stuck);
  }

  #leave(): Worker | null {
    const worker = this.#worker;
    this.#worker = null;
    if (this.#watching !== null) clearInterval(this.#watching);
    this.#watching = null;
    return worker;
  }
}

/** How often the watchdog looks within its patience. */
const looks = 8;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
