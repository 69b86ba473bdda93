import net from 'node:net';
import tls from 'node:tls';
import type { ErrorCode } from '../../domain/errors.ts';
import type { InstanceUrl, TargetSettings } from '../../domain/settings.ts';
import type { Answer, ResponseHead, Sweepable, Sweeper, TargetConnection } from '../../ports.ts';
import { type ResponseEvents, ResponseParser } from './parser.ts';
import { placeOf, securePlaceOf } from './reach.ts';
import { WireError } from './wire-error.ts';

/** What callers' exchanges say of their instance. */
export interface Outcomes {
  /** Failures in a row: exchanges that broke or never began, and those held against it. A caller's abort is none. */
  failures: number;
  onFailure(): void;
}

/** What a connection tells the pool that it came from. */
export interface ConnectionHome {
  readonly sweep: Sweeper;
  readonly url: InstanceUrl;
  readonly settings: TargetSettings;
  readonly limits: { readonly head: number };
  readonly outcomes: Outcomes;
  /** Exchanges under way, tunnels and those that wait for their connection included. */
  pending: number;
  onReusable(connection: Connection): void;
  onGone(connection: Connection): void;
  onSurplus(connection: Connection): void;
}

type Stage = 'connecting' | 'idle' | 'busy' | 'tunnel' | 'gone';

/**
 * Reads of plain sockets land in this one buffer: a read is parsed to its end before the next one begins, so
 * that thousands of connections need no buffer of their own.
 */
const readBuffer = Buffer.allocUnsafe(64 * 1024);

/** What is left of an answer that nobody takes is read up to so many bytes, rather than to connect anew. */
const shortBytes = 16 * 1024;

/** One socket to one instance, carrying one exchange at a time. */
export class Connection implements TargetConnection, Sweepable, ResponseEvents {
  deadline = 0;
  sweepIndex = -1;
  /** Where this stands among the pool's idle connections; -1 when it doesn't. */
  idleIndex = -1;
  /** True from the second exchange on: a failure may only mean that the target had closed it meanwhile. */
  reused = false;
  /** True as soon as any byte of the response has been read. */
  responseBegan = false;
  keepAliveSeconds = -1;

  readonly #home: ConnectionHome;
  readonly #parser: ResponseParser;
  readonly #socket: net.Socket;
  #answer: Answer | null;
  #stage: Stage = 'connecting';
  #requestDone = false;
  #responseDone = false;
  #reusable = false;
  #headRead = false;
  #isShort = false;
  #paused = false;
  /** The exchange was held against the instance: it is counted once, however it goes on. */
  #blamed = false;

  constructor(home: ConnectionHome, answer: Answer) {
    this.#home = home;
    home.pending++;
    this.#answer = answer;
    this.#parser = new ResponseParser(this, home.limits);
    this.#socket = home.url.secure ? this.#openSecure() : this.#openPlain();
    this.#socket.setNoDelay(true);
    this.#socket.on('drain', () => this.#onDrain());
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    this.#socket.on('close', () => this.#onClose());
    this.#arm(home.settings.timeout.connect);
    home.sweep.add(this);
  }

  get gone(): boolean {
    return this.#stage === 'gone';
  }

  get ready(): boolean {
    return this.#stage === 'busy';
  }

