import type { Service } from '../shared/run.ts';
import { ordersApp } from './app.ts';
import { exportedOrders } from './export.ts';
import { followOrders } from './from-monolith.ts';
import { type OrderStore, openOrders } from './store.ts';

export const orders: Service<OrderStore> = {
  name: 'orders',
  port: 4003,
  open: openOrders,
  sources: (store) => [followOrders(store)],
  exports: (store, db) => ({ orders: exportedOrders(store, db) }),
  app: (store) => ordersApp(store),
};
