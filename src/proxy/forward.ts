/**
 * The way of one request, from the caller's bytes to the caller's answer:
 *
 *   1. screen   refuse what two servers could read in two ways (in `server.ts`, before a Forwarding exists)
 *   2. match    find the route on the normalised path; none means legacy
 *   3. plan     the caller's bucket against the route's live percent says who answers
 *   4. send     as the target's stack lets it: the head as the target shall see it, the body as it comes
 *   5. relay    the answer's head and body, at the pace of the slower side
 *   6. rescue   what failed before its first byte is tried again, or asked of legacy, else the error table answers
 *   7. account  count it, and let the connection's next request begin
 *   8. shadow   beside all of this: the mirror is told what passes, and sends its copy on its own time
 *
 * Nothing here awaits: the snapshot is in memory, and all that follows step 4 is driven by the two sockets. The one
 * exception is a route that publishes (see `publishing.ts`): what is intended is written down before step 4, and the
 * event before the end of step 5.
 */
import { type ErrorCode, errors } from '../domain/errors.ts';
import { type FallbackCause, fallbackCauseOf } from '../domain/fallback.ts';
import type { Asked, ResponseHead, Sweepable, Tap } from '../ports.ts';
import { type Asker, Attempt } from './attempt.ts';
import type { Abortable, CallerSocket } from './caller-socket.ts';
import type { ProxyContext } from './context.ts';
import { aborted, failed, outcomeOf } from './outcome.ts';
import { type PublishedReply, publishedReply } from './publishing.ts';
import type { Reply } from './reply.ts';
import { type BodyOwner, type BodySource, keptTrailers, RequestBody } from './request-body.ts';
import { faultEvent, problem } from './rescue.ts';
import type { RawRequest, Screened } from './screen.ts';
import type { Snapshot } from './snapshot.ts';

/** ms that an answer is waited for whose caller has left, where its event is to be told. */
const readOnFor = 30_000;

export class Forwarding implements Asker, Abortable, BodyOwner, Sweepable {
  /** Set while the answer waits for its caller. */
  deadline = 0;
  sweepIndex = -1;
  readonly #context: ProxyContext;
  readonly #snapshot: Snapshot;
  readonly #request: RawRequest;
  readonly #facts: Screened;
  readonly #reply: Reply;
  readonly #caller: CallerSocket;
  readonly #attempt: Attempt;
  readonly #body: RequestBody | null;
  /** The same as the reply, where something of this request is told. */
  readonly #published: PublishedReply | null;

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
    const plain = reply(() => this.onCallerDrain());

