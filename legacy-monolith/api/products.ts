import type { Shop } from '../shop.ts';
import { HttpError } from '../web/http-error.ts';
import { type Endpoint, get } from '../web/router.ts';
import { pageLinks, requestedPage } from './paging.ts';
import { presentProduct, presentStock, versionTag } from './present.ts';

export const productEndpoints = (shop: Shop): Endpoint[] => [
  get('/api/products', (exchange) => {
    const page = requestedPage(exchange);
    const category = exchange.query.get('category') ?? undefined;
    const found = shop.products.search({ category, text: exchange.query.get('q') ?? undefined });
    const shown = found.slice(page.offset, page.offset + page.size);
    exchange.json(200, {
      products: shown.map((product) => presentProduct(product, exchange.origin)),
      page: page.number,
      perPage: page.size,
      total: found.length,
      links: pageLinks(exchange, page, found.length),
    });
  }),

  get('/api/products/:sku', (exchange) => {
    const sku = exchange.param('sku');
    const product = shop.products.bySku(sku);
    if (!product) throw new HttpError(404, 'not_found', `There is no product ${sku}.`);
    exchange.json(200, presentProduct(product, exchange.origin), {
      etag: versionTag('product', sku, product.version),
      'cache-control': 'public, max-age=60',
    });
  }),

  get('/api/inventory/:sku', (exchange) => {
    const sku = exchange.param('sku');
    const stock = shop.inventory.bySku(sku);
    if (!stock) throw new HttpError(404, 'not_found', `There is no product ${sku}.`);
    exchange.json(200, presentStock(stock, exchange.origin), {
      etag: versionTag('stock', sku, stock.version),
      'cache-control': 'no-cache',
    });
  }),
];
