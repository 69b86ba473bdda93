import type { Server } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { ErrorCode } from '../domain/errors.ts';
import { CallerSocket } from './caller-socket.ts';
import type { ProxyContext } from './context.ts';
import { Forwarding } from './forward.ts';
import { Http2Reply } from './http2-reply.ts';
import { inHttp1Terms } from './http2-request.ts';
import { accountLastHop, accountRefusal } from './own-answers.ts';
import { faultEvent, problem } from './rescue.ts';
import { screen } from './screen.ts';
import type { Snapshot } from './snapshot.ts';

const spoken = ['h2', 'http/1.1'];

/** Requests that one HTTP/2 connection may have under way. */
const mostStreams = 256;

export interface SecureListener {
  readonly server: Http2SecureServer;
  /** New connections get this certificate; those that stand keep theirs. */
  renew(tls: CertificateAndKey): void;
  /** Stops listening; `done` when the last connection is gone. */
  close(done: () => void): void;
  destroy(): void;
}

interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/** HTTPS for callers: HTTP/2 where they ask for it, else the same HTTP/1.1 server as without TLS. */
export function createSecureListener(
  tls: CertificateAndKey,
  http1: Server,
  context: ProxyContext,
  snapshot: () => Snapshot,
): SecureListener {
  const { limits, timeout } = snapshot().settings.listen;
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({
    cert: tls.cert,
    key: tls.key,
    // With a list Node would replace it by its own, and turn away whoever speaks nothing but HTTP/1.1.
    ALPNCallback: ({ protocols }) => spoken.find((protocol) => protocols.includes(protocol)),
    handshakeTimeout: timeout.headers,
    // Pseudo fields and the crumbs of Cookie come on top of what the screen counts.
    maxHeaderListPairs: limits.headerCount * 2 + 8,
    settings: { maxHeaderListSize: limits.headers, maxConcurrentStreams: mostStreams },
  });
  // Whoever did not choose h2 speaks HTTP/1.1: one server, one set of rules, with TLS and without.
  server.on('unknownProtocol', (socket) => http1.emit('connection', socket));
  // Node begins to watch a server's connections for slow heads when it listens, and this one never does by itself.
  server.once('listening', () => http1.emit('listening'));
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    // A goodbye, not a cut: what is under way finishes, and the caller's next request opens another session.
    session.setTimeout(timeout.idle, () => session.close());
    session.on('error', () => {});
  });
  const forward = (request: Http2ServerRequest, response: Http2ServerResponse) =>
    forwardHttp2(context, snapshot(), request, response);
  server.on('request', forward);
  // Left to itself Node answers an Expect, and a body comes that the target may have refused.
  server.on('checkContinue', forward);
  server.on('checkExpectation', forward);
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return {
    server,
    renew: ({ cert, key }) => server.setSecureContext({ cert, key }),
    close(done) {
      server.close(() => done());
      for (const session of sessions) session.close();
    },
    destroy() {
      for (const session of sessions) session.destroy();
      http1.close();
    },
  };
}

function forwardHttp2(
  context: ProxyContext,
  snapshot: Snapshot,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): void {
  // Streams of one session run beside each other, so each has a caller of its own and nothing queues.
  const caller = new CallerSocket(request.socket, true, snapshot.trust);
  response.once('close', () => caller.onClose());
  const raw = inHttp1Terms(request);
  const facts = screen(raw, snapshot.settings.listen.limits, context.pseudonym);
  if (typeof facts === 'string') {
    request.resume();
    refuse(response, facts);
    accountRefusal(context, snapshot, facts, raw, 0);
    return;
  }
  facts.upgrade = null;
  if (facts.maxForwards === 0) {
    response.writeHead(200, { 'content-length': '0' });
    response.end();
    accountLastHop(context, snapshot, raw, 0);
    return;
  }
  if (!context.admission.admits()) {
    request.resume();
    refuse(response, 'overloaded');
    accountRefusal(context, snapshot, 'overloaded', raw, 0);
    return;
  }
  caller.enqueue(() => {
    let forwarding: Forwarding | null = null;
    try {
      const reply = (onDrain: () => void) => new Http2Reply(response, onDrain);
      forwarding = new Forwarding(context, snapshot, raw, request, facts, reply, caller);
      return forwarding.begin() ? forwarding : null;
    } catch (error) {
      // A fault of ours costs the request, and not the process with everybody else's.
      forwarding?.onCallerGone();
      context.events.emit(faultEvent(error));
      refuse(response, 'internal-error');
      accountRefusal(context, snapshot, 'internal-error', raw, 0);
      return null;
    }
  });
}

function refuse(response: Http2ServerResponse, code: ErrorCode): void {
  const { status, headers, body } = problem(code);
  const reply = new Http2Reply(response, () => {});
  reply.head(status, '', headers);
  if (response.req.method !== 'HEAD') reply.writeWhole(body);
  reply.end([]);
}
