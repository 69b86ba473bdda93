import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode } from '../domain/errors.ts';
import type { LiveRoute } from '../domain/live.ts';
import type { ListenSettings, Settings } from '../domain/settings.ts';
import type { AccessLog, EventSink, Meter, Mirror, Publisher, Transport } from '../ports.ts';
import { Admission } from './admission.ts';
import { CallerSocket } from './caller-socket.ts';
import type { ProxyContext } from './context.ts';
import { Forwarding } from './forward.ts';
import { createSecureListener, type SecureListener } from './http2.ts';
import { lingerThenDestroy } from './linger.ts';
import { type Asked, accountLastHop, accountRefusal } from './own-answers.ts';
import { Http1Reply } from './reply.ts';
import { faultEvent, problem, problemMessage } from './rescue.ts';
import { type Screened, screen } from './screen.ts';
import { type Frame, frameOf, type Snapshot, snapshotOf } from './snapshot.ts';
import { Tunnel } from './tunnel.ts';
import { UntrustedPeers } from './untrusted-peers.ts';
import { tunnelProtocol, UpgradableMessage } from './upgradable.ts';

export interface ProxyParts {
  readonly events: EventSink;
  readonly meter: Meter;
  readonly transport: Transport;
  readonly accessLog?: AccessLog;
  /** Without one nothing is shadowed. */
  readonly mirror?: Mirror;
  /** Without one nothing is published. */
  readonly publisher?: Publisher;
  /** Shared by the workers of one proxy, so that each knows the others' requests as its own. */
  readonly pseudonym?: string;
}

export interface Proxy {
  /** Swaps everything that requests read, between two requests. */
  apply(settings: Settings, live: readonly LiveRoute[]): void;
  /** @throws the system's error (EADDRINUSE, EACCES, …) when it can't listen there. */
  listen(settings: ListenSettings): Promise<{ url: string; port: number }>;
  /** Stops accepting, lets what is under way finish for at most `milliseconds`, then cuts the rest. */
  drain(milliseconds: number): Promise<{ finished: number; cut: number }>;
  /** Requests and tunnels under way. */
  inFlight(): number;
  /** For an embedding server: what a listener of `request` gets. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** For an embedding server: what a listener of `upgrade` gets. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** How often a drain looks for connections that have become idle, in ms. */
const drainInterval = 50;

/**
 * How long a drain leaves resting connections open, in ms: a request may be on its way on one that is kept alive, or
 * still unread on one that was just accepted. It is answered, with a close.
 */
const restingGrace = 500;

/** How long a refused caller may go on sending, so that it gets to read the refusal, in ms. */
const refusalLinger = 1_000;

/** How long connections that were cut may take to say so, in ms. */
const cutGrace = 100;

/** How long a caller that ended its side is waited for to take its answer before it counts as gone, in ms. */
const halfClosedGrace = 250;

export function createProxy(parts: ProxyParts): Proxy {
  return new HttpProxy(parts);
}

class HttpProxy implements Proxy {
  readonly #context: ProxyContext;
  readonly #mirror: Mirror | null;
  readonly #publisher: Publisher | null;
  #settings: Settings | null = null;
  #frame: Frame | null = null;
  #snapshot: Snapshot | null = null;
  #server: Server | null = null;
  #secure: SecureListener | null = null;
  /** Its own for each proxy: two that are embedded in one server may trust different peers. */
  readonly #callers = new WeakMap<object, CallerSocket>();
  readonly #connected = new Set<CallerSocket>();

  constructor({ events, meter, transport, accessLog, mirror, publisher, pseudonym }: ProxyParts) {
    this.#mirror = mirror ?? null;
    this.#publisher = publisher ?? null;
    this.#context = {
      events,
      meter,
      transport,
      accessLog: accessLog ?? null,
      pseudonym: pseudonym ?? `strangler-${randomBytes(4).toString('hex')}`,
      tunnels: new Set(),
      untrusted: new UntrustedPeers(events),
      admission: new Admission(events, () => this.inFlight()),
      requests: 0,
      draining: false,
    };
  }

