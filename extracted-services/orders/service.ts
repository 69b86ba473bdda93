import type { Service } from '../shared/run.ts';
import { ordersApp } from './app.ts';
import { copyOrders } from './from-monolith.ts';
import { type OrderStore, openOrders } from './store.ts';

export const orders: Service<OrderStore> = {
  name: 'orders',
  port: 4003,
  open: openOrders,
  newest: (store) => store.newest(),
  copyChanges: copyOrders,
  app: (store) => ordersApp(store),
};
