import type { Database } from 'better-sqlite3';
import { exportReader } from '../../example/export/table.ts';
import { presentOrder } from './present.ts';
import type { OrderStore } from './store.ts';

/** Orders as the monolith's export tells them. */
export const exportedOrders = (store: OrderStore, db: Database) =>
  exportReader(db, {
    table: 'orders',
    key: 'id',
    ofOrder: 'id = @order',
    row(id: number) {
      const order = store.byId(id);
      if (!order) return undefined;
      const { links, ...shown } = presentOrder(order, '');
      return { ...shown, paymentId: order.paymentId, version: order.version };
    },
  });
