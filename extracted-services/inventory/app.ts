import type { Hono } from 'hono';
import { ApiError, answer, publicOrigin, versionTag } from '../shared/answer.ts';
import { rowNumber, serviceApp } from '../shared/app.ts';
import type { StockStore } from './store.ts';

export function inventoryApp(store: StockStore): Hono {
  const app = serviceApp('inventory', store.count);

  app.get('/inventory/:sku', (c) => {
    const sku = c.req.param('sku');
    const stock = store.bySku(sku);
    if (!stock) throw new ApiError(404, 'not_found', `There is no product ${sku}.`);
    const origin = publicOrigin(c);
    const body = {
      sku,
      onHand: stock.onHand,
      available: stock.onHand > 0,
      reorder: stock.onHand <= stock.reorderPoint,
      locations: stock.locations,
      updatedAt: stock.updatedAt,
      links: { self: `${origin}/api/inventory/${sku}`, product: `${origin}/api/products/${sku}` },
    };
    return answer(c, body, { etag: versionTag('stock', sku, stock.version), cache: 'no-cache' });
  });

  app.get('/reservations/order/:id', (c) => {
    const id = rowNumber(c.req.param('id'));
    const reservations = store.held.ofOrder(id);
    if (!reservations) throw new ApiError(404, 'not_found', `There is no order ${id}.`);
    return answer(c, reservations, { cache: 'private, no-cache' });
  });

  return app;
}
