import type { Shop } from '../shop.ts';
import { HttpError } from '../web/http-error.ts';
import { type Endpoint, get } from '../web/router.ts';

/** Addresses of earlier versions that are printed in catalogues and can't be taken back. */
export const movedPages = (shop: Shop): Endpoint[] => [
  get('/index.php', (exchange) => exchange.redirect(301, '/')),
  get('/products/', (exchange) => exchange.redirect(301, '/products')),
  get('/orders', (exchange) => exchange.redirect(302, '/account/orders')),
  get('/shop/item.php', (exchange) => {
    const product = shop.products.byId(Number(exchange.query.get('id')));
    if (!product) throw new HttpError(410, 'gone', 'We no longer sell this.');
    exchange.redirect(301, `/products/${product.slug}`);
  }),
];
