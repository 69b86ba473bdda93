import type { Service } from '../shared/run.ts';
import { inventoryApp } from './app.ts';
import { copyStock } from './from-monolith.ts';
import { type InventoryPart, inventoryPart } from './part.ts';
import { openStock, type StockStore } from './store.ts';

export const inventory: Service<StockStore, InventoryPart> = {
  name: 'inventory',
  port: 4001,
  open: openStock,
  newest: (store) => store.newest(),
  copyChanges: copyStock,
  takePart: (_, tools) => inventoryPart(tools),
  app: inventoryApp,
};
