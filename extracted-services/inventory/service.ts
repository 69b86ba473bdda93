import type { Service } from '../shared/run.ts';
import { inventoryApp } from './app.ts';
import { exportedReservations, exportedStock } from './export.ts';
import { followReservations, followStock } from './from-monolith.ts';
import { openStock, type StockStore } from './store.ts';

export const inventory: Service<StockStore> = {
  name: 'inventory',
  port: 4001,
  open: openStock,
  sources: (store) => [followStock(store), followReservations(store.held)],
  exports: (store, db) => ({ stock: exportedStock(store, db), reservations: exportedReservations(store, db) }),
  app: inventoryApp,
};
