import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { LiveRoute } from '../domain/live.ts';
import type { ListenSettings, Settings } from '../domain/settings.ts';
import type { AccessLog, EventSink, Meter, Mirror, Publisher, Transport } from '../ports.ts';
import { Admission } from './admission.ts';
import { Callers } from './callers.ts';
import type { ProxyContext } from './context.ts';
import { createSecureListener, type SecureListener } from './http2.ts';
import { Reception } from './reception.ts';
import { type Frame, frameOf, type Snapshot, snapshotOf } from './snapshot.ts';
import { UntrustedPeers } from './untrusted-peers.ts';
import { UpgradableMessage } from './upgradable.ts';

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

/** How long connections that were cut may take to say so, in ms. */
const cutGrace = 100;

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
  readonly #callers = new Callers(() => this.#snapshot!.trust);
  readonly #reception: Reception;

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
    this.#reception = new Reception({
      context: this.#context,
      callers: this.#callers,
      snapshot: () => this.#snapshot!,
      isEmbedded: () => this.#server === null,
    });
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
    // Embedded, connections at rest are the other server's to close; those that wait for us would wait for ever.
    if (server === null) this.#callers.cutActive();
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
      this.#callers.cutUnused();
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

  inFlight(): number {
    return this.#context.requests + this.#context.tunnels.size;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#reception.handle(request, response);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#reception.upgrade(request, socket, head);
  }

  #createServer(settings: ListenSettings): Server {
    const reception = this.#reception;
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
    // A caller may end its side and still read: see `callers.ts`.
    (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    server.on('connection', (socket) => void this.#callers.of(socket));
    server.on('request', (request, response) => reception.handle(request, response));
    server.on('checkContinue', (request, response) => reception.handle(request, response));
    server.on('checkExpectation', (request, response) => reception.handle(request, response));
    server.on('upgrade', (request, socket, head) => reception.upgrade(request, socket, head));
    server.on('connect', (request, socket) => reception.connect(request, socket));
    server.on('clientError', (error, socket) => reception.clientError(error, socket as Socket));
    return server;
  }
}
