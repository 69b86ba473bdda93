import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Shop } from '../shop.ts';
import type { StoredFile } from '../store/files.ts';
import { limited, maxUploadBytes, mediaType } from '../web/body.ts';
import { isFresh } from '../web/conditional.ts';
import type { Exchange } from '../web/exchange.ts';
import { HttpError } from '../web/http-error.ts';
import { partsOf } from '../web/multipart.ts';
import { requestedSpan } from '../web/range.ts';
import { type Endpoint, get, post } from '../web/router.ts';
import { presentFile } from './present.ts';

export const fileEndpoints = (shop: Shop): Endpoint[] => [
  get('/api/orders/:id/attachments', (exchange) => {
    const files = shop.files.ofOrder(orderIdOf(shop, exchange));
    exchange.json(200, { attachments: files.map((file) => presentFile(file, exchange.origin)) });
  }),

  post('/api/orders/:id/attachments', async (exchange) => {
    const file = await receiveFile(shop, exchange.request, orderIdOf(shop, exchange));
    const shown = presentFile(file, exchange.origin);
    exchange.json(201, shown, { location: shown.links.content });
  }),

  get('/files/:id', async (exchange) => {
    const file = shop.files.byId(exchange.param('id'));
    if (!file) throw new HttpError(404, 'not_found', 'There is no such file.');
    await serveFile(exchange, file, shop.files.pathOf(file));
  }),
];

function orderIdOf(shop: Shop, exchange: Exchange): number {
  const id = exchange.id();
  if (!shop.orders.byId(id)) throw new HttpError(404, 'not_found', `There is no order ${id}.`);
  return id;
}

/** The first file of a multipart form, or the whole body of anything else: streamed, never held. */
export async function receiveFile(shop: Shop, request: IncomingMessage, orderId: number): Promise<StoredFile> {
  const body = limited(request, maxUploadBytes);
  const type = mediaType(request);
  if (type !== 'multipart/form-data') {
    const contentType = type || 'application/octet-stream';
    return shop.files.keep({ orderId, filename: 'attachment', contentType, content: body });
  }
  let kept: StoredFile | undefined;
  for await (const { filename, contentType, content } of partsOf(request, body)) {
    if (filename && !kept) kept = await shop.files.keep({ orderId, filename, contentType, content });
  }
  if (!kept) throw new HttpError(422, 'no_file', 'The form carries no file.');
  return kept;
}

async function serveFile({ request, response }: Exchange, file: StoredFile, path: string): Promise<void> {
  const etag = `"${file.sha256.slice(0, 32)}"`;
  response.setHeader('ETag', etag);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Cache-Control', 'private, max-age=3600');
  response.setHeader('Last-Modified', new Date(file.createdAt).toUTCString());
  if (isFresh(request, etag)) {
    response.writeHead(304).end();
    return;
  }
  const span = requestedSpan(request, file.size, etag);
  if (span === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${file.size}`, 'content-length': 0 }).end();
    return;
  }
  response.setHeader('Content-Type', file.contentType);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Disposition', attachment(file.filename));
  if (span) response.setHeader('Content-Range', `bytes ${span.start}-${span.end}/${file.size}`);
  response.writeHead(span ? 206 : 200, { 'content-length': span ? span.end - span.start + 1 : file.size });
  // createReadStream can't express the empty range of an empty file.
  if (request.method === 'HEAD' || file.size === 0) response.end();
  else await pipeline(createReadStream(path, span ?? {}), response);
}

/** RFC 6266: a plain name for old readers, the true one beside it. */
function attachment(filename: string): string {
  const plain = filename.replaceAll(/[^\x20-\x7e]|["\\]/g, '_');
  const exact = encodeURIComponent(filename).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