  get #timeout(): TargetSettings['timeout'] {
    return this.#home.settings.timeout;
  }

  /** Takes an idle connection into use for another exchange. */
  reuse(answer: Answer): void {
    this.reused = true;
    this.#home.pending++;
    this.#blamed = false;
    this.#answer = answer;
    this.#stage = 'busy';
    this.#home.sweep.add(this);
    this.deadline = 0;
  }

  send(method: string, head: string, done: boolean, upgrading: boolean, answerDue = done): void {
    this.responseBegan = false;
    this.#headRead = false;
    this.#responseDone = false;
    this.#requestDone = done;
    this.#parser.expect(method, upgrading);
    this.#socket.write(head, 'latin1');
    if (answerDue) this.#arm(this.#timeout.response);
    else this.deadline = 0;
  }

  /** Holds writes back until {@link uncork}, so that a head and a small body leave together. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** False: the target reads slower than this is written; wait for onDrain. */
  write(data: Buffer | string): boolean {
    const more = this.#socket.write(data, 'latin1');
    // While the target takes what it is sent, its silence is no fault: it may be waiting for the rest.
    if (more) this.deadline = 0;
    else this.#armForTarget();
    return more;
  }

  /** The request has been written whole. */
  endRequest(): void {
    this.#requestDone = true;
    this.#armForTarget();
    this.#settle();
  }

  /** Stops reading: whoever takes the response is slower than the target, and that is not the target's fault. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
    this.deadline = 0;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
    if (this.#stage === 'busy' && this.#requestDone && !this.#responseDone) this.#arm(this.#timeout.idle);
  }

  /** Ends our side of a tunnel after what was written. */
  endTunnel(): void {
    this.#socket.end();
  }

  /** Gives the exchange up without another word to its answer. */
  abandon(): void {
    this.#answer = null;
    this.destroy();
  }

  ignore(): void {
    this.#answer = null;
    // Without a limit to its pauses it might never end, and nobody would be left to notice.
    if (!this.#requestDone || !this.#isShort || this.#timeout.idle === 0) this.destroy();
  }

  blame(): void {
    if (this.#blamed) return;
    this.#blamed = true;
    this.#home.outcomes.onFailure();
  }

  destroy(): void {
    this.#leave();
    this.#socket.destroy();
  }

  expire(): void {
    this.deadline = 0;
    if (this.#stage === 'idle') this.destroy();
    else if (this.#stage === 'connecting') this.#fail('connect-timeout', 'no connection in time');
    else this.#fail('response-timeout', this.#headRead ? 'the body stalled' : 'no answer in time');
  }

  onInformational(head: ResponseHead): void {
    if (!this.#requestDone) this.deadline = 0;
    this.#answer?.onInformational(head);
  }

  onHead(head: ResponseHead): void {
    this.#headRead = true;
    this.#isShort = !head.hasBody || (head.contentLength !== -1 && head.contentLength <= shortBytes);
    this.keepAliveSeconds = head.keepAliveSeconds;
    this.deadline = 0;
    if (this.#requestDone) this.#arm(this.#timeout.idle);
    this.#answer?.onHead(head);
  }

  onBody(chunk: Buffer): void {
    this.#answer?.onBody(chunk);
  }

  onComplete(trailers: readonly string[], reusable: boolean): void {
    this.#responseDone = true;
    this.#reusable = reusable;
    this.deadline = 0;
    if (!this.#blamed) this.#home.outcomes.failures = 0;
    this.#answer?.onComplete(trailers);
  }

  onUpgrade(head: ResponseHead): void {
    this.#stage = 'tunnel';
    this.deadline = 0;
    this.#answer?.onUpgrade(head);
    if (!this.#blamed) this.#home.outcomes.failures = 0;
  }

  #openPlain(): net.Socket {
    return net
      .connect({
        ...placeOf(this.#home.url),
        onread: {
          buffer: readBuffer,
          callback: (length, buffer) => this.#onBytes((buffer as Buffer).subarray(0, length)),
        },
      })
      .on('connect', () => this.#onConnected());
  }

  #openSecure(): net.Socket {
    return tls
      .connect(securePlaceOf(this.#home.url, this.#home.settings.tls))
      .on('secureConnect', () => this.#onConnected())
      .on('data', (chunk: Buffer) => this.#onBytes(chunk));
  }

  #onConnected(): void {
    if (this.#stage !== 'connecting') return;
    this.#stage = 'busy';
    this.deadline = 0;
    this.#answer?.onConnect();
  }

  /** The result tells the socket whether to go on reading. */
  #onBytes(bytes: Buffer): boolean {
    if (this.#stage === 'tunnel') {
      this.#answer?.onBody(bytes);
      return !this.#paused;
    }
    if (this.#stage !== 'busy' || this.#responseDone) {
      this.#surplus();
      return true;
    }
    this.responseBegan = true;
    if (this.deadline !== 0 && this.#headRead) this.#arm(this.#timeout.idle);
    let read = 0;
    try {
      read = this.#parser.execute(bytes);
    } catch (error) {
      // Whatever went wrong in reading or relaying these bytes ends this exchange, and nobody else's.
      if (error instanceof WireError) this.#fail('target-invalid', error.message);
      else this.#fail('internal-error', String((error as Error)?.stack ?? error));
      return true;
    }
    this.#afterRead(read < bytes.length ? bytes.subarray(read) : null);
    return !this.#paused;
  }

  #afterRead(rest: Buffer | null): void {
    this.#answer?.onReadEnd();
    // Read again through the accessor: the callbacks above may have turned the connection into a tunnel or ended it.
    const stage = this.#stage as Stage;
    if (stage === 'tunnel') {
      if (rest !== null) this.#answer?.onBody(rest);
      return;
    }
    if (stage === 'gone') return;
    if (rest !== null) this.#surplus();
    else this.#settle();
  }

  /** Bytes that answer nothing: were they kept, they would become somebody else's response. */
  #surplus(): void {
    this.#home.onSurplus(this);
    if (this.#responseDone || this.#stage === 'idle') {
      this.#answer = null;
      this.destroy();
      return;
    }
    this.#fail('target-invalid', 'bytes before the request');
  }

  /** Hands the connection back once both directions are done. */
  #settle(): void {
    if (!this.#responseDone || this.#stage !== 'busy') return;
    this.#answer = null;
    if (!this.#requestDone || !this.#reusable) {
      this.destroy();
      return;
    }
    this.#stage = 'idle';
    this.#home.pending--;
    // The last bytes were more than their caller could take at once: the next exchange must not find reading stopped.
    this.resume();
    this.#home.sweep.remove(this);
    this.#home.onReusable(this);
  }

  #onDrain(): void {
    if (this.#stage === 'busy' && !this.#requestDone) this.deadline = 0;
    this.#answer?.onDrain();
  }

  #onEnd(): void {
    if (this.#stage === 'tunnel') {
      this.#answer?.onTunnelEnd();
      return;
    }
    if (this.#stage === 'busy' && this.responseBegan && !this.#responseDone && this.#parser.finish()) {
      this.#afterRead(null);
      return;
    }
    this.#fail('target-reset', 'the connection was closed');
  }

  #onError(error: NodeJS.ErrnoException): void {
    const code = error.code ?? error.message;
    if (this.#stage !== 'connecting') this.#fail('target-reset', code);
    else this.#fail(code === 'ECONNREFUSED' ? 'target-refused' : 'target-unreachable', code);
  }

  #onClose(): void {
    if (this.#stage !== 'gone') this.#fail('target-reset', 'the connection was closed');
  }

  #fail(code: ErrorCode, detail: string): void {
    const answer = this.#answer;
    const tunnel = this.#stage === 'tunnel';
    if (!tunnel && this.#stage !== 'idle' && !this.#responseDone && this.#isInstancesFault(code)) this.blame();
    this.#answer = null;
    this.destroy();
    if (tunnel) answer?.onTunnelEnd();
    else if (!this.#responseDone) answer?.onFailure(code, detail);
  }

  #isInstancesFault(code: ErrorCode): boolean {
    // An idle connection may be closed at any time: that a request met it on its way is nobody's fault.
    const wasClosedMeanwhile = code === 'target-reset' && this.reused && !this.responseBegan;
    return code !== 'internal-error' && !wasClosedMeanwhile;
  }

  #leave(): void {
    if (this.#stage === 'gone') return;
    if (this.#stage !== 'idle') this.#home.pending--;
    this.#stage = 'gone';
    this.#home.sweep.remove(this);
    this.#home.onGone(this);
  }

  #arm(milliseconds: number): void {
    this.deadline = this.#home.sweep.after(milliseconds);
  }

  /** It is the target's turn: to answer, to go on answering, or to read. A tunnel may be silent as long as it likes. */
  #armForTarget(): void {
    if (this.#stage !== 'busy' || this.#responseDone || this.#paused) return;
    this.#arm(this.#headRead ? this.#timeout.idle : this.#timeout.response);
  }
}
