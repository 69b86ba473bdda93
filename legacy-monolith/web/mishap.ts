import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { showPage, visitOf } from '../pages/layout.ts';
import type { Shop } from '../shop.ts';
import type { Exchange } from './exchange.ts';
import { HttpError } from './http-error.ts';
import { html } from './markup.ts';

const broken = new HttpError(500, 'internal_error', 'Something broke on our side.');

/** The last stop of everything that was thrown: an answer if there can still be one, else a cut connection. */
export function answerError(shop: Shop, exchange: Exchange, error: unknown): void {
  const { request, response, path } = exchange;
  // A request that was broken off has no socket any more, whatever its type says.
  const socket: Socket | null = request.socket;
  if (response.headersSent || socket === null || socket.destroyed) {
    // A body that breaks off must not look complete.
    response.destroy();
    return;
  }
  const known = error instanceof HttpError ? error : broken;
  if (known === broken) console.error(`${request.method} ${path}:`, error);
  // Nobody is going to read the rest of a refused body, however long it is.
  if (hasBody(request) && !request.complete) response.setHeader('Connection', 'close');
  for (const [name, value] of Object.entries(known.headers)) response.setHeader(name, value);

  if (path.startsWith('/api/')) {
    exchange.json(known.status, { error: { code: known.code, message: known.message } });
    return;
  }
  showPage(
    visitOf(shop, exchange),
    `${known.status}`,
    html`<h1>${known.message}</h1><p><a href="/">Back to the shop</a> <span class="quiet">(${known.status})</span></p>`,
    known.status,
  );
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
