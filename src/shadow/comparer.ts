import { ruleNames } from '../domain/comparing/rules.ts';
import type { EvidenceBatch } from '../domain/evidence.ts';
import type { Settings } from '../domain/settings.ts';
import type { SkipReason } from '../domain/shadow.ts';
import { type ComparerFigure, ComparerFigures } from './comparer-figures.ts';
import { type ComparerLane, ComparerLanes } from './comparer-lanes.ts';
import type { ToHost, WorkerOrder } from './comparer-messages.ts';
import { type ComparerLimits, type ComparerOptions, defaultLimits, type ShadowComparer } from './comparer-options.ts';
import { PairQueue, sizeOf } from './comparer-queue.ts';
import { ComparerThread } from './comparer-thread.ts';
import type { Accepted } from './packing.ts';
import type { Look, Pair } from './pair.ts';
import { HostTallies } from './tallies.ts';
import type { Stuck } from './watchdog.ts';

/**
 * Compares pairs on a thread of its own. Each is counted exactly once, as compared or by the reason why not, whatever
 * becomes of that thread. `apply` comes before the mirror's.
 */
export function createComparer(options: ComparerOptions): ShadowComparer {
  return new ComparerHost(options);
}

/** Milliseconds in which one rule's failures are said once: they come with every request. */
const quiet = 60_000;

