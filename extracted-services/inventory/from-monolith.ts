import { z } from 'zod';
import { readRow, type Source } from '../shared/source.ts';
import type { HeldStore } from './held.ts';
import type { StockStore } from './store.ts';

const legacyStock = z.object({
  sku: z.string(),
  onHand: z.int().nonnegative(),
  reorderPoint: z.int(),
  locations: z.array(z.string()),
  version: z.int(),
  updatedAt: z.string(),
});

const legacyReservations = z.object({
  orderId: z.int().positive(),
  items: z.array(
    z.object({ sku: z.string(), quantity: z.int().positive(), state: z.enum(['reserved', 'sold', 'released']) }),
  ),
  version: z.int(),
  updatedAt: z.string(),
});

export const followStock = (store: StockStore): Source => ({
  kind: 'stock',
  put: (row) => store.put(readRow('stock', legacyStock, row)),
});

export const followReservations = (held: HeldStore): Source => ({
  kind: 'reservations',
  put: (row) => held.put(readRow('reservations', legacyReservations, row)),
});
