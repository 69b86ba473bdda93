import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type RawAnswer } from './support/raw-request.ts';
import { type RunningShop, startShop } from './support/running-shop.ts';

let running: RunningShop;
beforeAll(async () => {
  running = await startShop();
});
afterAll(() => running.close());

/** A browser without the pictures: keeps cookies, sends forms, stays where it is told to go. */
class Visitor {
  readonly cookies = new Map<string, string>();
  csrf = '';

  async open(path: string): Promise<RawAnswer & { text: string }> {
    return this.#send(path, {});
  }

  async submit(path: string, fields: Record<string, string>): Promise<RawAnswer & { text: string }> {
    const body = new URLSearchParams({ _csrf: this.csrf, ...fields }).toString();
    return this.#send(path, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
  }

  async #send(path: string, request: { method?: string; headers?: object; body?: string }) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await ask(running.url + path, { ...request, headers: { ...request.headers, cookie } });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    const text = answer.body.toString();
    this.csrf = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? this.csrf;
    return { ...answer, text };
  }
}

async function loggedIn(): Promise<Visitor> {
  const visitor = new Visitor();
  await visitor.open('/login');
  await visitor.submit('/login', { email: 'ada@example.com', password: 'password' });
  await visitor.open('/account/orders');
  return visitor;
}

describe('a visit', () => {
  it('goes from the shelf over the cart and the login to an order', async () => {
    const visitor = new Visitor();
    await visitor.open('/products/wool-blanket');
    expect([...visitor.cookies.keys()]).toEqual(['session', 'shop_seen']);

    const added = await visitor.submit('/cart/items', { sku: 'OUT-003', quantity: '2' });
    expect(added.status).toBe(303);
    expect(added.headers.location).toBe(`${running.url}/cart`);
    const cart = await visitor.open('/cart');
    expect(cart.text).toContain('2 × Wool blanket is in your cart.');
    expect(cart.text).toContain('119.94 EUR');
    expect((await visitor.open('/cart')).text).not.toContain('is in your cart');

    const stopped = await visitor.submit('/cart/checkout', { card: '4242 4242 4242 4242' });
    expect(stopped.headers.location).toBe(`${running.url}/login?next=/cart`);

    const before = visitor.cookies.get('session');
    await visitor.open('/login?next=/cart');
    const welcome = await visitor.submit('/login', { email: 'Ada@example.com', password: 'password', next: '/cart' });
    expect(welcome.headers.location).toBe(`${running.url}/cart`);
    expect(visitor.cookies.get('session')).not.toBe(before);
    expect((await visitor.open('/cart')).text).toContain('Wool blanket');

    const bought = await visitor.submit('/cart/checkout', { card: '4242 4242 4242 4242' });
    expect(bought.headers.location).toMatch(/\/account\/orders\/\d+$/);
    const order = await visitor.open(new URL(bought.headers.location!).pathname);
    expect(order.text).toContain('Thank you.');
    expect(order.text).toContain('class="status paid"');
  });

  it('ends with the log-out: the old cookie opens nothing', async () => {
    const visitor = await loggedIn();
    const thief = new Visitor();
    thief.cookies.set('session', visitor.cookies.get('session')!);
    await visitor.submit('/logout', {});
    expect((await thief.open('/account/orders')).headers.location).toBe(`${running.url}/login?next=/account/orders`);
  });

  it('shows nobody the orders of others', async () => {
    const visitor = await loggedIn();
    const theirs = running.shop.orders.page({ customerId: 2, limit: 1, offset: 0 })[0]!;
    expect((await visitor.open(`/account/orders/${theirs.id}`)).status).toBe(404);
    expect((await visitor.submit(`/account/orders/${theirs.id}/cancel`, {})).status).toBe(404);
  });
});

describe('a form', () => {
  it('is refused without the token of the visit', async () => {
    const visitor = await loggedIn();
    visitor.csrf = 'from-elsewhere';
    const refused = await visitor.submit('/cart/items', { sku: 'OUT-003' });
    expect(refused.status).toBe(403);
    expect((await visitor.open('/cart')).text).toContain('Nothing in it yet');
  });

  it('says that a password is wrong without saying which half', async () => {
    const visitor = new Visitor();
    await visitor.open('/login');
    const wrong = await visitor.submit('/login', { email: 'ada@example.com', password: 'guess' });
    const unknown = await visitor.submit('/login', { email: 'nobody@example.com', password: 'guess' });
    for (const answer of [wrong, unknown]) {
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('That address and password are not known here.');
    }
  });

  it.each(['//elsewhere.example/', '/\\elsewhere.example', 'http://elsewhere.example/'])(
    'never sends a visitor off to %s',
    async (next) => {
      const visitor = new Visitor();
      await visitor.open('/login');
      const answer = await visitor.submit('/login', { email: 'ada@example.com', password: 'password', next });
      expect(answer.headers.location).toBe(`${running.url}/account/orders`);
    },
  );
});

describe('a page', () => {
  it('escapes what a visitor wrote', async () => {
    const { text } = await new Visitor().open('/products?q=%3Cscript%3Ealert(1)%3C/script%3E');
    expect(text).toContain('&lt;script&gt;alert(1)');
    expect(text).not.toContain('<script>alert');
  });

  it.each([
    ['/index.php', 301, '/'],
    ['/shop/item.php?id=3', 301, '/products/walnut-chopping-board'],
    ['/products/', 301, '/products'],
    ['/orders', 302, '/account/orders'],
  ])('that has moved sends on from %s with %i, absolutely', async (path, status, to) => {
    const answer = await ask(running.url + path, { headers: { host: 'shop.example' } });
    expect(answer.status).toBe(status);
    expect(answer.headers.location).toBe(`http://shop.example${to}`);
  });

  it('that is not there, or not for this method, is a page all the same', async () => {
    const visitor = new Visitor();
    const missing = await visitor.open('/nowhere');
    expect([missing.status, missing.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    const refused = await visitor.submit('/products', {});
    expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('of the slow report arrives month by month, and stops when nobody waits for it', async () => {
    const { text, headers } = await new Visitor().open('/reports/sales?pause=1');
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(text.match(/<tr><td>2025-\d\d/g)).toHaveLength(11);

    const leaving = new AbortController();
    const response = await fetch(`${running.url}/reports/sales?pause=10000`, { signal: leaving.signal });
    const { value } = await response.body!.getReader().read();
    expect(Buffer.from(value!).toString()).toContain('Sales by month');
    leaving.abort();
  });
});
