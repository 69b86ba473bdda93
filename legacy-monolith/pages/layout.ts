import { currency } from '../money.ts';
import type { Shop } from '../shop.ts';
import type { Session } from '../store/sessions.ts';
import type { Exchange } from '../web/exchange.ts';
import { html, type Markup } from '../web/markup.ts';
import { customerOf, sessionOf } from '../web/visitor.ts';

export interface Visit {
  readonly shop: Shop;
  readonly exchange: Exchange;
  readonly session: Session;
}

export const visitOf = (shop: Shop, exchange: Exchange): Visit => ({
  shop,
  exchange,
  session: sessionOf(shop, exchange),
});

export const money = (amount: number): string => `${amount.toFixed(2)} ${currency}`;
export const day = (iso: string): string => iso.slice(0, 10);
export const csrfField = ({ csrf }: Session): Markup => html`<input type="hidden" name="_csrf" value="${csrf}">`;

/** A whole page, sent: what every page shares around what only this one has. */
export function showPage(visit: Visit, title: string, main: Markup, status = 200): void {
  const { shop, exchange, session } = visit;
  const notice = shop.sessions.takeNotice(session);
  const pieces = shop.carts.pieces(session);
  exchange.html(
    status,
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Old Mill Supply</title>
<link rel="canonical" href="${exchange.origin}${exchange.path}">
<link rel="stylesheet" href="/assets/shop.css">
<link rel="icon" href="/assets/mill.svg">
<script src="/assets/shop.js" defer></script>
</head>
<body>
<header>
<a class="brand" href="/"><img src="/assets/mill.svg" alt="" width="28" height="28">Old Mill Supply</a>
<nav>
<a href="/products">Products</a>
<a href="/cart">Cart${pieces > 0 ? html` <b class="count">${pieces}</b>` : null}</a>
${accountLinks(visit)}
</nav>
</header>
<main>
${notice === null ? null : html`<p class="notice" role="status">${notice}</p>`}
${main}
</main>
<footer>
<span>ShopSuite 4.2 · request ${exchange.requestId} · ${new Date().toISOString()}</span>
<span><a href="/reports/sales">Sales report</a></span>
</footer>
</body>
</html>`,
  );
}

function accountLinks({ shop, session }: Visit): Markup {
  const customer = customerOf(shop, session);
  if (!customer) return html`<a href="/login">Log in</a>`;
  return html`<a href="/account/orders">${customer.name}</a>
<form method="post" action="/logout">${csrfField(session)}<button class="link">Log out</button></form>`;
}
