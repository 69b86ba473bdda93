import type { Hono } from 'hono';
import { ApiError, answer, publicOrigin, versionTag } from '../shared/answer.ts';
import { rowNumber, serviceApp } from '../shared/app.ts';
import type { EventHealth } from '../shared/dealings.ts';
import type { InventoryPart } from './part.ts';
import type { StockStore } from './store.ts';

const nothingTaken = { reserved: 0, sold: 0, changes: 0 };

export function inventoryApp(
  store: StockStore,
  part: InventoryPart | null = null,
  health: () => EventHealth | null = () => null,
): Hono {
  const app = serviceApp('inventory', store.count, health);

  app.get('/inventory/:sku', (c) => {
    const sku = c.req.param('sku');
    const stock = store.bySku(sku);
    if (!stock) throw new ApiError(404, 'not_found', `There is no product ${sku}.`);
    const origin = publicOrigin(c);
    const { reserved, sold, changes } = part?.reservations.taken(sku) ?? nothingTaken;
    // The monolith sells from the same shelf: together they can have promised more than there is.
    const onHand = Math.max(0, stock.onHand - reserved - sold);
    const body = {
      sku,
      onHand,
      available: onHand > 0,
      reorder: onHand <= stock.reorderPoint,
      locations: stock.locations,
      updatedAt: stock.updatedAt,
      links: { self: `${origin}/api/inventory/${sku}`, product: `${origin}/api/products/${sku}` },
    };
    return answer(c, body, { etag: versionTag('stock', sku, stock.version + changes), cache: 'no-cache' });
  });

  app.get('/reservations/order/:id', (c) => {
    const id = rowNumber(c.req.param('id'));
    const reservations = store.held.ofOrder(id);
    if (!reservations) throw new ApiError(404, 'not_found', `Nothing was reserved for order ${id}.`);
    return answer(c, reservations, { cache: 'private, no-cache' });
  });

  return app;
}
