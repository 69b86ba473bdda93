import { ruleNames } from '../domain/comparing/rules.ts';
import type { EvidenceBatch } from '../domain/evidence.ts';
import type { Settings } from '../domain/settings.ts';
import type { SkipReason } from '../domain/shadow.ts';
import type { Clock, EventSink } from '../ports.ts';
import { type ComparerFigure, ComparerFigures } from './comparer-figures.ts';
import { type ComparerLane, ComparerLanes } from './comparer-lanes.ts';
import type { ToHost, WorkerOrder } from './comparer-messages.ts';
import { ComparerThread } from './comparer-thread.ts';
import { type Accepted, bodyBytes, pack } from './packing.ts';
import type { Comparer, Look, Pair, Seen, Tallies } from './pair.ts';
import { HostTallies } from './tallies.ts';
import type { Stuck } from './watchdog.ts';

export interface ComparerOptions {
  readonly events: EventSink;
  readonly clock: Clock;
  /** Everything that has been counted since the last batch; about once in `flushEvery`, and at the end. */
  readonly onBatch: (batch: EvidenceBatch) => void;
  /** Milliseconds. */
  readonly flushEvery?: number;
  /** The compiled worker, for those who run this file as TypeScript. */
  readonly worker?: URL;
  readonly limits?: Partial<ComparerLimits>;
}

export interface ComparerLimits {
  /** Bytes of pairs that may wait. */
  readonly waiting: number;
  /** MiB of the worker's heap. */
  readonly heap: number;
  /** Milliseconds that one comparison may take. */
  readonly patience: number;
  /** Milliseconds before a dead worker is replaced, the first time and at most. */
  readonly rest: { readonly least: number; readonly most: number };
  /** Milliseconds that `close` waits for what is in hand. */
  readonly closing: number;
}

export interface ShadowComparer extends Comparer {
  /** For what never becomes a pair: it is counted with the rest. */
  readonly tallies: Tallies;
  /** Running totals by route and outcome, as far as batches have told them. */
  figures(): readonly ComparerFigure[];
}

/**
 * Compares pairs on a thread of its own. Each is counted exactly once, as compared or by the reason why not, whatever
 * becomes of that thread. `apply` comes before the mirror's.
 */
export function createComparer(options: ComparerOptions): ShadowComparer {
  return new ComparerHost(options);
}

const defaultLimits: ComparerLimits = {
  waiting: 16 * 1024 * 1024,
  heap: 128,
  patience: 2_000,
  rest: { least: 100, most: 30_000 },
  closing: 5_000,
};

/** What one message may carry, and how long a pair waits for company. */
const most = { pairs: 32, bytes: 256 * 1024, milliseconds: 5 };
/** Messages that the worker may have before it: enough never to be idle, few enough that little is lost with it. */
const ahead = 4;
/** What a pair is taken to need besides its bodies. */
const overhead = 1024;

