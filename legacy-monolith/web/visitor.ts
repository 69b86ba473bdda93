import type { Shop } from '../shop.ts';
import type { Customer } from '../store/customers.ts';
import type { Session } from '../store/sessions.ts';
import type { Exchange } from './exchange.ts';
import { HttpError } from './http-error.ts';

const cookieName = 'session';

export const sessionCookie = (session: Session): string =>
  `${cookieName}=${session.id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=1209600`;
export const endedCookie = `${cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;

/** The visitor's session; a new one, with its cookie, for whoever comes without. */
export function sessionOf(shop: Shop, exchange: Exchange): Session {
  const known = shop.sessions.byId(exchange.cookie(cookieName) ?? '');
  if (known) return known;
  const session = shop.sessions.start();
  exchange.addCookie(sessionCookie(session));
  return session;
}

export function customerOf(shop: Shop, session: Session): Customer | undefined {
  return session.customerId === null ? undefined : shop.customers.byId(session.customerId);
}

/** Every form carries its session's token; a form that another site sent on the visitor's behalf can't. */
export function checkCsrf(session: Session, token: string | null): void {
  if (token !== session.csrf) {
    throw new HttpError(403, 'csrf', 'This form is from another visit. Please go back, reload the page and try again.');
  }
}
