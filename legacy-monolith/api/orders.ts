import type { Shop } from '../shop.ts';
import { readJson } from '../web/body.ts';
import { HttpError } from '../web/http-error.ts';
import { type Endpoint, get, post } from '../web/router.ts';
import { readCheckout, readOrder } from './orders-input.ts';
import { pageLinks, requestedPage, wholeNumber } from './paging.ts';
import { presentOrder, presentOrderHead, presentPayment, presentReservations, versionTag } from './present.ts';

export const orderEndpoints = (shop: Shop): Endpoint[] => [
  get('/api/orders', (exchange) => {
    const page = requestedPage(exchange);
    const customer = exchange.query.get('customer');
    const filter = {
      customerId: customer === null ? undefined : wholeNumber(customer, 'customer'),
      status: exchange.query.get('status') ?? undefined,
    };
    const total = shop.orders.count(filter);
    const shown = shop.orders.page({ ...filter, limit: page.size, offset: page.offset });
    exchange.json(
      200,
      {
        orders: shown.map((order) => presentOrderHead(order, exchange.origin)),
        page: page.number,
        perPage: page.size,
        total,
        links: pageLinks(exchange, page, total),
      },
      { 'cache-control': 'private, no-cache' },
    );
  }),

  get('/api/orders/:id', (exchange) => {
    const id = exchange.id();
    const order = shop.orders.byId(id);
    if (!order) throw new HttpError(404, 'not_found', `There is no order ${id}.`);
    exchange.json(200, presentOrder(order, exchange.origin), {
      etag: versionTag('order', id, order.version),
      'cache-control': 'private, no-cache',
    });
  }),

  // For the page of the app that shows all of an order: three tables, one answer.
  get('/api/order-details/:id', (exchange) => {
    const id = exchange.id();
    const order = shop.orders.byId(id);
    if (!order) throw new HttpError(404, 'not_found', `There is no order ${id}.`);
    const payment = order.paymentId === null ? undefined : shop.payments.byId(order.paymentId);
    const details = {
      order: presentOrder(order, exchange.origin),
      payment: payment ? presentPayment(payment, exchange.origin) : null,
      inventory: presentReservations(order),
    };
    exchange.json(200, details, { 'cache-control': 'private, no-cache' });
  }),

  post('/api/orders', async (exchange) => {
    const order = shop.checkout.placeOrder(readOrder(await readJson(exchange.request)));
    const shown = presentOrder(order, exchange.origin);
    exchange.json(201, shown, { location: shown.links.self });
  }),

  post('/api/orders/:id/cancel', (exchange) => {
    exchange.json(200, presentOrder(shop.checkout.cancel(exchange.id()), exchange.origin));
  }),

  post('/api/checkout', async (exchange) => {
    const { payment, ...wanted } = readCheckout(await readJson(exchange.request));
    const order = shop.checkout.buy(wanted, payment);
    const shown = presentOrder(order, exchange.origin);
    exchange.json(201, shown, { location: shown.links.self });
  }),

  get('/api/payments/:id', (exchange) => {
    const id = exchange.id();
    const payment = shop.payments.byId(id);
    if (!payment) throw new HttpError(404, 'not_found', `There is no payment ${id}.`);
    exchange.json(200, presentPayment(payment, exchange.origin), {
      etag: versionTag('payment', id, payment.version),
      'cache-control': 'private, no-cache',
    });
  }),
];