class ComparerHost implements ShadowComparer {
  readonly tallies: HostTallies;
  readonly #options: ComparerOptions;
  readonly #limits: ComparerLimits;
  readonly #lanes = new ComparerLanes();
  readonly #figures = new ComparerFigures();
  readonly #thread: ComparerThread;
  readonly #queue: PairQueue;
  readonly #looks = new Map<number, Look>();
  readonly #ticking: NodeJS.Timeout;
  /** When each rule was last said to fail. */
  readonly #failures = new Map<string, number>();
  #settings: Settings | null = null;
  #lastId = 0;
  #flushAsked = false;
  /** Something since the last flush: noise may have been learnt where no count is owed. */
  #handedOver = false;
  #closing: { readonly end: () => void; lastAsked: boolean } | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: ComparerOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.tallies = new HostTallies(this.#lanes, options.clock);
    const { heap, patience, rest } = this.#limits;
    this.#thread = new ComparerThread({
      url: options.worker ?? new URL('./comparer-worker.js', import.meta.url),
      heap,
      patience,
      rest,
      onMessage: (message) => this.#hear(message),
      onDeath: (reason, stuck) => this.#bury(reason, stuck),
      onStart: () => this.#instruct(),
      onRested: () => this.#queue.pump(),
    });
    this.#queue = new PairQueue({
      isOpen: () => this.#thread.want(),
      takes: (accepted) => this.#hand(accepted),
      post: (message, transfer) => {
        this.#handedOver = true;
        this.#thread.post(message, transfer);
      },
    });
    this.#ticking = setInterval(() => this.#tick(), options.flushEvery ?? 1_000).unref();
  }

  get waiting(): number {
    return this.#queue.waiting;
  }

  figures(): readonly ComparerFigure[] {
    return this.#figures.all();
  }

  apply(settings: Settings): void {
    this.#lanes.apply(settings, this.#options.clock.now());
    this.#settings = settings;
    this.#failures.clear();
    this.#instruct();
  }

  compare(pair: Pair): void {
    const lane = this.#lanes.of(pair.route, pair.at);
    if (lane === null) return;
    const bytes = sizeOf(pair);
    const reason = this.#refusal(pair, lane, bytes);
    if (reason !== null) {
      this.#skip(lane, pair, reason);
      return;
    }
    this.#lastId += 1;
    if (pair.look !== null) this.#looks.set(this.#lastId, pair.look);
    this.#queue.add({ id: this.#lastId, lane: lane.id, pair, bytes });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #refusal(pair: Pair, lane: ComparerLane, bytes: number): SkipReason | null {
    if (lane.broken !== null) return 'compare-failed';
    if (this.#closed !== null) return 'shut-down';
    if (pair.legacy.status >= 500) return 'legacy-failed';
    if (!pair.legacy.whole) return 'body-too-large';
    return this.#queue.waiting + bytes > this.#limits.waiting ? 'queue-full' : null;
  }

  #skip(lane: ComparerLane, pair: Pair, reason: SkipReason): void {
    // Legacy held against itself alone is nobody's coverage.
    if (!isCalibration(pair)) this.tallies.skip(lane, pair.arm, pair.at, reason);
  }

  #instruct(): void {
    const { caller, evidence, override } = this.#settings!;
    // Who knows the override's secret may have asked for a target that this route does not have.
    const secrets = override === null ? [] : [override.header];
    const redact = { ...this.#settings!.redact, headers: [...this.#settings!.redact.headers, ...secrets] };
    const order: WorkerOrder = { lanes: this.#lanes.orders(), caller, redact, examples: evidence.examples };
    this.#thread.post({ kind: 'order', order });
  }

  /** False when the rule by which it was to be compared has stuck since it came. */
  #hand({ id, lane: laneId, pair }: Accepted): boolean {
    const lane = this.#lanes.byId(laneId);
    if (lane !== null && lane.broken === null) {
      if (!isCalibration(pair)) this.tallies.handed(lane, pair.arm, pair.at);
      return true;
    }
    if (lane !== null) this.#skip(lane, pair, 'compare-failed');
    this.#looks.delete(id);
    return false;
  }

  #hear(message: ToHost): void {
    switch (message.kind) {
      case 'done':
        this.#release(message.released);
        this.#queue.done();
        this.#advanceClose();
        break;
      case 'released':
        this.#release(message.released);
        break;
      case 'ask':
        this.#ask(message.look, message.delay, message.path);
        break;
      case 'failed':
        this.#fail(message.lane, message.rule, message.error);
        break;
      case 'counted':
        this.#flushAsked = false;
        this.#give(this.tallies.take(message.counted));
        if (message.last) this.#closing?.end();
    }
  }

  #release(looks: readonly number[]): void {
    for (const look of looks) this.#looks.delete(look);
  }

  #ask(id: number, delay: number, path: string | null): void {
    const look = this.#looks.get(id);
    look?.ask(delay, path, (seen, why = 'legacy-busy') => {
      // The worker that asked may be gone: then this pair has been counted.
      if (this.#looks.get(id) !== look) return;
      if (seen === null) this.#thread.post({ kind: 'untold', look: id, why });
      else this.#queue.addTold(id, { ...bare, ...seen });
    });
  }

  #fail(laneId: number, rule: string, error: string): void {
    const route = this.#lanes.byId(laneId)?.route.id;
    if (route === undefined) return;
    const about = `${laneId} ${rule}`;
    const now = performance.now();
    if (now - (this.#failures.get(about) ?? -quiet) < quiet) return;
    this.#failures.set(about, now);
    this.#options.events.emit({ type: 'compare.failed', route, rule, error });
  }

  #tick(): void {
    const owed = this.#thread.running && (this.#handedOver || this.tallies.owed);
    // A worker that has not answered the last time is busy, or stuck: what was counted here goes out without it.
    if (!owed || this.#flushAsked) this.#give(this.tallies.take(null));
    else {
      this.#flushAsked = true;
      this.#handedOver = false;
      this.#thread.post({ kind: 'flush', last: false });
    }
  }

  #give(batch: EvidenceBatch | null): void {
    if (batch === null) return;
    this.#figures.add(batch);
    this.#options.onBatch(batch);
  }

  /** Everything that the worker had in hand has failed; what it had not been given yet waits for the next. */
  #bury(reason: string, stuck: Stuck | null): void {
    const lost = this.tallies.lose();
    this.#queue.forget();
    this.#flushAsked = false;
    const unseen = new Set(this.#queue.pairs.map(({ id }) => id));
    for (const id of this.#looks.keys()) if (!unseen.has(id)) this.#looks.delete(id);
    this.#options.events.emit({ type: 'comparer.restarted', reason, lost });
    if (stuck !== null) this.#blame(stuck);
    this.#closing?.end();
  }

  #blame(stuck: Stuck): void {
    const lane = this.#lanes.byId(stuck.lane);
    if (lane === null || stuck.rule === -1) return;
    const broken = ruleNames(lane.route.shadow.rules)[stuck.rule] ?? '';
    lane.broken = broken;
    const error = `it took more than ${this.#limits.patience} ms, and is not tried again until the route changes`;
    this.#fail(lane.id, broken, error);
  }

  async #close(): Promise<void> {
    clearInterval(this.#ticking);
    if (this.#thread.running || this.#queue.pairs.length > 0) await this.#finish();
    await this.#thread.stop();
    for (const { lane, pair } of this.#queue.close()) {
      this.#skip(this.#lanes.byId(lane)!, pair, 'compare-failed');
    }
    this.tallies.lose();
    this.#looks.clear();
    this.#give(this.tallies.take(null));
  }

  /** Resolves when the worker has told everything, or is gone, or has had its time. */
  #finish(): Promise<void> {
    return new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, this.#limits.closing);
      const end = (): void => {
        clearTimeout(limit);
        resolve();
      };
      this.#closing = { end, lastAsked: false };
      this.#queue.pump();
      this.#thread.hold();
      this.#advanceClose();
    });
  }

  #advanceClose(): void {
    const closing = this.#closing;
    if (closing === null || closing.lastAsked || !this.#queue.isDone || !this.#thread.running) return;
    closing.lastAsked = true;
    this.#thread.post({ kind: 'flush', last: true });
  }
}

/** Neither held against a service nor to be: it only shows what legacy differs in from itself. */
const isCalibration = ({ service, again }: Pair): boolean => service === null && again !== null;

/** What a look was told has no request of its own. */
const bare: Omit<Pair, 'legacy' | 'service'> = {
  route: '',
  arm: 'legacy',
  at: 0,
  method: '',
  url: '',
  headers: [],
  clientIp: '',
  requestBody: null,
  traceparent: '',
  again: null,
  look: null,
};
