import type { Service } from '../shared/run.ts';
import { ordersApp } from './app.ts';
import { presentWithDefects } from './defects.ts';
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

/** The same, with the two mistakes that the story in the README finds. */
export const ordersWithDefects: Service<OrderStore> = {
  ...orders,
  app: (store) => ordersApp(store, presentWithDefects),
};