    // Steps 2 and 3: match, and plan.
    this.#attempt = new Attempt(context, snapshot, request, facts, caller, this);
    const { decision } = this.#attempt;
    const publishes = decision.lane !== null && decision.lane.publish !== null;
    this.#published = publishes
      ? publishedReply(decision, request, facts.hasBody, caller.trusted, plain, context.transport.sweep)
      : null;
    this.#reply = this.#published ?? plain;
    const keep = facts.hasBody && this.#attempt.mayReplay;
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
    context.requests++;
  }

  /** Step 4: send. Called at the request's turn on its connection; false when it was over at once. */
  begin(): boolean {
    if (this.#published === null) this.#send();
    else void this.#sendOnceIntended(this.#published);
    return !this.#done;
  }

  async #sendOnceIntended(published: PublishedReply): Promise<void> {
    try {
      const mayLeave = await published.intend();
      // The caller may have left meanwhile.
      if (this.#done) return;
      if (mayLeave) this.#send();
      else this.#fail('outbox-unavailable');
    } catch (error) {
      this.#onFault(error);
    }
  }

  /** A fault of ours costs the request, and not the process with everybody else's: nobody else is asked, who may meet it too. */
  #onFault(error: unknown): void {
    this.#context.events.emit(faultEvent(error));
    if (this.#done) return;
    this.#attempt.abandon();
    this.#body?.detach();
    if (this.#head === null) this.#fail('internal-error');
    else {
      this.#reply.cut();
      this.#finish(failed);
    }
  }

  #send(): void {
    this.#attempt.ask(false);
    // Step 8: shadow. The primary has been asked by now, and nothing ever comes back from here.
    this.#tap = this.#attempt.mirror();
    // It may not have been to be asked.
    if (this.#done || this.#attempt.fallback !== null) this.#tap?.failed();
    else if (this.#tap !== null && this.#body !== null) this.#body.tap = this.#tap;
    if (this.#published !== null && this.#body !== null) this.#body.tap = this.#published.tap(this.#body.tap);
  }

  onConnect(): void {
    const connection = this.#attempt.connection!;
    const body = this.#body;
    const { method } = this.#request;
    this.#attempt.reached();
    const head = this.#attempt.head();
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

  asked(): Asked {
    return this.#attempt.asked();
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
    const attempt = this.#attempt;
    attempt.heard(head.status);
    if (head.status > this.#reply.highestStatus) {
      attempt.connection!.abandon();
      this.onFailure('target-invalid', `status ${head.status} can't be told by HTTP/2`);
      return;
    }
    const cause = attempt.replaces(head.status);
    if (cause !== 'fallthrough' && attempt.asksInsteadOf(head)) {
      this.#body?.detach();
      return;
    }
    if (cause !== null) {
      attempt.ignore();
      attempt.tellReplaced(head.status, cause);
      this.#fallBack(cause, outcomeOf(head.status));
      return;
    }
    attempt.settle();
    this.#head = head;
    this.#status = head.status;
    const { status, reason } = head;
    // Node refuses to announce a trailer that can't follow.
    const dropsTrailer = head.announcesTrailer && !(head.chunked && head.hasBody && this.#facts.takesTrailers);
    const headers = attempt.told(head, dropsTrailer);
    this.#tap?.head(head, headers);
    attempt.addOwnFields(headers);
    attempt.assign();
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
    this.#attempt.connection = null;
    this.#reply.end(this.#facts.takesTrailers ? keptTrailers(trailers) : []);
    if (this.#published === null) this.#finish(outcomeOf(this.#status));
    else void this.#finishOnceTold(this.#published);
  }

  /** What it has done is told first, if it is to be. The target has done its part, and gets its place back. */
  async #finishOnceTold(published: PublishedReply): Promise<void> {
    this.#attempt.leave();
    try {
      if (published.told !== null) await published.told;
      if (!this.#done) this.#relayHeld(published);
    } catch (error) {
      this.#onFault(error);
    }
  }

  #relayHeld(published: PublishedReply): void {
    if (published.relay()) this.#finish(published.abandoned ? aborted : outcomeOf(this.#status));
    else this.#awaitCaller();
  }

  /** Step 6: rescue. */
  onFailure(code: ErrorCode, detail: string): void {
    const attempt = this.#attempt;
    const connection = attempt.connection!;
    attempt.connection = null;
    this.#body?.detach();
    if (this.#head !== null) {
      attempt.judge(false);
      attempt.tellFailure(code, detail);
      // What came before the break is the caller's all the same.
      if (this.#corked) this.#reply.uncork();
      this.#reply.cut();
      this.#finish(failed);
      return;
    }
    if (attempt.asksAgain(code, connection)) return;
    attempt.tellFailure(code, detail);
    this.#rescue(code, 0);
  }

  onDenied(code: ErrorCode, detail: string, retryAfter: number): void {
    this.#attempt.abandon();
    this.#body?.detach();
    this.#attempt.tellFailure(code, detail);
    this.#rescue(code, retryAfter);
  }

  #rescue(code: ErrorCode, retryAfter: number): void {
    const attempt = this.#attempt;
    if (attempt.mayFallBack && attempt.canAskAnother) this.#fallBack(fallbackCauseOf(code), failed);
    else this.#fail(code, retryAfter);
  }

  onUpgrade(): void {
    // The parser refuses a 101 to a request that asked for none; upgrades have a way of their own.
    throw new Error('a plain request was upgraded');
  }

  onTunnelEnd(): void {}

  onCallerDrain(): void {
    this.deadline = 0;
    this.#attempt.connection?.resume();
    if (this.#published?.isRelaying) this.#relayHeld(this.#published);
  }

  /** The caller takes nothing of its answer any more: it may not hold the target's connection for ever. */
  expire(): void {
    this.#attempt.abandon();
    this.#caller.refused = true;
    this.#reply.cut();
    this.#finish(aborted);
  }

  /** The caller is slower than the target, who waits for it where it is not done. */
  #awaitCaller(): void {
    const { sweep } = this.#context.transport;
    this.#attempt.connection?.pause();
    this.deadline = sweep.after(this.#snapshot.settings.listen.timeout.answer);
    sweep.add(this);
  }

  onCallerGone(): void {
    if (this.#done || this.#readsOn()) return;
    this.#attempt.abandon();
    this.#finish(aborted);
  }

  /** True where the caller is gone, and what its request did is to be told all the same. */
  #readsOn(): boolean {
    const published = this.#published;
    if (published === null || !published.awaitsAnswer || !this.#attempt.hasLeft || this.readsBody) return false;
    published.abandon();
    this.#tap?.gone();
    this.#attempt.connection?.resume();
    const { sweep } = this.#context.transport;
    this.deadline = sweep.after(readOnFor);
    sweep.add(this);
    return true;
  }

  onBodyStalled(): void {
    if (this.#done) this.#reply.cut();
    else this.onCallerBroke('request-timeout');
  }

  /** The caller's own message turned out to be broken: in its framing, or in its pace. */
  onCallerBroke(code: ErrorCode): void {
    if (this.#done) return;
    this.#tap?.gone();
    this.#attempt.abandon();
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

  get hasWholeBody(): boolean {
    return this.#body === null || this.#body.replay() !== undefined;
  }

  /** @param outcome what the service did; legacy is counted for itself, from here on. */
  #fallBack(cause: FallbackCause, outcome: number): void {
    if (cause === 'fallthrough') this.#tap?.fellThrough();
    else this.#tap?.failed();
    this.#body?.detach();
    this.#attempt.fallBack(cause, outcome);
    this.#attempt.ask(false);
  }

  #fail(code: ErrorCode, retryAfter = 0): void {
    const { status, reason, headers, body } = problem(code, retryAfter);
    this.#published?.giveUp(this.#attempt.hasLeft ? `no answer came (${code})` : null);
    this.#attempt.addFacts(headers);
    if (errors[code].cause !== 'client') this.#attempt.assign();
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
    this.#published?.giveUp(this.#attempt.hasLeft ? 'the caller left before its request was whole' : null);
    this.#context.transport.sweep.remove(this);
    this.#context.requests--;
    const now = performance.now();
    this.#attempt.finish(outcome, now);
    if (outcome === aborted) this.#body?.close();
    else this.#body?.discard();
    if (this.#context.accessLog !== null && this.#snapshot.settings.accessLog) this.#log(now - this.#attempt.startedAt);
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
      route: this.#attempt.decision.lane?.route.id ?? '-',
      target: this.#attempt.target.name,
      milliseconds,
      bytes: this.#bytes,
    });
  }

  /** A caller that still waits for its 100 may never send the body: what follows could not be told from one. */
  #mustClose(): boolean {
    return this.#context.draining || (this.#facts.expectsContinue && this.#body !== null && !this.#body.began);
  }
}
