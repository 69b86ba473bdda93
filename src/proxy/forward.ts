/**
 * The way of one request, from the caller's bytes to the caller's answer:
 *
 *   1. screen   refuse what two servers could read in two ways (in `server.ts`, before a Forwarding exists)
 *   2. match    find the route on the normalised path; none means legacy
 *   3. plan     the caller's bucket against the route's live percent says who answers
 *   4. send     the request's head as the target shall see it, its body as it comes
 *   5. relay    the answer's head and body, at the pace of the slower side
 *   6. rescue   where the service failed before its first byte legacy is asked, else the error table answers
 *   7. account  count it, and let the connection's next request begin
 *   8. shadow   beside all of this: the mirror is told what passes, and sends its copy on its own time
 *
 * Nothing here awaits: the snapshot is in memory, and all that follows step 4 is driven by the two sockets.
 */
import { type ErrorCode, isConnectFailure } from '../domain/errors.ts';
import { isSafe } from '../domain/method.ts';
import type { Answer, InstancePort, ResponseHead, Sweepable, Tap, TargetConnection, TargetPort } from '../ports.ts';
import type { Abortable, CallerSocket } from './caller-socket.ts';
import type { ProxyContext } from './context.ts';
import { type Decision, debugHeaders, decide, giveCookie } from './decide.ts';
import { MirroredRequest, mirrorLaneOf } from './mirrored.ts';
import { aborted, failed, outcomeOf } from './outcome.ts';
import type { Reply } from './reply.ts';
import { type BodyOwner, type BodySource, keptTrailers, RequestBody } from './request-body.ts';
import { requestHead } from './request-head.ts';
import { problem } from './rescue.ts';
import { namingFor, responseHeaders } from './response-head.ts';
import type { RawRequest, Screened } from './screen.ts';
import { receiverOf, type Snapshot } from './snapshot.ts';

export class Forwarding implements Answer, Abortable, BodyOwner, Sweepable {
  /** Set while the answer waits for its caller. */
  deadline = 0;
  sweepIndex = -1;
  readonly #context: ProxyContext;
  readonly #snapshot: Snapshot;
  readonly #request: RawRequest;
  readonly #facts: Screened;
  readonly #reply: Reply;
  readonly #caller: CallerSocket;
  readonly #decision: Decision;
  readonly #body: RequestBody | null;
  readonly #startedAt = performance.now();
  /** When the present target was asked first. */
  #askedAt = this.#startedAt;

  #target: TargetPort;
  #slot: number;
  #instance: InstancePort | null = null;
  #connection: TargetConnection | null = null;
  /** Instances of the present target that have not refused this request a connection yet. */
  #instancesLeft: number;
  #staleRetried = false;
  #head: ResponseHead | null = null;
  #corked = false;
  /** Told what passes, where this request may be shadowed. */
  #tap: Tap | null = null;
  #status = 0;
  #bytes = 0;
  #done = false;

