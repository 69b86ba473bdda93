/**
 * Everything there is of orders, payments and stock, in the order of its last change: what the nightly job of the
 * bookkeeping has always fetched. Not for visitors, so behind a token of its own.
 */
import { BadExportQuery, type ExportPage, type ExportQuery, readExportQuery } from '../../example/export/query.ts';
import { exportReader } from '../../example/export/table.ts';
import { bearsToken } from '../../example/export/token.ts';
import type { Shop } from '../shop.ts';
import type { Order } from '../store/orders.ts';
import type { Exchange } from '../web/exchange.ts';
import { HttpError } from '../web/http-error.ts';
import { type Endpoint, get } from '../web/router.ts';
import { presentOrder, presentPayment, presentReservations } from './present.ts';

export function exportEndpoints(shop: Shop, token: string): Endpoint[] {
  const { db } = shop;
  const exportOrders = <Row>(present: (order: Order) => Row) =>
    exportReader(db, {
      table: 'orders',
      key: 'id',
      ofOrder: 'id = @order',
      row: (id: number) => {
        const order = shop.orders.byId(id);
        return order && present(order);
      },
    });
  const payments = exportReader(db, {
    table: 'payments',
    key: 'id',
    ofOrder: 'order_id = @order',
    row: (id: number) => {
      const payment = shop.payments.byId(id);
      return payment && { ...withoutLinks(presentPayment(payment, '')), version: payment.version };
    },
  });
  const stock = exportReader(db, {
    table: 'inventory',
    key: 'sku',
    ofOrder: 'sku IN (SELECT sku FROM order_items WHERE order_id = @order)',
    row: (sku: string) => shop.inventory.bySku(sku),
  });

  return [
    offer('orders', exportOrders(orderRow), token),
    offer('payments', payments, token),
    offer('stock', stock, token),
    // What orders hold of the stock: nobody but this shop needs to know how that follows from their status.
    offer('reservations', exportOrders(reservationsRow), token),
  ];
}

const orderRow = (order: Order) => ({
  ...withoutLinks(presentOrder(order, '')),
  paymentId: order.paymentId,
  version: order.version,
});

const reservationsRow = (order: Order) => ({
  ...presentReservations(order),
  version: order.version,
  updatedAt: order.updatedAt,
});

/** Links lead visitors on. */
function withoutLinks<Shown extends { readonly links: unknown }>({ links, ...rest }: Shown): Omit<Shown, 'links'> {
  return rest;
}

function offer(kind: string, read: (query: ExportQuery) => ExportPage<object>, token: string): Endpoint {
  return get(`/api/export/${kind}`, (exchange) => {
    if (!bearsToken(exchange.request.headers.authorization, token)) {
      throw new HttpError(401, 'no_token', 'This is not for visitors.', { 'www-authenticate': 'Bearer' });
    }
    exchange.json(200, read(queryOf(exchange)), { 'cache-control': 'no-store' });
  });
}

function queryOf({ query }: Exchange): ExportQuery {
  try {
    return readExportQuery(query);
  } catch (error) {
    if (error instanceof BadExportQuery) throw new HttpError(400, 'bad_query', error.message);
    throw error;
  }
}
