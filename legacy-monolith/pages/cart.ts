import { totals } from '../money.ts';
import type { Shop } from '../shop.ts';
import { readForm } from '../web/body.ts';
import type { Exchange } from '../web/exchange.ts';
import { HttpError } from '../web/http-error.ts';
import { html, type Markup } from '../web/markup.ts';
import { type Endpoint, get, post } from '../web/router.ts';
import { checkCsrf } from '../web/visitor.ts';
import { csrfField, money, showPage, type Visit, visitOf } from './layout.ts';

export const cartPages = (shop: Shop): Endpoint[] => [
  get('/cart', (exchange) => {
    const visit = visitOf(shop, exchange);
    showPage(visit, 'Cart', cartOf(visit));
  }),

  post('/cart/items', async (exchange) => {
    const { session, form } = await submitted(shop, exchange);
    const product = shop.products.bySku(form.get('sku') ?? '');
    const quantity = Number(form.get('quantity') ?? 1);
    if (!product || !Number.isInteger(quantity) || quantity < 1 || quantity > 99) {
      throw new HttpError(422, 'invalid', 'That is not something that can be put into a cart.');
    }
    shop.carts.add(session, product.sku, quantity);
    shop.sessions.leaveNotice(session, `${quantity} × ${product.name} is in your cart.`);
    exchange.redirect(303, '/cart');
  }),

  post('/cart/items/:sku/remove', async (exchange) => {
    const { session } = await submitted(shop, exchange);
    shop.carts.remove(session, exchange.param('sku'));
    exchange.redirect(303, '/cart');
  }),

  post('/cart/checkout', async (exchange) => {
    const { session, form } = await submitted(shop, exchange);
    if (session.customerId === null) {
      exchange.redirect(303, '/login?next=/cart');
      return;
    }
    const items = shop.carts.lines(session);
    if (items.length === 0) throw new HttpError(422, 'empty_cart', 'The cart is empty.');
    const cardNumber = (form.get('card') ?? '').replaceAll(' ', '');
    if (!/^\d{12,19}$/.test(cardNumber)) throw new HttpError(422, 'invalid', 'That is not a card number.');
    const order = shop.checkout.buy(
      { customerId: session.customerId, items, tags: [] },
      { method: 'card', cardNumber },
    );
    shop.carts.empty(session);
    shop.sessions.leaveNotice(session, `Thank you. Your order is number ${order.id}.`);
    exchange.redirect(303, `/account/orders/${order.id}`);
  }),
];

async function submitted(shop: Shop, exchange: Exchange): Promise<Visit & { readonly form: URLSearchParams }> {
  const form = await readForm(exchange.request);
  const visit = visitOf(shop, exchange);
  checkCsrf(visit.session, form.get('_csrf'));
  return { ...visit, form };
}

function cartOf({ shop, session }: Visit): Markup {
  const lines = shop.carts.lines(session);
  if (lines.length === 0)
    return html`<h1>Cart</h1><p>Nothing in it yet. <a href="/products">Have a look around.</a></p>`;
  const sums = totals(lines);
  return html`<h1>Cart</h1>
<table>
<thead><tr><th>Product</th><th class="number">Price</th><th class="number">Quantity</th><th class="number">Sum</th><th></th></tr></thead>
<tbody>${lines.map(
    ({ sku, slug, name, price, quantity }) => html`<tr>
<td><a href="/products/${slug}">${name}</a></td>
<td class="number">${money(price)}</td>
<td class="number">${quantity}</td>
<td class="number">${money(price * quantity)}</td>
<td class="number"><form method="post" action="/cart/items/${sku}/remove">${csrfField(session)}<button class="link">Remove</button></form></td>
</tr>`,
  )}</tbody>
<tfoot>
<tr><td colspan="3">Shipping</td><td class="number">${money(sums.shipping)}</td><td></td></tr>
<tr><td colspan="3">Tax</td><td class="number">${money(sums.tax)}</td><td></td></tr>
<tr><th colspan="3">Total</th><th class="number">${money(sums.total)}</th><td></td></tr>
</tfoot>
</table>
<form class="line end" method="post" action="/cart/checkout">
${csrfField(session)}
<label>Card <input name="card" value="4242 4242 4242 4242" inputmode="numeric" autocomplete="cc-number" required></label>
<button>Buy</button>
</form>`;
}
