import { type ErrorCode, isConnectFailure } from '../domain/errors.ts';
import type { Answer, InstancePort, ResponseHead, Tap, TargetConnection, TargetPort } from '../ports.ts';
import type { CallerSocket } from './caller-socket.ts';
import type { ProxyContext } from './context.ts';
import { type Decision, debugHeaders, decide, giveCookie } from './decide.ts';
import { MirroredRequest, mirrorLaneOf } from './mirrored.ts';
import { requestHead } from './request-head.ts';
import { namingFor, responseHeaders } from './response-head.ts';
import type { RawRequest, Screened } from './screen.ts';
import { receiverOf, type Snapshot } from './snapshot.ts';

/**
 * Who is asked now, and who next: the planned target, one instance after the other where they can't be reached, then
 * perhaps legacy in a service's place. Each target that was asked is counted for itself.
 */
export class Attempt {
  readonly decision: Decision;
  readonly startedAt = performance.now();
  target: TargetPort;
  connection: TargetConnection | null = null;
  readonly #context: ProxyContext;
  readonly #snapshot: Snapshot;
  readonly #request: RawRequest;
  readonly #facts: Screened;
  readonly #caller: CallerSocket;
  readonly #answer: Answer;
  #slot: number;
  /** The meter's place of the arm that this request counts for; -1: for neither. */
  readonly #arm: number;
  #counted = false;
  #armFailed = false;
  /** The service failed this request, whoever answers it. */
  #serviceFailed = false;
  #instance: InstancePort | null = null;
  /** When the present target was asked first. */
  #askedAt = this.startedAt;
  /** Instances of the present target that have not refused this request a connection yet. */
  #instancesLeft: number;

  /** Steps 2 and 3: match, and plan. */
  constructor(
    context: ProxyContext,
    snapshot: Snapshot,
    request: RawRequest,
    facts: Screened,
    caller: CallerSocket,
    answer: Answer,
  ) {
    this.#context = context;
    this.#snapshot = snapshot;
    this.#request = request;
    this.#facts = facts;
    this.#caller = caller;
    this.#answer = answer;
    this.decision = decide(snapshot, request.method, facts, request.rawHeaders, caller);
    const { lane, plan } = this.decision;
    const toService = lane !== null && plan.primary === 'service';
    this.target = toService ? lane.service : snapshot.legacy;
    this.#slot = lane === null ? snapshot.unmatchedSlot : toService ? lane.serviceSlot : lane.legacySlot;
    this.#arm = armOf(this.decision);
    this.#instancesLeft = this.target.instances;
    context.meter.started(this.#slot);
  }

  /** Whether legacy may be asked where the present target fails. */
  get mayFallBack(): boolean {
    return this.decision.plan.fallback && this.target !== this.#snapshot.legacy;
  }

  /** Where the connection is not ready at once, `onConnect` follows. `fresh`: on one that was never used before. */
  ask(fresh: boolean): void {
    const instance = this.target.pick();
    this.#instance = instance;
    this.connection = instance.open(this.#answer, fresh);
    if (this.connection.ready) this.#answer.onConnect();
  }

  /** Who is to be told what passes; `null` where nothing of this request is mirrored. */
  mirror(): Tap | null {
    const lane = mirrorLaneOf(this.decision);
    if (lane === null) return null;
    const { serviceTarget, plan } = this.decision;
    const { pseudonym } = this.#context;
    const { overrideHeader } = this.#snapshot;
    const request = new MirroredRequest(
      this.#request,
      this.#facts,
      serviceTarget,
      this.#caller,
      overrideHeader,
      pseudonym,
    );
    return lane.begin(request, plan.primary);
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
    if (this.#snapshot.settings.debug) fields.push(...debugHeaders(this.decision, this.target.name));
  }

  abandon(): void {
    this.connection?.abandon();
    this.connection = null;
  }

  /** After a failure: whether the request never got to the target, and another of its instances may be asked. */
  hasAnotherInstance(code: ErrorCode): boolean {
    return isConnectFailure(code) && --this.#instancesLeft > 0;
  }

  /** Makes legacy the one who is asked. @param outcome what the service did; legacy is counted from here on. */
  fallBack(outcome: number): void {
    const { meter } = this.#context;
    meter.fellBack(this.#slot);
    this.#serviceFailed = true;
    this.connection = null;
    this.target = this.#snapshot.legacy;
    this.#instancesLeft = this.target.instances;
    const now = performance.now();
    meter.finished(this.#slot, outcome, now - this.#askedAt);
    this.#askedAt = now;
    this.#slot = this.decision.lane!.legacySlot;
    meter.started(this.#slot);
  }

  /** The caller gets the head of its answer: by it the request counts for its arm, whoever answered. */
  answered(status: number): void {
    if (this.#arm === -1) return;
    this.#counted = true;
    this.#context.meter.assigned(this.#arm, performance.now() - this.startedAt);
    if (this.#serviceFailed || (status >= 500 && this.#asksOwnTarget)) this.#failArm();
  }

  /** The answer broke off behind its head. */
  brokeOff(): void {
    if (this.#counted && this.#asksOwnTarget) this.#failArm();
  }

  /** Legacy may fail as well, where it stands in for the service: that is in no count of the service's. */
  get #asksOwnTarget(): boolean {
    return (this.target === this.#snapshot.legacy) === (this.decision.plan.primary === 'legacy');
  }

  #failArm(): void {
    if (this.#armFailed) return;
    this.#armFailed = true;
    this.#context.meter.armFailed(this.#arm);
  }

  /** The end of it. */
  finish(outcome: number, now: number): void {
    this.#context.meter.finished(this.#slot, outcome, now - this.#askedAt);
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
