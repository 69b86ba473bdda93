import type { Service } from '../shared/run.ts';
import { inventoryApp } from './app.ts';
import { exportedReservations, exportedStock } from './export.ts';
import { followReservations, followStock } from './from-monolith.ts';
import { type InventoryPart, inventoryPart } from './part.ts';
import { openStock, type StockStore } from './store.ts';

export const inventory: Service<StockStore, InventoryPart> = {
  name: 'inventory',
  port: 4001,
  open: openStock,
  sources: (store) => [followStock(store), followReservations(store.held)],
  exports: (store, db) => ({ stock: exportedStock(store, db), reservations: exportedReservations(store, db) }),
  takePart: (_, tools) => inventoryPart(tools),
  app: inventoryApp,
};
