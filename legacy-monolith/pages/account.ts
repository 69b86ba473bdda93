import { receiveFile } from '../api/files.ts';
import type { Shop } from '../shop.ts';
import type { Order, OrderHead } from '../store/orders.ts';
import { readForm } from '../web/body.ts';
import type { Exchange } from '../web/exchange.ts';
import { HttpError } from '../web/http-error.ts';
import { html, type Markup } from '../web/markup.ts';
import { type Endpoint, get, post } from '../web/router.ts';
import { checkCsrf } from '../web/visitor.ts';
import { csrfField, day, money, showPage, type Visit, visitOf } from './layout.ts';

const shownOrders = 50;

export const accountPages = (shop: Shop): Endpoint[] => [
  get('/account/orders', (exchange) => {
    const visit = visitOf(shop, exchange);
    const { customerId } = visit.session;
    if (customerId === null) {
      exchange.redirect(302, '/login?next=/account/orders');
      return;
    }
    const orders = shop.orders.page({ customerId, limit: shownOrders, offset: 0 });
    showPage(visit, 'Your orders', orderTable(orders));
  }),

  get('/account/orders/:id', (exchange) => {
    const visit = visitOf(shop, exchange);
    if (visit.session.customerId === null) {
      exchange.redirect(302, `/login?next=${exchange.path}`);
      return;
    }
    const order = ownOrder(visit);
    showPage(visit, `Order ${order.id}`, orderDetails(visit, order));
  }),

  post('/account/orders/:id/cancel', async (exchange) => {
    const form = await readForm(exchange.request);
    const visit = visitOf(shop, exchange);
    checkCsrf(visit.session, form.get('_csrf'));
    const { id } = shop.checkout.cancel(ownOrder(visit).id);
    shop.sessions.leaveNotice(visit.session, `Order ${id} is cancelled.`);
    exchange.redirect(303, `/account/orders/${id}`);
  }),

  // The token is in the query: the file has to be let in or turned away before its form has been read.
  post('/account/orders/:id/attachments', async (exchange) => {
    const visit = visitOf(shop, exchange);
    checkCsrf(visit.session, exchange.query.get('_csrf'));
    const { id } = ownOrder(visit);
    const file = await receiveFile(shop, exchange.request, id);
    shop.sessions.leaveNotice(visit.session, `${file.filename} (${file.size} bytes) is attached.`);
    exchange.redirect(303, `/account/orders/${id}`);
  }),
];

function ownOrder({ shop, session, exchange }: { shop: Shop; session: Visit['session']; exchange: Exchange }): Order {
  const order = shop.orders.byId(exchange.id());
  if (!order || order.customer.id !== session.customerId) {
    throw new HttpError(404, 'not_found', `You have no order ${exchange.param('id')}.`);
  }
  return order;
}

const statusMark = (status: string): Markup => html`<span class="status ${status}">${status}</span>`;

const orderTable = (orders: readonly OrderHead[]): Markup => html`<h1>Your orders</h1>
<table>
<thead><tr><th>Order</th><th>Placed</th><th>Status</th><th class="number">Total</th></tr></thead>
<tbody>${orders.map(
  ({ id, createdAt, status, total }) => html`<tr>
<td><a href="/account/orders/${id}">SO-${String(id).padStart(6, '0')}</a></td>
<td>${day(createdAt)}</td><td>${statusMark(status)}</td><td class="number">${money(total)}</td>
</tr>`,
)}</tbody>
</table>`;

function orderDetails({ shop, session }: Visit, order: Order): Markup {
  const cancellable = order.status === 'pending' || order.status === 'paid';
  return html`<h1>Order ${order.id}</h1>
<p data-order="${order.id}">${statusMark(order.status)} <span class="quiet">placed ${day(order.createdAt)}</span></p>
<table>
<thead><tr><th>Product</th><th class="number">Price</th><th class="number">Quantity</th><th class="number">Sum</th></tr></thead>
<tbody>${order.lines.map(
    ({ name, price, quantity }) => html`<tr>
<td>${name}</td><td class="number">${money(price)}</td><td class="number">${quantity}</td><td class="number">${money(price * quantity)}</td>
</tr>`,
  )}</tbody>
<tfoot>
<tr><td colspan="3">Shipping</td><td class="number">${money(order.shipping)}</td></tr>
<tr><td colspan="3">Tax</td><td class="number">${money(order.tax)}</td></tr>
<tr><th colspan="3">Total</th><th class="number">${money(order.total)}</th></tr>
</tfoot>
</table>
${
  cancellable
    ? html`<form class="line end" method="post" action="/account/orders/${order.id}/cancel">${csrfField(session)}<button class="plain">Cancel this order</button></form>`
    : null
}
<h2>Attachments</h2>
<ul class="files">${shop.files
    .ofOrder(order.id)
    .map(
      ({ id, filename, size }) =>
        html`<li><a href="/files/${id}">${filename}</a> <span class="quiet">${size} bytes</span></li>`,
    )}</ul>
<form class="line" method="post" enctype="multipart/form-data" action="/account/orders/${order.id}/attachments?_csrf=${session.csrf}">
<input type="file" name="file" aria-label="File" required><button>Attach</button>
</form>`;
}
