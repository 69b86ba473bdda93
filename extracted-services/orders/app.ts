import type { Hono } from 'hono';
import { ApiError, answer, publicOrigin, versionTag } from '../shared/answer.ts';
import { rowNumber, serviceApp } from '../shared/app.ts';
import type { EventHealth } from '../shared/dealings.ts';
import type { OrdersPart } from './part.ts';
import { placingPaths } from './placing.ts';
import { presentHead, presentOrder } from './present.ts';
import { sagaPaths } from './sagas-api.ts';
import type { Order, OrderStore } from './store.ts';

const cache = 'private, no-cache';
const largestPage = 100;

/** How one order is told; `origin` is where the caller is. */
export type PresentOrder = (order: Order, origin: string) => object;

export function ordersApp(
  store: OrderStore,
  part: OrdersPart | null = null,
  health: () => EventHealth | null = () => null,
  present: PresentOrder = presentOrder,
): Hono {
  const app = serviceApp('orders', () => store.count({ customerId: null, status: null }), health);
  placingPaths(app, store, part, present);
  if (part !== null) sagaPaths(app, part.orchestrator);

  app.get('/orders/:id', (c) => {
    const id = rowNumber(c.req.param('id'));
    const order = store.byId(id);
    if (!order) throw new ApiError(404, 'not_found', `There is no order ${id}.`);
    return answer(c, present(order, publicOrigin(c)), { etag: versionTag('order', id, order.version), cache });
  });

  app.get('/orders', (c) => {
    const query = new URL(c.req.url).searchParams;
    const page = wholeNumber(query.get('page') ?? '1', 'page');
    const perPage = Math.min(wholeNumber(query.get('perPage') ?? '20', 'perPage'), largestPage);
    const customer = query.get('customer');
    const filter = {
      customerId: customer === null ? null : wholeNumber(customer, 'customer'),
      status: query.get('status'),
    };
    const total = store.count(filter);
    const origin = publicOrigin(c);
    const link = (number: number): string => {
      query.set('page', String(number));
      return `${origin}/api/orders?${query}`;
    };
    const shown = store.page(filter, perPage, (page - 1) * perPage);
    const links = {
      next: page * perPage < total ? link(page + 1) : null,
      previous: page > 1 ? link(page - 1) : null,
    };
    const orders = shown.map((order) => presentHead(order, origin));
    return answer(c, { orders, page, perPage, total, links }, { cache });
  });

  return app;
}

function wholeNumber(text: string, name: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new ApiError(400, 'bad_query', `${name} has to be a whole number from 1.`);
  return Number(text);
}
