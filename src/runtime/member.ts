import cluster from 'node:cluster';
import type { LiveRoute } from '../domain/live.ts';
import type { ListenSettings, Settings } from '../domain/settings.ts';
import type { ProcessFigures } from '../events/metrics.ts';
import type { Drained } from './front.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** ms that a question waits for a worker; one that is too busy is told by what it said last. */
const answerWithin = 1000;

/** ms beyond its drain that a worker is given, to compare what it has in hand and to say what it counted. */
const lastWords = 3000;

/** What a member tells of its own accord. */
type Report = Exclude<FromWorker, { type: 'figures' | 'drained' }>;

export interface InForce {
  readonly settings: Settings;
  readonly live: readonly LiveRoute[];
}

/** One worker process, from its fork to its exit. What it is told before it is ready may be lost. */
export class Member {
  readonly #worker = cluster.fork();
  readonly #startedAt = Date.now();
  readonly #answered = new Map<number, (figures: ProcessFigures) => void>();
  /** How it ended: a signal's name, or its exit code in words. */
  readonly ended: Promise<string>;
  #ready = false;
  #settings: Settings | null = null;
  #last: ProcessFigures | null = null;
  #drained: Drained = { finished: 0, cut: 0 };
  #questions = 0;

  constructor(hear: (report: Report) => void) {
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      // What could not even be spawned never exits.
      this.#worker.process.once('error', (error) => {
        if (this.#worker.process.pid === undefined) resolve(error.message);
      });
    });
    // A channel that breaks is followed by the exit, which is what counts.
    this.#worker.on('error', () => undefined);
    this.#worker.on('message', (message: FromWorker) => {
      if (message.type === 'ready') this.#ready = true;
      if (message.type === 'figures' || message.type === 'drained') this.#note(message);
      else hear(message);
    });
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0;
  }

  /** Its modules are loaded: it hears what it is told. */
  get ready(): boolean {
    return this.#ready;
  }

  /** ms since the fork. */
  get age(): number {
    return Date.now() - this.#startedAt;
  }

  /** What it said last; `null` when it never did. */
  get lastFigures(): ProcessFigures | null {
    return this.#last;
  }

  /** A shift alone sends only the live percents: settings it has are not sent again. */
  apply({ settings, live }: InForce): void {
    this.#tell({ type: 'apply', settings: this.#settings === settings ? null : settings, live });
    this.#settings = settings;
  }

  listen(at: ListenSettings): void {
    this.#tell({ type: 'listen', at });
  }

  async figures(): Promise<ProcessFigures | null> {
    const question = this.#questions++;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      this.ended,
      new Promise<unknown>((resolve) => {
        timer = setTimeout(resolve, answerWithin);
        this.#answered.set(question, resolve);
        this.#tell({ type: 'figures', question });
      }),
    ]);
    clearTimeout(timer);
    this.#answered.delete(question);
    return this.#last;
  }

  async drain(ms: number): Promise<Drained> {
    this.#tell({ type: 'drain', ms });
    // One that can't keep even its own deadline is not waited for.
    const impatience = setTimeout(() => this.kill(), ms + lastWords);
    await this.ended;
    clearTimeout(impatience);
    return this.#drained;
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #note(message: Extract<FromWorker, { type: 'figures' | 'drained' }>): void {
    this.#last = message.figures;
    if (message.type === 'drained') this.#drained = message.drained;
    else this.#answered.get(message.question)?.(message.figures);
  }

  #tell(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }
}
