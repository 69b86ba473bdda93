import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../domain/errors.ts';
import type { CallerSocket } from './caller-socket.ts';
import type { Callers } from './callers.ts';
import type { ProxyContext } from './context.ts';
import { Forwarding } from './forward.ts';
import { lingerThenDestroy } from './linger.ts';
import { type Asked, accountLastHop, accountRefusal } from './own-answers.ts';
import { Http1Reply } from './reply.ts';
import { faultEvent, problem, problemMessage } from './rescue.ts';
import { type Screened, screen } from './screen.ts';
import type { Snapshot } from './snapshot.ts';
import { Tunnel } from './tunnel.ts';
import { tunnelProtocol, UpgradableMessage } from './upgradable.ts';

/** How long a refused caller may go on sending, so that it gets to read the refusal, in ms. */
const refusalLinger = 1_000;

/** What a server heard: it has a method and a target. */
type Asking = IncomingMessage & { method: string; url: string };

interface ReceptionParts {
  readonly context: ProxyContext;
  readonly callers: Callers;
  /** What requests go by at the moment. */
  readonly snapshot: () => Snapshot;
  /** The server and its connections are somebody else's. */
  readonly isEmbedded: () => boolean;
}

/** Takes in what an HTTP/1.1 server hears: each request is screened, and then refused, answered, forwarded or tunnelled at its turn. */
export class Reception {
  readonly #context: ProxyContext;
  readonly #callers: Callers;
  readonly #snapshot: () => Snapshot;
  readonly #isEmbedded: () => boolean;

  constructor({ context, callers, snapshot, isEmbedded }: ReceptionParts) {
    this.#context = context;
    this.#callers = callers;
    this.#snapshot = snapshot;
    this.#isEmbedded = isEmbedded;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const caller = this.#callers.of(socket);
    if (caller.refused) return;
    if (this.#hasLeft) {
      this.#turnAway(request, response);
      return;
    }
    const facts = this.#screen(request);
    if (typeof facts === 'string') {
      request.resume();
      this.#refuse(caller, socket, facts, request);
      return;
    }
    if (!this.#context.admission.admits()) {
      this.#refuseOverload(request, response, facts, caller);
      return;
    }
    caller.lastResponse = response;
    facts.upgrade = null;
    // What may follow a declined Upgrade has passed Node's parser by: the connection ends with this request.
    if (request instanceof UpgradableMessage && request.declinesUpgrade) response.shouldKeepAlive = false;
    if (facts.maxForwards === 0) {
      caller.enqueue(() => {
        this.#answerLastHop(request, response, caller);
        return null;
      });
      return;
    }
    caller.enqueue(() => this.#forward(request, response, facts, caller));
  }

  #screen(request: IncomingMessage): ReturnType<typeof screen> {
    return screen(request as Asking, this.#snapshot().settings.listen.limits, this.#context.pseudonym);
  }

  /** The connection is kept where it can be: to open another is work for both, and there is too much of that already. */
  #refuseOverload(request: IncomingMessage, response: ServerResponse, facts: Screened, caller: CallerSocket): void {
    const declinesUpgrade = request instanceof UpgradableMessage && request.declinesUpgrade;
    if (facts.hasBody || declinesUpgrade || this.#context.draining) {
      request.resume();
      this.#refuse(caller, request.socket, 'overloaded', request);
      return;
    }
    caller.lastResponse = response;
    caller.enqueue(() => {
      if (caller.refused) return null;
      const { status, headers, body } = problem('overloaded');
      response.writeHead(status, headers).end(body);
      accountRefusal(this.#context, this.#snapshot(), 'overloaded', request, 0);
      return null;
    });
  }

  /** Embedded, requests may still arrive when nothing is left to forward them with. */
  get #hasLeft(): boolean {
    return this.#context.draining && this.#isEmbedded();
  }

  /** By way of the response: the server and its connections are somebody else's. */
  #turnAway(request: IncomingMessage, response: ServerResponse): void {
    const { status, headers, body } = problem('draining');
    response.writeHead(status, headers).end(body);
    accountRefusal(this.#context, this.#snapshot(), 'draining', request, 0);
  }

