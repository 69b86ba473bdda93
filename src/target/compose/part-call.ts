import type { Verdict } from '../../domain/circuit.ts';
import { type PartFound, readPart } from '../../domain/compose/part-answer.ts';
import { type ErrorCode, isConnectFailure } from '../../domain/errors.ts';
import type { HeaderLines } from '../../domain/header-lines.ts';
import { mayTryAgain, retryAfterOf } from '../../domain/retry.ts';
import {
  type Answer,
  type Asked,
  type InstancePort,
  outcomes,
  type ResponseHead,
  type TargetConnection,
  type TurnOwner,
  type TurnPort,
} from '../../ports.ts';
import type { Part } from './part.ts';
import { PartBody } from './part-body.ts';

/** Instances that one try asks for a connection at most. */
const mostInstances = 5;

const aborted = outcomes.indexOf('aborted');
const failed = outcomes.indexOf('failed');

/** What a part came to, and what its service said. */
export interface PartOutcome {
  readonly found: PartFound;
  /** Why it failed, where no answer of its service did. */
  readonly code: ErrorCode | null;
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderLines;
  readonly body: Buffer;
}

export interface PartOwner {
  /** Told once, perhaps before `begin` returns; never after `abandon`. */
  onPart(index: number, outcome: PartOutcome): void;
}

/** One part of one request: its service is asked as often as its stack lets it, within the part's own time. */
export class PartCall implements Answer, TurnOwner {
  readonly part: Part;
  readonly #index: number;
  readonly #method: string;
  readonly #asked: Asked;
  readonly #owner: PartOwner;
  readonly #turn: TurnPort | null;
  readonly #startedAt = performance.now();
  #target = '';
  #instance: InstancePort | null = null;
  #connection: TargetConnection | null = null;
  #instancesLeft = 0;
  /** Its request has got to an instance. */
  #left = false;
  #isResent = false;
  #head: ResponseHead | null = null;
  #body: PartBody | null = null;
  #isOver = false;

