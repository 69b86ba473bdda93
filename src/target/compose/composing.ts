import { composedFields, refusalFields } from '../../domain/compose/answer-fields.ts';
import { mergeParts } from '../../domain/compose/merge.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Answer, EventSink, ResponseHead, TargetConnection } from '../../ports.ts';
import type { Part } from './part.ts';
import { PartCall, type PartOutcome, type PartOwner } from './part-call.ts';

/** Bytes that are told at once: what a caller doesn't take stays here, and is let go of with its connection. */
const largestPiece = 64 * 1024;

/** What a composed answer is made of. */
export interface Composed {
  readonly name: string;
  readonly parts: readonly Part[];
  /** The place of the leading part among them. */
  readonly leading: number;
  /** `null`: nobody hears of parts that fail. */
  readonly events: EventSink | null;
}

/**
 * One request's composed answer, from its parts to its last byte. To whoever asks it is a connection; nothing is told from
 * within `send`, as no real one would.
 */
export class Composing implements TargetConnection, PartOwner {
  readonly ready = true;
  readonly reused = false;
  readonly responseBegan = false;
  readonly #composition: Composed;
  #answer: Answer | null;
  #method = 'GET';
  #calls: PartCall[] = [];
  #outcomes: (PartOutcome | null)[] = [];
  #missing = 0;
  #isStarting = false;
  #conclude: (() => void) | null = null;
  #startedAt = 0;
  #timer: NodeJS.Timeout | null = null;
  /** What of the body has not been told yet; `null` before its head. */
  #untold: Buffer | null = null;
  #isPaused = false;

  constructor(composition: Composed, answer: Answer) {
    this.#composition = composition;
    this.#answer = answer;
  }

