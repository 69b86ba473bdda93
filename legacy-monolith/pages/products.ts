import { inNoOrder } from '../data/random.ts';
import type { Shop } from '../shop.ts';
import type { Product } from '../store/products.ts';
import { HttpError } from '../web/http-error.ts';
import { html, type Markup } from '../web/markup.ts';
import { type Endpoint, get } from '../web/router.ts';
import { csrfField, money, showPage, visitOf } from './layout.ts';
import { drawProduct } from './pictures.ts';

export const productPages = (shop: Shop): Endpoint[] => [
  get('/', (exchange) => {
    const picks = shop.products.search({}).filter(({ tags }) => tags.includes('bestseller'));
    showPage(
      visitOf(shop, exchange),
      'Home',
      html`<section class="hero">
<h1>Things that last.</h1>
<p>Tools and household goods, sent from the old mill since 1993.</p>
<p class="ticker" data-ticker>On hand: <span>…</span></p>
</section>
<h2>Bestsellers</h2>
<ul class="grid">${picks.slice(0, 8).map(card)}</ul>`,
    );
  }),

  get('/products', (exchange) => {
    const category = exchange.query.get('category') ?? undefined;
    const text = exchange.query.get('q') ?? undefined;
    const found = shop.products.search({ category, text });
    const tabs = shop.products
      .categories()
      .map(
        (name) =>
          html`<a href="/products?category=${name}"${name === category ? html` class="here"` : null}>${name}</a>`,
      );
    showPage(
      visitOf(shop, exchange),
      'Products',
      html`<h1>Products</h1>
<div class="tools">
<nav class="tabs"><a href="/products"${category ? null : html` class="here"`}>all</a>${tabs}</nav>
<form><input type="search" name="q" placeholder="Search" aria-label="Search" value="${text}"></form>
</div>
${found.length === 0 ? html`<p>Nothing is called “${text}”.</p>` : html`<ul class="grid">${found.map(card)}</ul>`}`,
    );
  }),

  get('/products/:slug', (exchange) => {
    const product = bySlug(shop, exchange.param('slug'));
    const visit = visitOf(shop, exchange);
    exchange.addCookie(`shop_seen=${product.sku}; Path=/; SameSite=Lax; Max-Age=2592000`);
    const onHand = shop.inventory.bySku(product.sku)!.onHand;
    showPage(
      visit,
      product.name,
      html`<article class="product">
<img src="/products/${product.slug}/image.svg" alt="" width="400" height="300">
<div>
<h1>${product.name}</h1>
<p class="price">${money(product.price)}</p>
<p>${product.description}</p>
<p>${inNoOrder(product.tags).map((tag) => html`<span class="tag">${tag}</span> `)}</p>
<p class="quiet">${product.sku} · ${onHand > 0 ? `${onHand} on hand` : 'sold out'}</p>
<form class="line" method="post" action="/cart/items">
${csrfField(visit.session)}
<input type="hidden" name="sku" value="${product.sku}">
<input type="number" name="quantity" value="1" min="1" max="99" aria-label="Quantity">
<button>Add to cart</button>
</form>
</div>
</article>`,
    );
  }),

  get('/products/:slug/image.svg', (exchange) => {
    const product = bySlug(shop, exchange.param('slug'));
    exchange.send(200, 'image/svg+xml', drawProduct(product), {
      etag: `"picture-${product.sku}-${product.version}"`,
      'cache-control': 'public, max-age=86400',
    });
  }),
];

function bySlug(shop: Shop, slug: string): Product {
  const product = shop.products.bySlug(slug);
  if (!product) throw new HttpError(404, 'not_found', `We don't sell “${slug}”.`);
  return product;
}

const card = (product: Product): Markup => html`<li><a href="/products/${product.slug}">
<img src="/products/${product.slug}/image.svg" alt="" width="400" height="300" loading="lazy">
<span>${product.name}</span><b>${money(product.price)}</b></a></li>`;