/** What a look was told, on its way to the worker. */
interface Told {
  readonly look: number;
  readonly accepted: Accepted;
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
  readonly #looks = new Map<number, Look>();
  readonly #packTimer: NodeJS.Timeout;
  readonly #ticking: NodeJS.Timeout;
  /** When each rule was last said to fail. */
  readonly #failures = new Map<string, number>();
  #settings: Settings | null = null;
  #queue: Accepted[] = [];
  #queuedBytes = 0;
  #told: Told[] = [];
  /** Bytes of each message that the worker has not said to be done with, oldest first. */
  #posted: number[] = [];
  #waiting = 0;
  #lastId = 0;
  #flushAsked = false;
  /** Something since the last flush: noise may have been learnt where no count is owed. */
  #handedOver = false;
  #closing: { readonly ended: () => void; lastAsked: boolean } | null = null;
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
      onRested: () => this.#pump(),
    });
    // One timer for all batches of pairs: refreshing it is cheap, making one is not.
    this.#packTimer = setTimeout(() => this.#pump(), most.milliseconds).unref();
    this.#ticking = setInterval(() => this.#tick(), options.flushEvery ?? 1_000).unref();
  }

  get waiting(): number {
    return this.#waiting;
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
    const bytes = bodyBytes(pair) + overhead;
    const reason = this.#refusal(pair, lane, bytes);
    if (reason !== null) {
      this.#skip(lane, pair, reason);
      return;
    }
    this.#lastId += 1;
    if (pair.look !== null) this.#looks.set(this.#lastId, pair.look);
    this.#queue.push({ id: this.#lastId, lane: lane.id, pair, bytes });
    this.#queuedBytes += bytes;
    this.#waiting += bytes;
    if (this.#queue.length >= most.pairs || this.#queuedBytes >= most.bytes) this.#pump();
    else if (this.#queue.length === 1) this.#packTimer.refresh();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #refusal(pair: Pair, lane: ComparerLane, bytes: number): SkipReason | null {
    if (lane.broken !== null || this.#closed !== null) return 'compare-failed';
    if (pair.legacy.status >= 500) return 'legacy-failed';
    if (!pair.legacy.whole) return 'body-too-large';
    return this.#waiting + bytes > this.#limits.waiting ? 'queue-full' : null;
  }

  #skip(lane: ComparerLane, pair: Pair, reason: SkipReason): void {
    // Legacy held against itself alone is nobody's coverage.
    if (!isCalibration(pair)) this.tallies.skip(lane, pair.arm, pair.at, reason);
  }

  #instruct(): void {
    const { caller, redact, evidence } = this.#settings!;
    const order: WorkerOrder = { lanes: this.#lanes.orders(), caller, redact, examples: evidence.examples };
    this.#thread.post({ kind: 'order', order });
  }

  /** Hands over as much as the worker may have before it. */
  #pump(): void {
    if (this.#queue.length > 0) this.#thread.want();
    while (this.#thread.running && this.#posted.length < ahead) {
      // Ahead of new pairs: the pair that was asked about takes room in the worker.
      const told = this.#told.shift();
      if (told !== undefined) this.#post([told.accepted], told.look);
      else if (this.#queue.length > 0) this.#postPairs();
      else break;
    }
    if (this.#closing !== null) this.#advanceClose();
  }

  #postPairs(): void {
    let count = 0;
    let bytes = 0;
    while (count < this.#queue.length && count < most.pairs && bytes < most.bytes) bytes += this.#queue[count++]!.bytes;
    const next = this.#queue.splice(0, count);
    this.#queuedBytes -= bytes;
    const accepted = next.filter((one) => {
      const lane = this.#lanes.byId(one.lane);
      if (lane !== null && lane.broken === null) {
        if (!isCalibration(one.pair)) this.tallies.handed(lane, one.pair.arm, one.pair.at);
        return true;
      }
      // The rule by which it was to be compared has stuck meanwhile.
      if (lane !== null) this.#skip(lane, one.pair, 'compare-failed');
      this.#looks.delete(one.id);
      this.#waiting -= one.bytes;
      return false;
    });
    if (accepted.length > 0) this.#post(accepted, null);
  }

  #post(accepted: readonly Accepted[], look: number | null): void {
    const packed = pack(accepted);
    this.#posted.push(accepted.reduce((sum, { bytes }) => sum + bytes, 0));
    this.#handedOver = true;
    const transfer = [packed.numbers.buffer, packed.bytes.buffer] as ArrayBuffer[];
    this.#thread.post(look === null ? { kind: 'pairs', packed } : { kind: 'told', look, packed }, transfer);
  }

  #hear(message: ToHost): void {
    switch (message.kind) {
      case 'done':
        this.#waiting -= this.#posted.shift() ?? 0;
        this.#release(message.released);
        this.#pump();
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
        if (message.last) this.#closing?.ended();
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
      else this.#take(id, seen);
    });
  }

  #take(id: number, seen: { legacy: Seen; service: Seen }): void {
    const pair: Pair = { ...bare, ...seen };
    const bytes = bodyBytes(pair) + overhead;
    this.#waiting += bytes;
    this.#told.push({ look: id, accepted: { id, lane: 0, pair, bytes } });
    this.#pump();
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
    for (const bytes of this.#posted) this.#waiting -= bytes;
    for (const { accepted } of this.#told) this.#waiting -= accepted.bytes;
    this.#posted = [];
    this.#told = [];
    this.#flushAsked = false;
    const queued = new Set(this.#queue.map(({ id }) => id));
    for (const id of this.#looks.keys()) if (!queued.has(id)) this.#looks.delete(id);
    this.#options.events.emit({ type: 'comparer.restarted', reason, lost });
    if (stuck !== null) this.#blame(stuck);
    this.#closing?.ended();
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
    clearTimeout(this.#packTimer);
    if (this.#thread.running || this.#queue.length > 0) {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, this.#limits.closing);
        this.#closing = {
          ended: () => {
            clearTimeout(limit);
            resolve();
          },
          lastAsked: false,
        };
        this.#thread.hold();
        this.#pump();
      });
    }
    await this.#thread.stop();
    for (const { lane, pair } of this.#queue) this.#skip(this.#lanes.byId(lane)!, pair, 'compare-failed');
    this.tallies.lose();
    this.#queue = [];
    this.#looks.clear();
    this.#waiting = 0;
    this.#give(this.tallies.take(null));
  }

  #advanceClose(): void {
    const closing = this.#closing!;
    if (
      closing.lastAsked ||
      this.#queue.length + this.#told.length > 0 ||
      this.#posted.length > 0 ||
      !this.#thread.running
    )
      return;
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