  send(method: string): void {
    const { parts, leading } = this.#composition;
    const asked = this.#answer!.asked();
    this.#method = method;
    this.#startedAt = performance.now();
    // A preflight asks what may be asked: whoever gives the answer its CORS fields knows.
    const called = method === 'OPTIONS' ? [parts[leading]!] : parts;
    const partMethod = method === 'OPTIONS' ? method : 'GET';
    this.#outcomes = parts.map(() => null);
    this.#missing = called.length;
    this.#isStarting = true;
    this.#calls = called.map((part) => new PartCall(part, parts.indexOf(part), partMethod, asked, this));
    for (const call of this.#calls) if (this.#conclude === null) call.begin();
    this.#isStarting = false;
    if (this.#conclude !== null) process.nextTick(() => this.#finish());
    else this.#watch();
  }

  onPart(index: number, outcome: PartOutcome): void {
    this.#outcomes[index] = outcome;
    this.#missing--;
    this.#tell(index, outcome);
    if (this.#conclude !== null) return;
    const { required } = this.#composition.parts[index]!.settings;
    if (outcome.found.is === 'refusal') this.#conclude = () => this.#refuse(outcome);
    else if (outcome.found.is === 'failed' && (required || this.#method === 'OPTIONS')) {
      const { why } = outcome.found;
      this.#conclude = () => this.#fail(outcome.code ?? 'part-failed', `${this.#nameOf(index)}: ${why}`);
    } else if (this.#missing === 0) this.#conclude = () => this.#merge();
    if (this.#conclude !== null && !this.#isStarting) this.#finish();
  }

  /** The caller's answer is somebody else's, or nobody's, from here on. */
  abandon(): void {
    this.#answer = null;
    this.#untold = null;
    this.#stop();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#tellBody();
  }

  ignore(): void {
    this.abandon();
  }

  // A composed answer is that of a request without a body: whatever one has is let go of.
  cork(): void {}
  uncork(): void {}
  write(): boolean {
    return true;
  }
  endRequest(): void {}
  endTunnel(): void {}
  // Parts are judged one by one.
  blame(): void {}

  #finish(): void {
    const conclude = this.#conclude!;
    this.#stop();
    if (this.#answer === null) return;
    try {
      conclude();
    } catch (error) {
      // It may have come from a timer, or from another connection's bytes: neither is to suffer for it.
      this.#fail('internal-error', String((error as Error)?.stack ?? error));
    }
  }

  #merge(): void {
    const { parts, leading } = this.#composition;
    const outcomes = this.#outcomes as readonly PartOutcome[];
    const found = outcomes.map((outcome) => outcome.found);
    const { body, partial } = mergeParts(
      parts.map(({ settings }) => settings),
      found,
    );
    const fields = outcomes.map(({ headers, found }) => ({ headers, counts: found.is !== 'failed' }));
    this.#reply(200, 'OK', composedFields(body.length, fields, leading, partial), body);
  }

  #refuse({ status, reason, headers, body }: PartOutcome): void {
    const isBodiless = status === 204 || status === 304;
    this.#reply(status, reason, refusalFields(headers, isBodiless ? null : body.length), isBodiless ? null : body);
  }

  #reply(status: number, reason: string, headers: string[], body: Buffer | null): void {
    const hasBody = body !== null && this.#method !== 'HEAD';
    const head: ResponseHead = {
      status,
      reason,
      headers,
      contentLength: body?.length ?? -1,
      chunked: false,
      hasBody,
      upgrade: null,
      keepAliveSeconds: -1,
      announcesTrailer: false,
    };
    // A slow caller is not to cost the bodies of the parts beside their sum.
    this.#calls = [];
    this.#outcomes = [];
    this.#answer?.onHead(head);
    // Whoever hears of it may ask somebody else instead.
    if (this.#answer === null) return;
    this.#untold = hasBody ? body : nothing;
    this.#tellBody();
  }

  /** As far as it is taken, at the pace of whoever takes it. */
  #tellBody(): void {
    while (this.#untold !== null && this.#untold.length > 0) {
      if (this.#isPaused) return;
      const piece = this.#untold.subarray(0, largestPiece);
      this.#untold = this.#untold.subarray(largestPiece);
      this.#answer?.onBody(piece);
    }
    if (this.#untold === null || this.#isPaused) return;
    this.#untold = null;
    const answer = this.#answer;
    this.#answer = null;
    answer?.onComplete([]);
  }

  #fail(code: ErrorCode, detail: string): void {
    const answer = this.#answer;
    this.#answer = null;
    answer?.onFailure(code, detail);
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const call of this.#calls) call.abandon();
  }

  /**
   * One timer for all parts, set to the one whose time is up first. Not the sweep: its ticks are as long as the times that
   * callers are promised an answer in.
   */
  #watch(): void {
    let left = Number.POSITIVE_INFINITY;
    const passed = performance.now() - this.#startedAt;
    for (const { part } of this.#pending()) left = Math.min(left, part.settings.timeout - passed);
    if (left === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#onTime(), Math.max(1, left)).unref();
  }

  #onTime(): void {
    this.#timer = null;
    // Timers are whole milliseconds, and may be up to one early.
    const passed = performance.now() - this.#startedAt + 1;
    for (const call of this.#pending()) if (passed >= call.part.settings.timeout) call.expire();
    if (this.#conclude === null) this.#watch();
  }

  #pending(): readonly PartCall[] {
    return this.#missing === 0 ? [] : this.#calls.filter((call) => !call.isOver);
  }

  #tell(index: number, { found, code }: PartOutcome): void {
    const { events, parts, name } = this.#composition;
    if (events === null || found.is !== 'failed') return;
    const { settings, service } = parts[index]!;
    const about = { route: name, part: settings.name, target: service.name };
    events.emit({ type: 'part.failed', ...about, code: code ?? 'part-failed', detail: found.why });
  }

  #nameOf(index: number): string {
    return `part ${this.#composition.parts[index]!.settings.name}`;
  }
}

const nothing = Buffer.alloc(0);
