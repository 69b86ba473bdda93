import type { Service } from '../shared/run.ts';
import { ordersApp } from './app.ts';
import { exportedOrders } from './export.ts';
import { followOrders } from './from-monolith.ts';
import { type OrdersPart, ordersPart } from './part.ts';
import { type OrderStore, openOrders } from './store.ts';

export const orders: Service<OrderStore, OrdersPart> = {
  name: 'orders',
  port: 4003,
  options: {
    gateway: 'http://127.0.0.1:4004',
    // ms for which a monolith or a gateway that fails is left alone
    'circuit-open': '30000',
    // ms for each step of a saga
    'step-timeout': '5000',
    // ms that a caller waits for the end of a saga before it is told where to look
    'caller-patience': '5000',
  },
  open: openOrders,
  sources: (store) => [followOrders(store)],
  exports: (store, db) => ({ orders: exportedOrders(store, db) }),
  takePart: ordersPart,
  app: (store, part, health) => ordersApp(store, part, health),
};