  constructor(
    context: ProxyContext,
    snapshot: Snapshot,
    request: RawRequest,
    source: BodySource,
    facts: Screened,
    reply: (onDrain: () => void) => Reply,
    caller: CallerSocket,
  ) {
    this.#context = context;
    this.#snapshot = snapshot;
    this.#request = request;
    this.#facts = facts;
    this.#caller = caller;
    this.#reply = reply(() => this.onCallerDrain());

    // Step 2 and 3: match, and plan.
    const decision = decide(snapshot, request.method, facts, request.rawHeaders, caller);
    this.#decision = decision;
    const { lane, plan } = decision;
    const toService = lane !== null && plan.primary === 'service';
    this.#target = toService ? lane.service : snapshot.legacy;
    this.#slot = lane === null ? snapshot.unmatchedSlot : toService ? lane.serviceSlot : lane.legacySlot;
    this.#instancesLeft = this.#target.instances;

    const keep = plan.fallback && isSafe(request.method);
    const gap = snapshot.settings.listen.timeout.body;
    this.#body = facts.hasBody
      ? new RequestBody(
          source,
          {
            chunked: facts.chunked,
            keep,
            gap,
            awaitsContinue: facts.expectsContinue,
            overrideHeader: snapshot.overrideHeader,
          },
          context.transport.sweep,
          this,
        )
      : null;
    context.meter.started(this.#slot);
    context.requests++;
  }

  /** Step 4: send. Called at the request's turn on its connection; false when it was over at once. */
  begin(): boolean {
    this.#ask(false);
    if (mirrorLaneOf(this.#decision) !== null && !this.#done) this.#shadow();
    return !this.#done;
  }

  /** Step 8: shadow. The primary has been asked by now; nothing comes back from here. */
  #shadow(): void {
    const { plan, serviceTarget } = this.#decision;
    const request = new MirroredRequest(
      this.#request,
      this.#facts,
      serviceTarget,
      this.#caller,
      this.#snapshot.overrideHeader,
      this.#context.pseudonym,
    );
    this.#tap = mirrorLaneOf(this.#decision)!.begin(request, plan.primary);
    if (this.#body !== null) this.#body.tap = this.#tap;
  }

  #ask(fresh: boolean): void {
    const instance = this.#target.pick();
    this.#instance = instance;
    const connection = instance.open(this, fresh);
    this.#connection = connection;
    if (connection.ready) this.onConnect();
  }

  onConnect(): void {
    const connection = this.#connection!;
    const body = this.#body;
    const { method, rawHeaders, httpVersion } = this.#request;
    const target = this.#target === this.#snapshot.legacy ? this.#facts.target : this.#decision.serviceTarget;
    const head = requestHead(
      method,
      target,
      this.#facts,
      rawHeaders,
      httpVersion,
      receiverOf(this.#instance!.url, this.#target, this.#context.pseudonym),
      this.#caller,
      this.#snapshot.overrideHeader,
    );
    if (this.#caller.vouched) this.#context.untrusted.note(this.#caller.address);
    if (body === null) {
      connection.send(method, head, true, false);
      return;
    }
    // A small body is usually here by the next tick: it leaves with the head, in one write.
    connection.cork();
    connection.send(method, head, false, false, body.awaitsContinue);
    body.attach(connection);
    process.nextTick(() => connection.uncork());
  }

  onDrain(): void {
    this.#body?.onDrain();
  }

  onInformational(head: ResponseHead): void {
    if (head.status === 100) {
      if (!this.#facts.expectsContinue) return;
      this.#body?.onContinue();
    }
    this.#reply.interim(head.status, head.reason, head.headers);
  }

  /** Step 5: relay. */
  onHead(head: ResponseHead): void {
    if (this.#mayFallBack && this.#decision.lane!.fallbackOn.includes(head.status) && this.#canAskAgain) {
      this.#connection!.abandon();
      this.#fallBack(outcomeOf(head.status));
      return;
    }
    if (head.status > this.#reply.highestStatus) {
      this.#connection!.abandon();
      this.onFailure('target-invalid', `status ${head.status} can't be told by HTTP/2`);
      return;
    }
    this.#head = head;
    this.#status = head.status;
    const { status, reason } = head;
    // Node refuses to announce a trailer that can't follow.
    const dropsTrailer = head.announcesTrailer && !(head.chunked && head.hasBody && this.#facts.takesTrailers);
    const headers = responseHeaders(head.headers, status, dropsTrailer, this.#naming());
    this.#tap?.head(head, headers);
    giveCookie(headers, this.#decision.plan, this.#caller, this.#request.rawHeaders);
    if (this.#snapshot.settings.debug) headers.push(...debugHeaders(this.#decision, this.#target.name));
    this.#replyHead(status, reason, headers, this.#mustClose());
    // Everything that this read brings leaves in one write; a body with a length goes by the shorter way below.
    if (head.chunked && head.hasBody) {
      this.#corked = true;
      this.#reply.cork();
    }
  }

  onBody(chunk: Buffer): void {
    const isWhole = this.#bytes === 0 && chunk.length === this.#head!.contentLength;
    this.#bytes += chunk.length;
    if (isWhole) this.#reply.writeWhole(chunk);
    else if (!this.#reply.write(chunk)) this.#awaitCaller();
    this.#tap?.body(chunk);
  }

  onReadEnd(): void {
    if (this.#corked) {
      this.#corked = false;
      this.#reply.uncork();
    }
    // The head alone: it must not wait for a body that may be long in coming.
    if (!this.#done && this.#head !== null && this.#bytes === 0) this.#reply.flush();
  }

  onComplete(trailers: readonly string[]): void {
    this.#connection = null;
    this.#reply.end(this.#facts.takesTrailers ? keptTrailers(trailers) : []);
    this.#finish(outcomeOf(this.#status));
  }

  /** Step 6: rescue. */
  onFailure(code: ErrorCode, detail: string): void {
    const connection = this.#connection!;
    this.#connection = null;
    this.#body?.detach();
    if (this.#head !== null) {
      this.#tellFailure(code, detail);
      // What came before the break is the caller's all the same.
      if (this.#corked) this.#reply.uncork();
      this.#reply.cut();
      this.#finish(failed);
      return;
    }
    const neverReached = isConnectFailure(code);
    if (neverReached && --this.#instancesLeft > 0) {
      this.#ask(false);
      return;
    }
    // The target closed the idle connection while the request was on its way: the request is not to blame.
    if (
      code === 'target-reset' &&
      connection.reused &&
      !connection.responseBegan &&
      !this.#staleRetried &&
      this.#canAskAgain
    ) {
      this.#staleRetried = true;
      this.#ask(true);
      return;
    }
    this.#tellFailure(code, detail);
    if (this.#mayFallBack && (neverReached || this.#canAskAgain)) this.#fallBack(failed);
    else this.#fail(code);
  }

  onUpgrade(): void {
    // The parser refuses a 101 to a request that asked for none; upgrades have a way of their own.
    throw new Error('a plain request was upgraded');
  }

  onTunnelEnd(): void {}

  onCallerDrain(): void {
    this.deadline = 0;
    this.#connection?.resume();
  }

  /** The caller takes nothing of its answer any more: it may not hold the target's connection for ever. */
  expire(): void {
    this.#connection?.abandon();
    this.#connection = null;
    this.#caller.refused = true;
    this.#reply.cut();
    this.#finish(aborted);
  }

  /** The caller is slower than the target, who waits for it. */
  #awaitCaller(): void {
    const { sweep } = this.#context.transport;
    this.#connection!.pause();
    this.deadline = sweep.after(this.#snapshot.settings.listen.timeout.answer);
    sweep.add(this);
  }

  onCallerGone(): void {
    if (this.#done) return;
    this.#connection?.abandon();
    this.#connection = null;
    this.#finish(aborted);
  }

  onBodyStalled(): void {
    if (this.#done) this.#reply.cut();
    else this.onCallerBroke('request-timeout');
  }

  /** The caller's own message turned out to be broken: in its framing, or in its pace. */
  onCallerBroke(code: ErrorCode): void {
    if (this.#done) return;
    this.#tap?.gone();
    this.#connection?.abandon();
    this.#connection = null;
    if (this.#head === null) this.#fail(code);
    else {
      this.#reply.cut();
      this.#finish(failed);
    }
  }

  /** True while the caller still owes bytes of this request's body. */
  get readsBody(): boolean {
    return this.#body !== null && !this.#body.complete;
  }

  get #mayFallBack(): boolean {
    return this.#decision.plan.fallback && this.#target !== this.#snapshot.legacy;
  }

  /** A safe request whose body, if any, is still whole in our hands. */
  get #canAskAgain(): boolean {
    return isSafe(this.#request.method) && (this.#body === null || this.#body.replayable);
  }

  /** @param outcome what the service did; legacy is counted for itself, from here on. */
  #fallBack(outcome: number): void {
    const { meter } = this.#context;
    const lane = this.#decision.lane!;
    meter.fellBack(this.#slot);
    this.#tap?.failed();
    this.#connection = null;
    this.#body?.detach();
    this.#target = this.#snapshot.legacy;
    this.#instancesLeft = this.#target.instances;
    this.#staleRetried = false;
    const now = performance.now();
    meter.finished(this.#slot, outcome, now - this.#askedAt);
    this.#askedAt = now;
    this.#slot = lane.legacySlot;
    meter.started(this.#slot);
    this.#ask(false);
  }

  #fail(code: ErrorCode): void {
    const { status, reason, headers, body } = problem(code);
    if (this.#snapshot.settings.debug) headers.push(...debugHeaders(this.#decision, this.#target.name));
    this.#status = status;
    this.#replyHead(status, reason, headers, this.readsBody || this.#context.draining);
    if (this.#request.method !== 'HEAD') this.#reply.writeWhole(body);
    this.#reply.end([]);
    this.#finish(failed);
  }

  #replyHead(status: number, reason: string, headers: string[], close: boolean): void {
    // Nobody would get the answer to a request that is already waiting behind this one.
    if (close) this.#caller.refused = true;
    this.#reply.head(status, reason, headers, close);
  }

  /** Step 7: account. */
  #finish(outcome: number): void {
    if (this.#done) return;
    this.#done = true;
    this.#context.transport.sweep.remove(this);
    this.#context.requests--;
    const now = performance.now();
    this.#context.meter.finished(this.#slot, outcome, now - this.#askedAt);
    if (outcome === aborted) this.#body?.close();
    else this.#body?.discard();
    if (this.#context.accessLog !== null && this.#snapshot.settings.accessLog) this.#log(now - this.#startedAt);
    this.#caller.next(this);
    if (this.#tap !== null) this.#endTap(outcome);
  }

  #endTap(outcome: number): void {
    if (outcome === aborted) this.#tap!.gone();
    else if (outcome === failed) this.#tap!.failed();
    else this.#tap!.complete();
  }

  #log(milliseconds: number): void {
    const { method, url } = this.#request;
    const mark = url.indexOf('?');
    this.#context.accessLog!({
      method,
      path: mark === -1 ? url : url.slice(0, mark),
      status: this.#status,
      route: this.#decision.lane?.route.id ?? '-',
      target: this.#target.name,
      milliseconds,
      bytes: this.#bytes,
    });
  }

  #tellFailure(code: ErrorCode, detail: string): void {
    this.#context.events.emit({
      type: 'request.failed',
      code,
      route: this.#decision.lane?.route.id ?? '-',
      target: this.#target.name,
      detail,
    });
  }

  #naming() {
    return namingFor(this.#target, this.#instance!.url, this.#facts.host, this.#request.rawHeaders, this.#caller);
  }

  /** A caller that still waits for its 100 may never send the body: what follows could not be told from one. */
  #mustClose(): boolean {
    return this.#context.draining || (this.#facts.expectsContinue && this.#body !== null && !this.#body.began);
  }
}

/** The place of a status among the meter's outcomes. */
