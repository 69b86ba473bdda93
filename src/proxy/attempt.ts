import { type ErrorCode, isConnectFailure } from '../domain/errors.ts';
import type { FallbackCause } from '../domain/fallback.ts';
import { isSafe } from '../domain/method.ts';
import { type FailedTry, mayTryAgain, retryAfterOf } from '../domain/retry.ts';
import type {
  Answer,
  Asked,
  InstancePort,
  ResponseHead,
  StackPort,
  Tap,
  TargetConnection,
  TargetPort,
  TurnOwner,
  TurnPort,
} from '../ports.ts';
import type { CallerSocket } from './caller-socket.ts';
import type { ProxyContext } from './context.ts';
import { type Decision, debugHeaders, decide, giveCookie } from './decide.ts';
import { MirroredRequest, mirrorLaneOf } from './mirrored.ts';
import { requestHead } from './request-head.ts';
import { namingFor, responseHeaders } from './response-head.ts';
import type { RawRequest, Screened } from './screen.ts';
import { receiverOf, type Snapshot } from './snapshot.ts';

/** Instances that one try asks for a connection at most: where so many have none, few of a thousand others will. */
const mostInstances = 5;

/** Whoever relays the request, as far as its attempt needs it. */
export interface Asker extends Answer {
  /** All of the request's body that has come can be sent again, or nothing of it has come. */
  readonly hasWholeBody: boolean;
  /** The caller still owes bytes of the request's body. */
  readonly readsBody: boolean;
  /** The target is not asked, or not waited for any longer. `retryAfter`: ms; 0 where nobody knows. */
  onDenied(code: ErrorCode, detail: string, retryAfter: number): void;
}

/**
 * Who is asked now, and who next: the planned target, as often as its stack lets it, then perhaps legacy in a service's
 * place. Each target that was asked is counted for itself.
 */
export class Attempt implements TurnOwner {
  readonly decision: Decision;
  readonly startedAt = performance.now();
  target: TargetPort;
  connection: TargetConnection | null = null;
  /** The planned target failed this request, by the request's own arm: whoever answered it after all. */
  serviceFailed = false;
  /** Why legacy was asked in the service's place. */
  fallback: FallbackCause | null = null;
  readonly #context: ProxyContext;
  readonly #snapshot: Snapshot;
  readonly #request: RawRequest;
  readonly #facts: Screened;
  readonly #caller: CallerSocket;
  readonly #asker: Asker;
  #slot: number;
  /** The meter's place of the arm that this request counts for; -1: for neither. */
  readonly #arm: number;
  #isAssigned = false;
  #isArmFailed = false;
  #stack: StackPort;
  #turn: TurnPort | null = null;
  #instance: InstancePort | null = null;
  /** When the present target was asked first. */
  #askedAt = this.startedAt;
  /** Instances of the present target that have not refused this try a connection yet. */
  #instancesLeft: number;
  /** The request has got to a target, which may have acted on it. */
  #left = false;
  #isResent = false;
  /** Wants connections that were never used before. */
  #isFresh = false;

