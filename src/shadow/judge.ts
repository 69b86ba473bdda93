import { decodeBody } from '../coding/decode.ts';
import { RuleFailure } from '../domain/comparing/rule-error.ts';
import type { ToHost, WorkerOrder } from './comparer-messages.ts';
import { type Case, type Examiner, type Finding, Skip } from './examine.ts';
import type { UnpackedPair } from './packing.ts';
import type { LookFailure } from './pair.ts';
import { fieldOf, readbackPath } from './readback-path.ts';
import { Confirmation, type Question, Readback, type Told, type Waiting } from './waiting.ts';
import type { Watched } from './watchdog.ts';
import { WorkerLane } from './worker-lane.ts';

/** Pairs that wait to be asked about again, and their bytes, at most. */
const most = { waiting: 128, bytes: 8 * 1024 * 1024 };
/** With so many waiting, there is no look left for what is established. */
const plenty = 16;

interface JudgeOptions {
  readonly examiner: Examiner;
  readonly watched: Watched;
  readonly tell: (message: ToHost) => void;
  /** Milliseconds of a clock that only goes on. */
  readonly now: () => number;
}

/** Sees each pair to its end. */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #waiting = new Map<number, Waiting>();
  #waitingBytes = 0;
  #lanes = new Map<number, WorkerLane>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  apply(order: WorkerOrder): void {
    const known = this.#lanes;
    this.#lanes = new Map(order.lanes.map((lane) => [lane.id, known.get(lane.id) ?? new WorkerLane(lane)]));
    this.#options.examiner.apply(order);
  }

  /** True when nothing more will be asked about it. */
  pair(pair: UnpackedPair): boolean {
    const lane = this.#lanes.get(pair.lane)!;
    const { arm, at } = pair;
    const of: Case = { lane, place: { lane: lane.id, route: lane.route, arm, at }, pair };
    this.#guarded(of, () => this.#begin(of));
    return !this.#waiting.has(pair.id);
  }

  /** True when nothing more will be asked about it. */
  told(id: number, told: Told): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return true;
    let next: Question | null = null;
    this.#guarded(waiting.of, () => {
      next = waiting.told(told);
    });
    if (next === null) this.#forget(id, waiting);
    else this.#ask(id, next);
    return next === null;
  }

  /** Ends what waits by what is known: nobody will be asked any more. */
  settle(): void {
    for (const [id, waiting] of this.#waiting) {
      this.#forget(id, waiting);
      this.#guarded(waiting.of, () => waiting.settle());
    }
  }

  #begin(of: Case): void {
    const { examiner } = this.#options;
    const { pair, lane } = of;
    if (pair.service === null) {
      if (pair.again !== null) examiner.learnNoise(of);
      else this.#readBack(of);
      return;
    }
    const finding = examiner.find(of, pair.legacy, pair.service);
    if (pair.again !== null) this.#learnNoise(of);
    const shown = examiner.shown(finding.comparison);
    const { confirm } = lane.route.shadow;
    const mayLook = confirm > 0 && pair.hasLook && pair.method === 'GET';
    if (shown.length > 0 && mayLook && (this.#waiting.size < plenty || !lane.established.covers(shown))) {
      const kept = { ...of, pair: detached(pair) };
      const waiting = new Confirmation(kept, examiner, copyOf(finding));
      // Without room it stays what it is: a mismatch that was seen once.
      if (this.#hold(pair.id, waiting, { delay: confirm, path: null })) return;
    }
    examiner.count(of, finding, shown, false);
  }

  /** That the noise could not be learnt is nothing against the comparison. */
  #learnNoise(of: Case): void {
    try {
      this.#options.examiner.learnNoise(of);
    } catch (error) {
      if (!(error instanceof Skip)) throw error;
    }
  }

  #readBack(of: Case): void {
    const { lane, pair } = of;
    const { writes } = lane.route.shadow;
    if (lane.readback === null || writes.mode !== 'readback' || !pair.hasLook) throw new Skip('compare-failed');
    const decoded = decodeBody(pair.legacy.headers, pair.legacy.body);
    if (!(decoded instanceof Uint8Array)) throw new Skip('undecodable');
    const text = Buffer.from(decoded).toString('utf8');
    const found = readbackPath(lane.readback, (name) => fieldOf(text, name), lane.bound(pair));
    if ('missing' in found) {
      throw new RuleFailure(`readback ${writes.get}`, `neither legacy's answer nor the match gives ${found.missing}`);
    }
    const kept = { ...of, pair: detached(pair) };
    const waiting = new Readback(kept, this.#options.examiner, found.path, writes.within, this.#options.now);
    if (!this.#hold(pair.id, waiting, waiting.ask()!)) throw new Skip('queue-full');
  }

  #hold(id: number, waiting: Waiting, question: Question): boolean {
    if (this.#waiting.size >= most.waiting || this.#waitingBytes + waiting.bytes > most.bytes) return false;
    this.#waiting.set(id, waiting);
    this.#waitingBytes += waiting.bytes;
    waiting.of.lane.established.begin(waiting.shown);
    this.#ask(id, question);
    return true;
  }

  #ask(look: number, { delay, path }: Question): void {
    this.#options.tell({ kind: 'ask', look, delay, path });
  }

  #forget(id: number, waiting: Waiting): void {
    this.#waiting.delete(id);
    this.#waitingBytes -= waiting.bytes;
    waiting.of.lane.established.end(waiting.shown);
  }

  /** Whatever goes wrong, the pair is counted: everything that can throw comes before its count. */
  #guarded(of: Case, step: () => void): void {
    const { watched, tell } = this.#options;
    watched.begin(of.lane.id);
    try {
      step();
    } catch (error) {
      if (!(error instanceof Skip)) {
        const rule = error instanceof RuleFailure ? error.rule : 'none: the comparer itself';
        tell({ kind: 'failed', lane: of.lane.id, rule, error: (error as Error).message });
      }
      this.#countFailure(of, error instanceof Skip ? error.reason : 'compare-failed');
    } finally {
      watched.end();
    }
  }

  #countFailure({ pair, place }: Case, reason: LookFailure): void {
    const { aggregate } = this.#options.examiner;
    // Legacy held against itself alone is nobody's coverage.
    if (pair.service === null && pair.again !== null) return;
    if (reason === 'service-failed') aggregate.serviceFailed(place);
    else aggregate.skipped(place, reason);
  }
}

/** What is kept beyond its message must not keep the message's whole buffer. */
function detached(pair: UnpackedPair): UnpackedPair {
  const requestBody = pair.requestBody === null ? null : new Uint8Array(pair.requestBody);
  const withoutBody = { ...pair.legacy, body: new Uint8Array() };
  return { ...pair, requestBody, legacy: withoutBody, service: pair.service && withoutBody, again: null };
}

function copyOf({ legacy, service, comparison }: Finding): Finding {
  return {
    legacy: { ...legacy, body: new Uint8Array(legacy.body) },
    service: { ...service, body: new Uint8Array(service.body) },
    comparison,
  };
}
