import type { Duplex } from 'node:stream';
import { type ErrorCode, errors } from '../domain/errors.ts';
import { type FallbackCause, fallbackCauseOf } from '../domain/fallback.ts';
import type { Asked, ResponseHead, Sweepable } from '../ports.ts';
import { type Asker, Attempt } from './attempt.ts';
import type { CallerSocket } from './caller-socket.ts';
import type { ProxyContext } from './context.ts';
import { mirrorLaneOf } from './mirrored.ts';
import { aborted, failed, outcomeOf } from './outcome.ts';
import { problemMessage } from './rescue.ts';
import type { RawRequest, Screened } from './screen.ts';
import type { Snapshot } from './snapshot.ts';

const switched = 0;

/** Bytes that a caller may send ahead of the 101 before its socket is paused. */
const earlyBytes = 64 * 1024;

/** How long a tunnel's other side may take to close once one side has ended, in ms. */
const lingerMilliseconds = 10_000;

/**
 * One request to switch protocols, and the tunnel that it becomes. It is planned like any other request; only a
 * 101 that names the protocol that was asked for opens the tunnel, and any other answer is told as what it is.
 */
export class Tunnel implements Asker, Sweepable {
  deadline = 0;
  sweepIndex = -1;
  /** An upgrade has no body. */
  readonly hasWholeBody = true;
  readonly readsBody = false;
  readonly #context: ProxyContext;
  readonly #request: RawRequest;
  readonly #facts: Screened;
  readonly #socket: Duplex;
  readonly #attempt: Attempt;
  #early: Buffer[];
  #earlyLength: number;
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
    this.#request = request;
    this.#facts = facts;
    this.#socket = socket;
    this.#early = early.length > 0 ? [early] : [];
    this.#earlyLength = early.length;
    this.#attempt = new Attempt(context, snapshot, request, facts, caller, this);
    const { decision } = this.#attempt;
    mirrorLaneOf(decision)?.upgrade(request.rawHeaders, decision.plan.primary);
    context.tunnels.add(this);
  }

  begin(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => this.#onCallerData(chunk));
    socket.on('end', () => this.#onCallerEnd());
    socket.on('drain', () => this.#attempt.connection?.resume());
    socket.on('error', () => {});
    socket.on('close', () => this.#onSocketClose());
    this.#attempt.ask(true);
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

  onConnect(): void {
    this.#attempt.reached();
    this.#attempt.connection!.send(this.#request.method, this.#attempt.head(), true, true);
  }

  asked(): Asked {
    return this.#attempt.asked();
  }

  /** Interim answers have no place before a 101 that every client understands. */
  onInformational(): void {}

  onUpgrade(head: ResponseHead): void {
    if (head.upgrade?.toLowerCase() !== this.#facts.upgrade?.toLowerCase()) {
      this.#attempt.judge(false);
      this.#attempt.abandon();
      this.#refuse('target-invalid', 'it switched to another protocol than was asked for');
      return;
    }
    this.#attempt.heard(101);
    this.#attempt.settle();
    // A tunnel may rest for hours: a hundred of them would leave no place for a single request.
    this.#attempt.leave();
    this.#stage = 'open';
    this.#status = 101;
    this.#attempt.assign();
    const fields = [...this.#answerFields(head), 'Upgrade', head.upgrade!, 'Connection', 'Upgrade'];
    this.#socket.write(headText(head, fields), 'latin1');
    for (const chunk of this.#early) this.#attempt.connection!.write(chunk);
    this.#early = [];
    this.#socket.resume();
  }

  onHead(head: ResponseHead): void {
    const attempt = this.#attempt;
    this.#status = head.status;
    attempt.heard(head.status);
    const cause = attempt.replaces(head.status);
    if (cause !== null) {
      attempt.ignore();
      attempt.tellReplaced(head.status, cause);
      this.#fallBack(cause, outcomeOf(head.status));
      return;
    }
    attempt.settle();
    this.#stage = 'refusing';
    attempt.assign();
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
    if (!more) this.#attempt.connection?.pause();
  }

  onReadEnd(): void {}

  onComplete(): void {
    this.#attempt.connection = null;
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
    const attempt = this.#attempt;
    const connection = attempt.connection!;
    attempt.connection = null;
    if (this.#stage === 'refusing') {
      attempt.judge(false);
      this.#account(failed);
      this.#socket.destroy();
      return;
    }
    if (!attempt.asksAgain(code, connection)) this.#rescue(code, detail, 0);
  }

  onDenied(code: ErrorCode, detail: string, retryAfter: number): void {
    this.#attempt.abandon();
    this.#rescue(code, detail, retryAfter);
  }

  #rescue(code: ErrorCode, detail: string, retryAfter: number): void {
    const { mayFallBack, canAskAnother } = this.#attempt;
    if (mayFallBack && canAskAnother) {
      this.#attempt.tellFailure(code, detail);
      this.#fallBack(fallbackCauseOf(code), failed);
    } else this.#refuse(code, detail, retryAfter);
  }

  /** @param outcome what the service did; legacy is counted for itself, from here on. */
  #fallBack(cause: FallbackCause, outcome: number): void {
    this.#attempt.fallBack(cause, outcome);
    this.#attempt.ask(true);
  }

  #answerFields(head: ResponseHead): string[] {
    const fields = [...this.#attempt.told(head, head.announcesTrailer)];
    this.#attempt.addOwnFields(fields);
    return fields;
  }

  #onCallerData(chunk: Buffer): void {
    if (this.#stage === 'open') {
      if (this.#attempt.connection?.write(chunk) === false) this.#socket.pause();
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
    this.#attempt.connection?.endTunnel();
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

  #refuse(code: ErrorCode, detail: string, retryAfter = 0): void {
    this.#attempt.tellFailure(code, detail);
    this.#stage = 'refusing';
    this.#status = errors[code].status;
    this.#attempt.assign();
    this.#socket.write(problemMessage(code, this.#request.method, retryAfter), 'latin1');
    this.#endSocket();
    this.#account(failed);
  }

  #onSocketClose(): void {
    this.#context.transport.sweep.remove(this);
    this.#attempt.abandon();
    this.#account(this.#stage === 'open' ? switched : aborted);
  }

  #account(outcome: number): void {
    if (this.#accounted) return;
    this.#accounted = true;
    this.#attempt.finish(outcome, performance.now());
    this.#context.tunnels.delete(this);
  }
}

function headText({ status, reason }: ResponseHead, fields: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${text}\r\n`;
}
