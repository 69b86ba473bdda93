import { demoPassword } from '../data/seed.ts';
import type { Shop } from '../shop.ts';
import { readForm } from '../web/body.ts';
import { html, type Markup } from '../web/markup.ts';
import { type Endpoint, get, post } from '../web/router.ts';
import { checkCsrf, endedCookie, sessionCookie } from '../web/visitor.ts';
import { csrfField, showPage, type Visit, visitOf } from './layout.ts';

export const loginPages = (shop: Shop): Endpoint[] => [
  get('/login', (exchange) => {
    const visit = visitOf(shop, exchange);
    showPage(visit, 'Log in', loginForm(visit, { next: ownPath(exchange.query.get('next')), email: '' }));
  }),

  post('/login', async (exchange) => {
    const form = await readForm(exchange.request);
    const visit = visitOf(shop, exchange);
    checkCsrf(visit.session, form.get('_csrf'));
    const email = form.get('email') ?? '';
    const next = ownPath(form.get('next'));
    const customer = shop.customers.byCredentials(email, form.get('password') ?? '');
    if (!customer) {
      shop.sessions.leaveNotice(visit.session, 'That address and password are not known here.');
      showPage(visit, 'Log in', loginForm(visit, { next, email }), 403);
      return;
    }
    const session = shop.sessions.logIn(visit.session, customer.id);
    exchange.addCookie(sessionCookie(session));
    shop.sessions.leaveNotice(session, `Welcome back, ${customer.name}.`);
    exchange.redirect(303, next);
  }),

  post('/logout', async (exchange) => {
    const form = await readForm(exchange.request);
    const { session } = visitOf(shop, exchange);
    checkCsrf(session, form.get('_csrf'));
    shop.sessions.end(session);
    exchange.addCookie(endedCookie);
    exchange.redirect(303, '/');
  }),
];

/** Never leads off the site: `//elsewhere.example` and `/\elsewhere` are hosts to a browser. */
const ownPath = (next: string | null): string =>
  next && /^\/(?![/\\])[\w/.-]*$/.test(next) ? next : '/account/orders';

const loginForm = ({ session }: Visit, { next, email }: { next: string; email: string }): Markup => html`<h1>Log in</h1>
<form class="stack" method="post" action="/login">
${csrfField(session)}
<input type="hidden" name="next" value="${next}">
<label>E-mail <input type="email" name="email" value="${email}" placeholder="ada@example.com" autocomplete="username" required></label>
<label>Password <input type="password" name="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>
<p class="quiet">This is a demonstration: ada@example.com, with the password “${demoPassword}”.</p>`;
