import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { exportEndpoints } from './api/export.ts';
import { fileEndpoints } from './api/files.ts';
import { orderEndpoints } from './api/orders.ts';
import { productEndpoints } from './api/products.ts';
import { streamEndpoints } from './live/streams.ts';
import { openTicker } from './live/ticker.ts';
import { accountPages } from './pages/account.ts';
import { assetEndpoints } from './pages/assets.ts';
import { cartPages } from './pages/cart.ts';
import { loginPages } from './pages/login.ts';
import { movedPages } from './pages/moved.ts';
import { productPages } from './pages/products.ts';
import { reportPages } from './pages/report.ts';
import type { Shop } from './shop.ts';
import { maxUploadBytes, tooLarge } from './web/body.ts';
import { allowOrigin, answerPreflight } from './web/cors.ts';
import { Exchange } from './web/exchange.ts';
import { HttpError } from './web/http-error.ts';
import { answerError } from './web/mishap.ts';
import { router } from './web/router.ts';

export interface ShopServer {
  readonly server: Server;
  /** Ends what would never end by itself: event streams and WebSockets. */
  closeStreams(): void;
}

/** With an `exportToken`, whoever bears it may have all orders, payments and stock. */
export function shopServer(shop: Shop, { exportToken }: { readonly exportToken?: string } = {}): ShopServer {
  const route = router([
    ...productPages(shop),
    ...cartPages(shop),
    ...loginPages(shop),
    ...accountPages(shop),
    ...reportPages(shop),
    ...movedPages(shop),
    ...productEndpoints(shop),
    ...orderEndpoints(shop),
    ...fileEndpoints(shop),
    ...(exportToken ? exportEndpoints(shop, exportToken) : []),
    ...streamEndpoints(shop),
    ...assetEndpoints(),
  ]);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET';
    const path = (request.url ?? '/').split('?', 1)[0]!;
    const found = route(method, path);
    const exchange = new Exchange(request, response, found.kind === 'endpoint' ? found.params : {});
    response.setHeader('Server', 'ShopSuite/4.2');
    if (path.startsWith('/api/')) allowOrigin(exchange);
    try {
      if (method === 'OPTIONS' && path.startsWith('/api/')) answerPreflight(exchange, route(method, path));
      else if (found.kind === 'endpoint') await found.handle(exchange);
      else if (found.kind === 'nothing') throw new HttpError(404, 'not_found', `There is nothing at ${path}.`);
      else {
        const allow = found.allowed.join(', ');
        throw new HttpError(405, 'method_not_allowed', `${method} is not possible here.`, { allow });
      }
    } catch (error) {
      answerError(shop, exchange, error);
    }
  };

  const server = createServer(answer);
  // An upload that would be refused anyway is refused before it is sent.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers['content-length']) > maxUploadBytes) {
      answerError(shop, new Exchange(request, response, {}), tooLarge(maxUploadBytes));
      return;
    }
    response.writeContinue();
    void answer(request, response);
  });

  const ticker = openTicker(shop);
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?', 1)[0] === '/ws/ticker') ticker.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  return {
    server,
    closeStreams() {
      ticker.close();
      shop.bus.close();
    },
  };
}
