import type { Duplex } from 'node:stream';
import { type ErrorCode, errors, isConnectFailure } from '../domain/errors.ts';
import { isSafe } from '../domain/method.ts';
import type { Answer, InstancePort, ResponseHead, Sweepable, TargetConnection, TargetPort } from '../ports.ts';
import type { CallerSocket } from './caller-socket.ts';
import type { ProxyContext } from './context.ts';
import { type Decision, debugHeaders, decide, giveCookie } from './decide.ts';
import { mirrorLaneOf } from './mirrored.ts';
import { aborted, failed, outcomeOf } from './outcome.ts';
import { requestHead } from './request-head.ts';
import { problemMessage } from './rescue.ts';
import { namingFor, responseHeaders } from './response-head.ts';
import type { RawRequest, Screened } from './screen.ts';
import { receiverOf, type Snapshot } from './snapshot.ts';

const switched = 0;

/** Bytes that a caller may send ahead of the 101 before its socket is paused. */
const earlyBytes = 64 * 1024;

/** How long a tunnel's other side may take to close once one side has ended, in ms. */
const lingerMilliseconds = 10_000;

/**
 * One request to switch protocols, and the tunnel that it becomes. It is planned like any other request; only a
 * 101 that names the protocol that was asked for opens the tunnel, and any other answer is told as what it is.
 */
export class Tunnel implements Answer, Sweepable {
  deadline = 0;
  sweepIndex = -1;
  readonly #context: ProxyContext;
  readonly #snapshot: Snapshot;
  readonly #request: RawRequest;
  readonly #facts: Screened;
  readonly #socket: Duplex;
  readonly #caller: CallerSocket;
  readonly #decision: Decision;
  /** When the present target was asked first. */
  #askedAt = performance.now();
  #early: Buffer[];
  #earlyLength: number;
  #target: TargetPort;
  #slot: number;
  #instance: InstancePort | null = null;
  #connection: TargetConnection | null = null;
  #instancesLeft: number;
  #stage: 'asking' | 'open' | 'refusing' = 'asking';
  #chunked = false;
  #status = 0;
  #accounted = false;

