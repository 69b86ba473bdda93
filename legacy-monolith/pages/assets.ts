import { createHash } from 'node:crypto';
import { type Endpoint, get } from '../web/router.ts';
import { mill } from './mill.ts';
import { script } from './script.ts';
import { style } from './style.ts';

export const assetEndpoints = (): Endpoint[] => [
  asset('/assets/shop.css', 'text/css; charset=utf-8', style),
  asset('/assets/shop.js', 'text/javascript; charset=utf-8', script),
  asset('/assets/mill.svg', 'image/svg+xml', mill),
];

function asset(path: string, contentType: string, content: string): Endpoint {
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 20)}"`;
  return get(path, (exchange) =>
    exchange.send(200, contentType, content, { etag, 'cache-control': 'public, max-age=3600' }),
  );
}