  constructor(part: Part, index: number, method: string, asked: Asked, owner: PartOwner) {
    this.part = part;
    this.#index = index;
    this.#method = method;
    this.#asked = asked;
    this.#owner = owner;
    this.#turn = part.stack.turn(this);
    part.meter?.started(part.slot);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  begin(): void {
    const target = this.part.target.of(this.#asked.request);
    if (target === null) {
      this.#end(null, { is: 'failed', why: 'its path and query would be too long' });
      return;
    }
    this.#target = target;
    if (this.#turn === null || this.#turn.enter()) this.#try(false);
  }

  /** Its time is up. */
  expire(): void {
    if (this.#isOver) return;
    // Who waited for its place or for another try is no word about the service.
    if (this.#connection !== null) this.#judge('bad');
    this.#giveUp('response-timeout', `no whole answer within ${this.part.settings.timeout} ms`);
  }

  /** Nobody waits for it any longer. */
  abandon(): void {
    if (this.#isOver) return;
    this.#cut();
    this.#account(aborted);
  }

  onTurn(): void {
    try {
      this.#try(false);
    } catch (error) {
      this.#giveUp('internal-error', String((error as Error)?.stack ?? error));
    }
  }

  onDenied(code: ErrorCode, detail: string): void {
    if (!this.#isOver) this.#giveUp(code, detail);
  }

  onOverdue(): void {
    if (this.#isOver) return;
    this.#judge('bad');
    this.#giveUp('response-timeout', 'no answer within timeout.total');
  }

  onConnect(): void {
    const { request, fields } = this.#asked;
    this.#left = true;
    this.#turn?.reached();
    const head = request.partHead(this.#method, this.part.service, this.#instance!, this.#target, fields);
    this.#connection!.send(this.#method, head, true, false);
  }

  onHead(head: ResponseHead): void {
    const { status } = head;
    this.#judge(status < 500 ? 'good' : 'bad');
    if (this.#asksInsteadOf(head)) return;
    this.#turn?.answered();
    this.#head = head;
    if (head.hasBody && head.contentLength > this.part.settings.limit) this.#tooLarge();
  }

  onBody(chunk: Buffer): void {
    if (this.#isOver) return;
    const { limit } = this.part.settings;
    this.#body ??= new PartBody(Math.max(this.#head!.contentLength, chunk.length), limit);
    if (!this.#body.add(chunk)) this.#tooLarge();
  }

  onComplete(): void {
    if (this.#isOver) return;
    const { status, headers } = this.#head!;
    const body = this.#body?.bytes ?? noBody;
    const found: PartFound = this.#isPreflight
      ? { is: 'refusal' }
      : readPart(this.part.settings, { status, headers, body });
    // Who answers with what is of no use fails its callers as well as who does not answer.
    if (found.is === 'failed' && status < 300) this.#judge('bad');
    this.#connection = null;
    this.#end(null, found);
  }

  onFailure(code: ErrorCode, detail: string): void {
    if (this.#isOver) return;
    const broken = this.#connection!;
    this.#connection = null;
    if (this.#head !== null) {
      this.#judge('bad');
      this.#giveUp(code, `its answer broke off: ${detail}`);
      return;
    }
    if (!this.#asksAgain(code, broken)) this.#giveUp(code, detail);
  }

  onInformational(): void {}
  onReadEnd(): void {}
  onDrain(): void {}
  onUpgrade(): void {}
  onTunnelEnd(): void {}

  asked(): Asked {
    return this.#asked;
  }

  /** What it says goes to the caller as it is: nothing is composed. */
  get #isPreflight(): boolean {
    return this.#method === 'OPTIONS';
  }

  #try(fresh: boolean): void {
    this.#instancesLeft = Math.min(this.part.service.instances, mostInstances);
    this.#open(fresh);
  }

  #open(fresh: boolean): void {
    this.#instance = this.part.service.pick(this.#instance ?? undefined);
    this.#connection = this.#instance.open(this, fresh);
    if (this.#connection.ready) this.onConnect();
  }

  /** After a failure before any answer: true where the service is asked again, now or after a while. */
  #asksAgain(code: ErrorCode, broken: TargetConnection): boolean {
    if (isConnectFailure(code) && --this.#instancesLeft > 0) {
      this.#open(false);
      return true;
    }
    // The service closed the idle connection while the request was on its way: neither is to blame.
    const isStale = code === 'target-reset' && broken.reused && !broken.responseBegan;
    if (isStale && !this.#isResent) {
      this.#isResent = true;
      if (this.#turn === null || this.#turn.resend()) {
        this.#instance = null;
        this.#open(true);
        return true;
      }
    }
    if (isStale) this.#turn?.judge('stale');
    else if (code !== 'internal-error') this.#turn?.judge('bad');
    return this.#retries(code, 0, null);
  }

  #asksInsteadOf({ status, headers }: ResponseHead): boolean {
    if (!this.part.service.settings.retry?.on.includes(status)) return false;
    if (!this.#retries(null, status, retryAfterOf(headers, Date.now()))) return false;
    this.#connection?.ignore();
    this.#connection = null;
    return true;
  }

  #retries(code: ErrorCode | null, status: number, after: number | null): boolean {
    const { retry } = this.part.service.settings;
    if (retry === null || this.#turn === null) return false;
    // A GET without a body; and whoever waits for a part has an answer without it, or legacy's.
    const tried = { code, status, after, method: 'GET', left: this.#left, whole: true, hasFallback: true };
    return mayTryAgain(retry, tried) && this.#turn.retry(after);
  }

  #judge(verdict: Verdict): void {
    if (verdict === 'bad') this.#connection?.blame();
    this.#turn?.judge(verdict);
  }

  #tooLarge(): void {
    this.#judge('bad');
    this.#cut();
    this.#end(null, { is: 'failed', why: `its body is larger than ${this.part.settings.limit} bytes` });
  }

  #giveUp(code: ErrorCode, why: string): void {
    this.#cut();
    this.#end(code, { is: 'failed', why });
  }

  #cut(): void {
    this.#connection?.abandon();
    this.#connection = null;
  }

  #end(code: ErrorCode | null, found: PartFound): void {
    const { status, reason, headers } = this.#head ?? noHead;
    const isFailed = found.is === 'failed' && status < 300;
    this.#account(isFailed ? failed : Math.min(Math.floor(status / 100), 5) - 1);
    this.#owner.onPart(this.#index, { found, code, status, reason, headers, body: this.#body?.bytes ?? noBody });
  }

  #account(outcome: number): void {
    this.#isOver = true;
    this.#turn?.end();
    const { meter, slot } = this.part;
    meter?.finished(slot, outcome, performance.now() - this.#startedAt);
  }
}

const noBody = Buffer.alloc(0);
const noHead = { status: 0, reason: '', headers: [] as HeaderLines };