  /** Steps 2 and 3: match, and plan. */
  constructor(
    context: ProxyContext,
    snapshot: Snapshot,
    request: RawRequest,
    facts: Screened,
    caller: CallerSocket,
    asker: Asker,
  ) {
    this.#context = context;
    this.#snapshot = snapshot;
    this.#request = request;
    this.#facts = facts;
    this.#caller = caller;
    this.#asker = asker;
    this.decision = decide(snapshot, request.method, facts, request.rawHeaders, caller);
    const { lane, plan } = this.decision;
    const toService = lane !== null && plan.primary === 'service';
    this.target = toService ? lane.service : snapshot.legacy;
    this.#slot = lane === null ? snapshot.unmatchedSlot : toService ? lane.serviceSlot : lane.legacySlot;
    this.#arm = armOf(this.decision);
    this.#stack = lane === null ? snapshot.unmatchedStack : toService ? lane.serviceStack : lane.legacyStack;
    this.#instancesLeft = Math.min(this.target.instances, mostInstances);
    context.meter.started(this.#slot);
  }

  /** It has got to a target, which may have acted on it. */
  get hasLeft(): boolean {
    return this.#left;
  }

  /** Whether legacy may be asked where the present target fails. */
  get mayFallBack(): boolean {
    return this.decision.plan.fallback && this.target !== this.#snapshot.legacy;
  }

  /** Whether anybody may have to be sent the request's body a second time. */
  get mayReplay(): boolean {
    const { method } = this.#request;
    const { legacy } = this.#snapshot;
    if (this.target.settings.retry?.methods.includes(method)) return true;
    if (this.target === legacy || this.decision.plan.reason === 'override') return false;
    return isSafe(method) && (this.decision.plan.fallback || this.decision.lane!.route.fallthrough.length > 0);
  }

  /** Whether someone else may be asked: nobody has had the request, or it is safe and still in our hands. */
  get canAskAnother(): boolean {
    return !this.#left || (isSafe(this.#request.method) && this.#asker.hasWholeBody);
  }

  /**
   * Asks the present target, at once or at its turn; `onDenied` follows, or came, where it can't be asked. Where the
   * connection is not ready at once, `onConnect` follows. `fresh`: on connections that were never used before.
   */
  ask(fresh: boolean): void {
    this.#isFresh = fresh;
    this.#turn = this.#stack.turn(this);
    if (this.#turn === null || this.#turn.enter()) this.#open(fresh);
  }

  onTurn(): void {
    try {
      this.#instancesLeft = Math.min(this.target.instances, mostInstances);
      this.#open(this.#isFresh);
    } catch (error) {
      // It came from a timer or from another request's end: neither is to suffer for it.
      this.#asker.onDenied('internal-error', String((error as Error)?.stack ?? error), 0);
    }
  }

  onDenied(code: ErrorCode, detail: string, retryAfter: number): void {
    this.#noteFailure();
    this.#asker.onDenied(code, detail, retryAfter);
  }

  onOverdue(): void {
    // Whoever is still sending its request keeps the target from answering.
    if (this.#left && this.#asker.readsBody) this.#turn!.judge('none');
    else this.judge(false);
    this.#asker.onDenied('response-timeout', 'no answer within timeout.total', 0);
  }

  /** The connection stands: the request is about to leave. */
  reached(): void {
    this.#left = true;
    this.#turn?.reached();
  }

  #open(fresh: boolean): void {
    const instance = this.target.pick(this.#instance ?? undefined);
    this.#instance = instance;
    this.connection = instance.open(this.#asker, fresh);
    if (this.connection.ready) this.#asker.onConnect();
  }

  /**
   * After a failure before any head of an answer: true where the same target is asked again, now or after a while. Else
   * this try has been judged, and it is for someone else to answer.
   */
  asksAgain(code: ErrorCode, failed: TargetConnection): boolean {
    if (isConnectFailure(code) && --this.#instancesLeft > 0) {
      this.#open(this.#isFresh);
      return true;
    }
    const isStale = this.#isStale(code, failed);
    if (isStale && !this.#isResent && this.#left && this.canAskAnother) {
      this.#isResent = true;
      if (this.#turn === null || this.#turn.resend()) {
        // Its instance is as good as any: another may be one that is left alone.
        this.#instance = null;
        this.#open(true);
        return true;
      }
    }
    if (isStale) this.#turn?.judge('stale');
    // A fault of ours is no word about the target.
    else if (code !== 'internal-error') this.judge(false);
    const hasFallback = this.mayFallBack && this.canAskAnother;
    if (this.#retries({ code, status: 0, after: null, hasFallback })) return true;
    // Nobody is to blame, but its caller was failed.
    if (isStale) this.#noteFailure();
    return false;
  }

  /** After an answer's head that is not for the caller yet: true where another try follows, the answer being given up. */
  asksInsteadOf({ status, headers }: ResponseHead): boolean {
    if (!this.target.settings.retry?.on.includes(status)) return false;
    const hasFallback = this.replaces(status) !== null;
    if (!this.#retries({ code: null, status, after: retryAfterOf(headers, Date.now()), hasFallback })) return false;
    this.ignore();
    return true;
  }

  /** Why legacy is to be asked instead of telling this answer; `null`: it is the caller's. */
  replaces(status: number): FallbackCause | null {
    const { lane } = this.decision;
    if (lane === null || this.target === this.#snapshot.legacy || !this.canAskAnother) return null;
    if (this.#fallsThrough(status)) return 'fallthrough';
    return this.mayFallBack && lane.fallbackOn.includes(status) ? 'status' : null;
  }

  /** The head of an answer has come. */
  heard(status: number): void {
    this.judge(status < 500 || this.#fallsThrough(status));
  }

  /** What the present try came to, by the target's doing; of an answer that begins well its end may still say otherwise. */
  judge(isGood: boolean): void {
    if (!isGood) {
      this.#noteFailure();
      this.connection?.blame();
    }
    this.#turn?.judge(isGood ? 'good' : 'bad');
  }

  /** The answer whose head has come is the caller's. */
  settle(): void {
    this.#turn?.answered();
  }

  /** Gives the place at the target back before the end: a tunnel is no request that the target works on. */
  leave(): void {
    this.#turn?.end();
  }

  /** A service that doesn't know this yet has not failed. Whoever overrides the plan wants to see its answer. */
  #fallsThrough(status: number): boolean {
    const { lane, plan } = this.decision;
    if (lane === null || lane.route.fallthrough.length === 0 || plan.reason === 'override') return false;
    return this.target !== this.#snapshot.legacy && lane.route.fallthrough.includes(status);
  }

  /** The target closed the idle connection while the request was on its way: neither is to blame. */
  #isStale(code: ErrorCode, { reused, responseBegan }: TargetConnection): boolean {
    return code === 'target-reset' && reused && !responseBegan;
  }

  #retries(how: Pick<FailedTry, 'code' | 'status' | 'after' | 'hasFallback'>): boolean {
    const { retry } = this.target.settings;
    if (retry === null || this.#turn === null) return false;
    const failed = { ...how, method: this.#request.method, left: this.#left, whole: this.#asker.hasWholeBody };
    if (!mayTryAgain(retry, failed) || !this.#turn.retry(how.after)) return false;
    this.#context.meter.retried(this.#slot);
    return true;
  }

  /** Of the arm's own target only: what legacy fails in a service's place is no word about the service. */
  #noteFailure(): void {
    if (this.fallback === null) this.serviceFailed = true;
  }

  /** Who is to be told what passes; `null` where nothing of this request is mirrored. */
  mirror(): Tap | null {
    const lane = mirrorLaneOf(this.decision);
    if (lane === null) return null;
    return lane.begin(this.#mirrored(), this.decision.plan.primary);
  }

  /** The request, for who asks for its answer in parts. */
  asked(): Asked {
    return { request: this.#mirrored(), fields: '' };
  }

  #mirrored(): MirroredRequest {
    const { pseudonym } = this.#context;
    const { overrideHeader } = this.#snapshot;
    return new MirroredRequest(this.#request, this.#facts, this.decision, this.#caller, overrideHeader, pseudonym);
  }

  /** The head for the instance that is asked. */
  head(): string {
    const { method, rawHeaders, httpVersion } = this.#request;
    const ownPath = this.target === this.#snapshot.legacy ? this.#facts.target : this.decision.serviceTarget;
    const head = requestHead(
      method,
      ownPath,
      this.#facts,
      rawHeaders,
      httpVersion,
      receiverOf(this.#instance!.url, this.target, this.#context.pseudonym),
      this.#caller,
      this.#snapshot.overrideHeader,
    );
    if (this.#caller.vouched) this.#context.untrusted.note(this.#caller.address);
    return head;
  }

  /** An answer's fields in the caller's terms. */
  told({ headers, status }: ResponseHead, dropsTrailer: boolean): string[] {
    const { rawHeaders } = this.#request;
    const naming = namingFor(this.target, this.#instance!.url, this.#facts.host, rawHeaders, this.#caller);
    return responseHeaders(headers, status, dropsTrailer, naming);
  }

  /** Puts to `fields` what the proxy itself has to say. */
  addOwnFields(fields: string[]): void {
    giveCookie(fields, this.decision.plan, this.#caller, this.#request.rawHeaders);
    this.addFacts(fields);
  }

  /** The facts of `debug: true`. */
  addFacts(fields: string[]): void {
    if (this.#snapshot.settings.debug) fields.push(...debugHeaders(this.decision, this.target.name, this.fallback));
  }

  abandon(): void {
    this.connection?.abandon();
    this.connection = null;
  }

  /** The answer whose head has come gives way to another one. */
  ignore(): void {
    this.connection?.ignore();
    this.connection = null;
  }

  /** Makes legacy the one who is asked. @param outcome what the service did; legacy is counted from here on. */
  fallBack(cause: FallbackCause, outcome: number): void {
    const { meter } = this.#context;
    const { lane } = this.decision;
    meter.fellBack(this.#slot, cause);
    this.#turn?.end();
    this.fallback = cause;
    this.connection = null;
    this.target = this.#snapshot.legacy;
    this.#stack = lane!.legacyStack;
    this.#instance = null;
    this.#instancesLeft = Math.min(this.target.instances, mostInstances);
    this.#isResent = false;
    const now = performance.now();
    meter.finished(this.#slot, outcome, now - this.#askedAt);
    this.#askedAt = now;
    this.#slot = lane!.legacySlot;
    meter.started(this.#slot);
  }

  /** The caller gets the head of its answer: by it the request counts for its arm, whoever answered. */
  assign(): void {
    if (this.#arm === -1) return;
    this.#isAssigned = true;
    this.#context.meter.assigned(this.#arm, performance.now() - this.startedAt);
    this.#countFailure();
  }

  /** At the head, or at the end where the answer broke off between the two. */
  #countFailure(): void {
    if (!this.#isAssigned || !this.serviceFailed || this.#isArmFailed) return;
    this.#isArmFailed = true;
    this.#context.meter.armFailed(this.#arm);
  }

  /** The end of it. */
  finish(outcome: number, now: number): void {
    this.#turn?.end();
    this.#countFailure();
    this.#context.meter.finished(this.#slot, outcome, now - this.#askedAt);
  }

  /** An answer of the service gives way to legacy's. */
  tellReplaced(status: number, cause: FallbackCause): void {
    const route = this.decision.lane?.route.id ?? '-';
    this.#context.events.emit({ type: 'answer.replaced', route, target: this.target.name, status, cause });
  }

  tellFailure(code: ErrorCode, detail: string): void {
    const route = this.decision.lane?.route.id ?? '-';
    this.#context.events.emit({ type: 'request.failed', code, route, target: this.target.name, detail });
  }
}

/** By assignment: what decides is the bucket, and neither who is unidentified nor who chose a target has one. */
function armOf({ lane, plan }: Decision): number {
  if (lane === null || (plan.reason !== 'bucket' && plan.reason !== 'percent-100')) return -1;
  return plan.primary === 'service' ? lane.serviceArm : lane.legacyArm;
}