  /** @param early bytes that came behind the request's head. */
  constructor(
    context: ProxyContext,
    snapshot: Snapshot,
    request: RawRequest,
    facts: Screened,
    socket: Duplex,
    caller: CallerSocket,
    early: Buffer,
  ) {
    this.#context = context;
    this.#snapshot = snapshot;
    this.#request = request;
    this.#facts = facts;
    this.#socket = socket;
    this.#caller = caller;
    this.#early = early.length > 0 ? [early] : [];
    this.#earlyLength = early.length;
    this.#decision = decide(snapshot, request.method, facts, request.rawHeaders, caller);
    const { lane, plan } = this.#decision;
    const toService = lane !== null && plan.primary === 'service';
    this.#target = toService ? lane.service : snapshot.legacy;
    this.#slot = lane === null ? snapshot.unmatchedSlot : toService ? lane.serviceSlot : lane.legacySlot;
    this.#instancesLeft = this.#target.instances;
    mirrorLaneOf(this.#decision)?.upgrade(request.rawHeaders, plan.primary);
    context.meter.started(this.#slot);
    context.tunnels.add(this);
  }

  begin(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => this.#onCallerData(chunk));
    socket.on('end', () => this.#onCallerEnd());
    socket.on('drain', () => this.#connection?.resume());
    socket.on('error', () => {});
    socket.on('close', () => this.#onSocketClose());
    this.#ask();
  }

  /** Ends the tunnel from our side: the proxy is going down. */
  destroy(): void {
    this.#account(this.#stage === 'open' ? switched : failed);
    this.#socket.destroy();
  }

  /** The other side did not close in time. */
  expire(): void {
    this.#socket.destroy();
  }

  #ask(): void {
    const instance = this.#target.pick();
    this.#instance = instance;
    const connection = instance.open(this, true);
    this.#connection = connection;
    if (connection.ready) this.onConnect();
  }

  onConnect(): void {
    const { method, rawHeaders, httpVersion } = this.#request;
    const target = this.#target === this.#snapshot.legacy ? this.#facts.target : this.#decision.serviceTarget;
    const receiver = receiverOf(this.#instance!.url, this.#target, this.#context.pseudonym);
    const { overrideHeader } = this.#snapshot;
    const head = requestHead(
      method,
      target,
      this.#facts,
      rawHeaders,
      httpVersion,
      receiver,
      this.#caller,
      overrideHeader,
    );
    if (this.#caller.vouched) this.#context.untrusted.note(this.#caller.address);
    this.#connection!.send(method, head, true, true);
  }

  /** Interim answers have no place before a 101 that every client understands. */
  onInformational(): void {}

  onUpgrade(head: ResponseHead): void {
    if (head.upgrade?.toLowerCase() !== this.#facts.upgrade?.toLowerCase()) {
      this.#connection!.abandon();
      this.#connection = null;
      this.#refuse('target-invalid', 'it switched to another protocol than was asked for');
      return;
    }
    this.#stage = 'open';
    this.#status = 101;
    const fields = [...this.#answerFields(head), 'Upgrade', head.upgrade!, 'Connection', 'Upgrade'];
    this.#socket.write(headText(head, fields), 'latin1');
    for (const chunk of this.#early) this.#connection!.write(chunk);
    this.#early = [];
    this.#socket.resume();
  }

  onHead(head: ResponseHead): void {
    this.#status = head.status;
    if (this.#mayFallBack && isSafe(this.#request.method) && this.#decision.lane!.fallbackOn.includes(head.status)) {
      this.#connection!.abandon();
      this.#fallBack(outcomeOf(head.status));
      return;
    }
    this.#stage = 'refusing';
    const fields = this.#answerFields(head);
    this.#chunked = head.hasBody && head.contentLength === -1;
    if (this.#chunked) fields.push('Transfer-Encoding', 'chunked');
    fields.push('Connection', 'close');
    this.#socket.write(headText(head, fields), 'latin1');
  }

  onBody(chunk: Buffer): void {
    const data = Buffer.from(chunk);
    if (this.#chunked) this.#socket.write(`${data.length.toString(16)}\r\n`);
    let more = this.#socket.write(data);
    if (this.#chunked) more = this.#socket.write('\r\n');
    if (!more) this.#connection?.pause();
  }

  onReadEnd(): void {}

  onComplete(): void {
    this.#connection = null;
    if (this.#chunked) this.#socket.write('0\r\n\r\n');
    this.#endSocket();
    this.#account(outcomeOf(this.#status));
  }

  /** The target has said all it had to say, or has gone; told for each. */
  onTunnelEnd(): void {
    this.#endSocket();
  }

  onDrain(): void {
    this.#socket.resume();
  }

  onFailure(code: ErrorCode, detail: string): void {
    this.#connection = null;
    if (this.#stage === 'refusing') {
      this.#account(failed);
      this.#socket.destroy();
      return;
    }
    const neverReached = isConnectFailure(code);
    if (neverReached && --this.#instancesLeft > 0) this.#ask();
    else if (this.#mayFallBack && (neverReached || isSafe(this.#request.method))) this.#fallBack(failed);
    else this.#refuse(code, detail);
  }

  get #mayFallBack(): boolean {
    return this.#decision.plan.fallback && this.#target !== this.#snapshot.legacy;
  }

  /** @param outcome what the service did; legacy is counted for itself, from here on. */
  #fallBack(outcome: number): void {
    const { meter } = this.#context;
    meter.fellBack(this.#slot);
    const now = performance.now();
    meter.finished(this.#slot, outcome, now - this.#askedAt);
    this.#askedAt = now;
    this.#target = this.#snapshot.legacy;
    this.#instancesLeft = this.#target.instances;
    this.#slot = this.#decision.lane!.legacySlot;
    meter.started(this.#slot);
    this.#ask();
  }

  #answerFields(head: ResponseHead): string[] {
    const { rawHeaders } = this.#request;
    const naming = namingFor(this.#target, this.#instance!.url, this.#facts.host, rawHeaders, this.#caller);
    const fields = [...responseHeaders(head.headers, head.status, head.announcesTrailer, naming)];
    giveCookie(fields, this.#decision.plan, this.#caller, rawHeaders);
    if (this.#snapshot.settings.debug) fields.push(...debugHeaders(this.#decision, this.#target.name));
    return fields;
  }

  #onCallerData(chunk: Buffer): void {
    if (this.#stage === 'open') {
      if (this.#connection?.write(chunk) === false) this.#socket.pause();
      return;
    }
    this.#early.push(chunk);
    this.#earlyLength += chunk.length;
    if (this.#earlyLength > earlyBytes) this.#socket.pause();
  }

  #onCallerEnd(): void {
    if (this.#stage === 'asking') this.#socket.destroy();
    if (this.#stage !== 'open') return;
    // Its own side only: what the target still has to say is for it.
    this.#connection?.endTunnel();
    this.#linger();
  }

  /** Says all that is to be said, and waits for the caller's goodbye. */
  #endSocket(): void {
    this.#socket.end();
    this.#linger();
  }

  /** Nobody waits for the other side's goodbye for ever. */
  #linger(): void {
    const { sweep } = this.#context.transport;
    if (this.deadline !== 0 || this.#socket.destroyed) return;
    this.deadline = sweep.after(lingerMilliseconds);
    sweep.add(this);
  }

  #refuse(code: ErrorCode, detail: string): void {
    this.#context.events.emit({
      type: 'request.failed',
      code,
      route: this.#decision.lane?.route.id ?? '-',
      target: this.#target.name,
      detail,
    });
    this.#stage = 'refusing';
    this.#status = errors[code].status;
    this.#socket.write(problemMessage(code, this.#request.method), 'latin1');
    this.#endSocket();
    this.#account(failed);
  }

  #onSocketClose(): void {
    this.#context.transport.sweep.remove(this);
    this.#connection?.abandon();
    this.#connection = null;
    this.#account(this.#stage === 'open' ? switched : aborted);
  }

  #account(outcome: number): void {
    if (this.#accounted) return;
    this.#accounted = true;
    this.#context.meter.finished(this.#slot, outcome, performance.now() - this.#askedAt);
    this.#context.tunnels.delete(this);
  }
}

/** The place of a status among the meter's outcomes. */

function headText({ status, reason }: ResponseHead, fields: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${text}\r\n`;
}