  apply(settings: Settings, live: readonly LiveRoute[]): void {
    const { transport, meter } = this.#context;
    if (this.#frame === null || settings !== this.#settings) {
      this.#frame = frameOf(settings, transport, meter);
      this.#mirror?.apply(settings);
    }
    const { tls } = settings.listen;
    if (tls !== null && !isDeepStrictEqual(tls, this.#settings?.listen.tls)) this.#secure?.renew(tls);
    this.#settings = settings;
    this.#context.admission.apply(settings.listen.limits);
    this.#snapshot = snapshotOf(this.#frame, live, meter, this.#mirror, this.#publisher);
  }

  async listen(settings: ListenSettings): Promise<{ url: string; port: number }> {
    const server = this.#createServer(settings);
    this.#server = server;
    this.#secure =
      settings.tls === null ? null : createSecureListener(settings.tls, server, this.#context, () => this.#snapshot!);
    const listener = this.#secure?.server ?? server;
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen({ port: settings.port, host: settings.host, backlog: 1024 }, () => {
        listener.off('error', reject);
        resolve();
      });
    });
    const { port } = listener.address() as AddressInfo;
    const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
    return { url: `${settings.tls === null ? 'http' : 'https'}://${host}:${port}`, port };
  }

  async drain(milliseconds: number): Promise<{ finished: number; cut: number }> {
    const before = this.inFlight();
    this.#context.draining = true;
    const server = this.#server;
    // A published answer may still be on its way when its caller has left.
    const closed = (server === null ? Promise.resolve() : this.#closeServer(server)).then(() => this.#idle());
    await Promise.race([closed, sleep(milliseconds, undefined, { ref: false })]);
    // A connection that has just closed tells its request so within this turn.
    await new Promise((resolve) => setImmediate(resolve));
    const cut = this.inFlight();
    // Before callers are cut: none of them has left by itself.
    this.#mirror?.destroy();
    for (const tunnel of [...this.#context.tunnels]) tunnel.destroy();
    this.#secure?.destroy();
    if (server === null) this.#cutCallers();
    else server.closeAllConnections();
    this.#context.transport.destroy();
    this.#context.admission.close();
    await Promise.race([closed, sleep(cutGrace, undefined, { ref: false })]);
    return { finished: Math.max(0, before - cut), cut };
  }

  /** Resolves when the last connection is gone. */
  async #closeServer(server: Server): Promise<void> {
    let sweep: NodeJS.Timeout | undefined;
    const grace = setTimeout(() => {
      server.closeIdleConnections();
      for (const caller of this.#connected) if (caller.unused) caller.destroy();
      sweep = setInterval(() => server.closeIdleConnections(), drainInterval).unref();
    }, restingGrace).unref();
    await new Promise<void>((resolve) => {
      // http's own `close` would cut the resting connections first; net's only stops listening.
      if (this.#secure === null) NetServer.prototype.close.call(server, () => resolve());
      else this.#secure.close(resolve);
    });
    clearTimeout(grace);
    clearInterval(sweep);
  }

  /** Embedded, the server is somebody else's, and these are all there is to wait for. */
  async #idle(): Promise<void> {
    while (this.inFlight() > 0 && this.#context.draining) await sleep(drainInterval, undefined, { ref: false });
  }

  /** Embedded, connections at rest are the other server's to close; those that wait for us would wait for ever. */
  #cutCallers(): void {
    for (const caller of [...this.#connected]) if (caller.active !== null) caller.destroy();
  }

  inFlight(): number {
    return this.#context.requests + this.#context.tunnels.size;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const caller = this.#callerOf(socket);
    if (caller.refused) return;
    const snapshot = this.#snapshot!;
    if (this.#hasLeft) {
      this.#turnAway(request, response);
      return;
    }
    const facts = screen(
      request as UpgradableMessage & { method: string; url: string },
      snapshot.settings.listen.limits,
      this.#context.pseudonym,
    );
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
      accountRefusal(this.#context, this.#snapshot!, 'overloaded', request, 0);
      return null;
    });
  }

  /** Embedded, requests may still arrive when nothing is left to forward them with. */
  get #hasLeft(): boolean {
    return this.#context.draining && this.#server === null;
  }

  /** By way of the response: the server and its connections are somebody else's. */
  #turnAway(request: IncomingMessage, response: ServerResponse): void {
    const { status, headers, body } = problem('draining');
    response.writeHead(status, headers).end(body);
    accountRefusal(this.#context, this.#snapshot!, 'draining', request, 0);
  }

  #answerLastHop(request: IncomingMessage, response: ServerResponse, caller: CallerSocket): void {
    if (caller.refused) return;
    if (this.#context.draining) {
      caller.refused = true;
      response.shouldKeepAlive = false;
    }
    response.writeHead(200, { 'Content-Length': '0' }).end();
    accountLastHop(this.#context, this.#snapshot!, request, 0);
  }

  #forward(request: IncomingMessage, response: ServerResponse, facts: ReturnType<typeof screen>, caller: CallerSocket) {
    if (typeof facts === 'string' || caller.refused) return null;
    let forwarding: Forwarding | null = null;
    try {
      forwarding = new Forwarding(
        this.#context,
        this.#snapshot!,
        request as IncomingMessage & { method: string; url: string },
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
    const caller = this.#callerOf(socket as Socket);
    takeOver(socket, caller);
    if (caller.refused) return;
    const snapshot = this.#snapshot!;
    if (this.#hasLeft) {
      this.#refuse(caller, socket, 'draining', request);
      return;
    }
    const facts = screen(
      request as IncomingMessage & { method: string; url: string },
      snapshot.settings.listen.limits,
      this.#context.pseudonym,
    );
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
    const raw = request as IncomingMessage & { method: string; url: string };
    caller.enqueue(() => {
      try {
        new Tunnel(this.#context, this.#snapshot!, raw, facts, socket, caller, head).begin();
      } catch (error) {
        this.#onUnexpected(error, caller, socket, request);
      }
      return null;
    });
  }

  /** A fault of ours costs the request that met it, not the process that serves everyone else. */
  #onUnexpected(error: unknown, caller: CallerSocket, socket: Duplex, asked: Asked): void {
    this.#context.events.emit(faultEvent(error));
    this.#refuse(caller, socket, 'internal-error', asked);
  }

  #createServer(settings: ListenSettings): Server {
    const server = createServer({
      IncomingMessage: UpgradableMessage,
      maxHeaderSize: settings.limits.headers,
      headersTimeout: settings.timeout.headers,
      // A long upload is no slow request: the gaps in its body are watched instead.
      requestTimeout: 0,
      keepAliveTimeout: settings.timeout.idle,
      connectionsCheckingInterval: Math.min(1_000, Math.max(100, settings.timeout.headers / 4)),
      // The screen answers a missing Host with an error of the table.
      requireHostHeader: false,
      noDelay: true,
    });
    server.maxHeadersCount = settings.limits.headerCount + 1;
    // A caller may end its side and still read: see onEnd below.
    (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    server.on('connection', (socket: Socket) => this.#onConnection(socket));
    server.on('request', (request, response) => this.handle(request, response));
    server.on('checkContinue', (request, response) => this.handle(request, response));
    server.on('checkExpectation', (request, response) => this.handle(request, response));
    server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    server.on('connect', (request, socket) => {
      const caller = this.#callerOf(socket as Socket);
      takeOver(socket, caller);
      this.#refuse(caller, socket, 'method-refused', request);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) =>
      this.#onClientError(error, socket as Socket),
    );
    return server;
  }

  #callerOf(socket: Socket): CallerSocket {
    return this.#callers.get(socket) ?? this.#onConnection(socket);
  }

  #onConnection(socket: Socket): CallerSocket {
    const secure = 'encrypted' in socket && socket.encrypted === true;
    const caller = new CallerSocket(socket, secure, this.#snapshot!.trust);
    this.#callers.set(socket, caller);
    this.#connected.add(caller);
    socket.once('close', () => {
      this.#connected.delete(caller);
      caller.onClose();
    });
    socket.once('end', () => this.#onCallerEnd(socket, caller));
    return caller;
  }

  /**
   * The caller's side has ended. Most who do that have left; some, like a piped `nc`, still wait for the answer.
   * Nothing tells them apart but a short wait: as long as the answer flows, or comes at once, it is delivered.
   */
  #onCallerEnd(socket: Socket, caller: CallerSocket): void {
    let written = socket.bytesWritten;
    const check = setInterval(() => {
      if (caller.active !== null && !socket.destroyed && socket.bytesWritten > written) {
        written = socket.bytesWritten;
        return;
      }
      clearInterval(check);
      if (caller.active !== null) socket.destroy();
    }, halfClosedGrace).unref();
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const caller = this.#callerOf(socket);
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
        accountRefusal(this.#context, this.#snapshot!, code, asked, performance.now() - since);
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

/**
 * Node takes its listeners off a socket that it hands over, though answers to the requests before may still be on
 * their way: an error would end the process, and a full socket would never be written to again.
 */
function takeOver(socket: Duplex, caller: CallerSocket): void {
  socket.on('error', () => {});
  if (caller.active !== null) socket.on('drain', () => caller.active?.onCallerDrain());
}

function clientErrorCode({ code }: NodeJS.ErrnoException): ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  if (code === 'HPE_INVALID_CONTENT_LENGTH' || code === 'HPE_UNEXPECTED_CONTENT_LENGTH') return 'bad-framing';
  if (code === 'HPE_INVALID_TRANSFER_ENCODING') return 'bad-framing';
  return 'bad-request';
}
