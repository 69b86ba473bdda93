import { presentOrder } from '../api/present.ts';
import type { Shop } from '../shop.ts';
import type { Exchange } from '../web/exchange.ts';
import { HttpError } from '../web/http-error.ts';
import { type Endpoint, get } from '../web/router.ts';
import type { OrderChanged } from './bus.ts';

const heartbeatEvery = 15_000;

/** Server-sent events: `/events` tells of every order, `/api/orders/:id/events` of one. */
export const streamEndpoints = (shop: Shop): Endpoint[] => [
  get('/events', (exchange) => {
    const last = Number(exchange.request.headers['last-event-id']);
    const missed = last > 0 ? shop.bus.since(last) : [];
    openStream(shop, exchange, missed.map(asEvent).join(''), () => true);
  }),

  get('/api/orders/:id/events', (exchange) => {
    const id = exchange.id();
    const order = shop.orders.byId(id);
    if (!order) throw new HttpError(404, 'not_found', `There is no order ${id}.`);
    const snapshot = `event: snapshot\ndata: ${JSON.stringify(presentOrder(order, exchange.origin))}\n\n`;
    openStream(shop, exchange, snapshot, ({ orderId }) => orderId === id);
  }),
];

const asEvent = (event: OrderChanged): string =>
  `id: ${event.sequence}\nevent: order\ndata: ${JSON.stringify(event)}\n\n`;

function openStream(
  shop: Shop,
  { request, response }: Exchange,
  opening: string,
  concerns: (event: OrderChanged) => boolean,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.write(`retry: 2000\n\n${opening}`);
  const unsubscribe = shop.bus.listen({
    changed: (event) => concerns(event) && response.write(asEvent(event)),
    closed: () => response.end(),
  });
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatEvery);
  response.on('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
}