  #answerLastHop(request: IncomingMessage, response: ServerResponse, caller: CallerSocket): void {
    if (caller.refused) return;
    if (this.#context.draining) {
      caller.refused = true;
      response.shouldKeepAlive = false;
    }
    response.writeHead(200, { 'Content-Length': '0' }).end();
    accountLastHop(this.#context, this.#snapshot(), request, 0);
  }

  #forward(request: IncomingMessage, response: ServerResponse, facts: Screened, caller: CallerSocket) {
    if (caller.refused) return null;
    let forwarding: Forwarding | null = null;
    try {
      forwarding = new Forwarding(
        this.#context,
        this.#snapshot(),
        request as Asking,
        request,
        facts,
        (onDrain) => new Http1Reply(response, onDrain),
        caller,
      );
      return forwarding.begin() ? forwarding : null;
    } catch (error) {
      forwarding?.onCallerGone();
      this.#context.events.emit(faultEvent(error));
      this.#answerFault(response, caller);
      return null;
    }
  }

  /** By way of the response, which has its turn: a refusal would wait for it. */
  #answerFault(response: ServerResponse, caller: CallerSocket): void {
    caller.refused = true;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { status, headers, body } = problem('internal-error');
    response.shouldKeepAlive = false;
    response.writeHead(status, headers).end(body);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const caller = this.#callers.ofHandedOver(socket);
    if (caller.refused) return;
    if (this.#hasLeft) {
      this.#refuse(caller, socket, 'draining', request);
      return;
    }
    const facts = this.#screen(request);
    if (typeof facts === 'string') {
      this.#refuse(caller, socket, facts, request);
      return;
    }
    facts.upgrade = tunnelProtocol(request);
    if (facts.upgrade === null) {
      this.#refuse(caller, socket, 'bad-request', request);
      return;
    }
    if (!this.#context.admission.admits()) {
      this.#refuse(caller, socket, 'overloaded', request);
      return;
    }
    facts.contentLength = null;
    caller.enqueue(() => {
      try {
        new Tunnel(this.#context, this.#snapshot(), request as Asking, facts, socket, caller, head).begin();
      } catch (error) {
        this.#onUnexpected(error, caller, socket, request);
      }
      return null;
    });
  }

  /** A CONNECT: this is no proxy that one asks for the way to somebody else. */
  connect(request: IncomingMessage, socket: Duplex): void {
    this.#refuse(this.#callers.ofHandedOver(socket), socket, 'method-refused', request);
  }

  /** A fault of ours costs the request that met it, not the process that serves everyone else. */
  #onUnexpected(error: unknown, caller: CallerSocket, socket: Duplex, asked: Asked): void {
    this.#context.events.emit(faultEvent(error));
    this.#refuse(caller, socket, 'internal-error', asked);
  }

  /** What Node's parser could not take, or gave up. */
  clientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const caller = this.#callers.of(socket);
    if (caller.refused) return;
    if (!socket.writable || error.code === 'ECONNRESET' || error.code === 'EPIPE') {
      socket.destroy();
      return;
    }
    // What follows a request that closes is not read; the answer to that request is still on its way.
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    const { active } = caller;
    if (active?.readsBody) {
      caller.refused = true;
      active.onCallerBroke(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request-timeout' : 'bad-body');
      lingerThenDestroy(socket, refusalLinger);
      return;
    }
    this.#refuse(caller, socket, clientErrorCode(error));
  }

  /** Answers at the request's turn, and takes nothing more from this connection. */
  #refuse(caller: CallerSocket, socket: Duplex, code: ErrorCode, asked: Asked | null = null): void {
    const since = performance.now();
    caller.enqueue(() => {
      if (!caller.refused) {
        accountRefusal(this.#context, this.#snapshot(), code, asked, performance.now() - since);
      }
      caller.refused = true;
      caller.afterLastResponse(() => {
        if (socket.writable) socket.end(problemMessage(code, asked?.method ?? 'GET'), 'latin1');
        lingerThenDestroy(socket, refusalLinger);
      });
      return null;
    });
  }
}

function clientErrorCode({ code }: NodeJS.ErrnoException): ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  if (code === 'HPE_INVALID_CONTENT_LENGTH' || code === 'HPE_UNEXPECTED_CONTENT_LENGTH') return 'bad-framing';
  if (code === 'HPE_INVALID_TRANSFER_ENCODING') return 'bad-framing';
  return 'bad-request';
}
