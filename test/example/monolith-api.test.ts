import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from './support/raw-request.ts';
import { type ApiAnswer, answerOf, type RunningShop, sendJson, settled, startShop } from './support/running-shop.ts';

let running: RunningShop;
beforeAll(async () => {
  running = await startShop();
});
afterAll(() => running.close());

const json = async (path: string) => answerOf(await fetch(running.url + path));
const onHand = async (sku: string): Promise<number> => (await json(`/api/inventory/${sku}`)).onHand;
const skillets = (quantity: number, cardNumber = '4242424242424242') => ({
  customerId: 1,
  items: [{ sku: 'KIT-001', quantity }],
  payment: { method: 'card', cardNumber },
});

describe('the seeded shop', () => {
  it('has fifty products and two hundred orders, the same ones each time', async () => {
    const other = await startShop();
    try {
      expect((await json('/api/products')).total).toBe(50);
      expect((await json('/api/orders')).total).toBe(200);
      for (const id of [1, 42, 200]) expect(other.shop.orders.byId(id)).toEqual(running.shop.orders.byId(id));
    } finally {
      await other.close();
    }
  });

  it('adds up: every order has the total of its lines, shipping and tax', () => {
    for (const { id } of running.shop.orders.page({ limit: 200, offset: 0 })) {
      const { lines, subtotal, shipping, tax, total } = running.shop.orders.byId(id)!;
      const sum = lines.reduce((cents, { price, quantity }) => cents + Math.round(price * 100) * quantity, 0);
      expect(subtotal).toBe(sum / 100);
      expect(total).toBeCloseTo(subtotal + shipping + tax, 9);
    }
  });
});

describe('an answer of the API', () => {
  it('changes with every call in its id, its time and the order of its sets, and in nothing else', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => json('/api/orders/42')));
    expect(new Set(answers.map(({ requestId }) => requestId)).size).toBe(12);
    expect(new Set(answers.map(({ tags }) => tags.join())).size).toBeGreaterThan(1);
    for (const answer of answers) expect(settled(answer)).toEqual(settled(answers[0]));
  });

  it('links to wherever the Host header says that it is', async () => {
    const { body } = await ask(`${running.url}/api/orders/42`, { headers: { host: 'shop.example:8443' } });
    expect(JSON.parse(body.toString()).links.self).toBe('http://shop.example:8443/api/orders/42');
    const secure = { host: 'shop.example', 'x-forwarded-proto': 'https' };
    const { body: behindTls } = await ask(`${running.url}/api/orders/42`, { headers: secure });
    expect(JSON.parse(behindTls.toString()).links.self).toBe('https://shop.example/api/orders/42');
  });

  it('is compressed for those who can read it', async () => {
    const plain = await ask(`${running.url}/api/products`);
    const packed = await ask(`${running.url}/api/products`, { headers: { 'accept-encoding': 'br, gzip' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.body.length).toBeLessThan(plain.body.length / 2);
    const unpacked = JSON.parse(gunzipSync(packed.body).toString());
    expect(settled(unpacked)).toEqual(settled(JSON.parse(plain.body.toString())));
    const refused = await ask(`${running.url}/api/products`, { headers: { 'accept-encoding': 'gzip;q=0' } });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('is a bare 304 for those who have it already', async () => {
    const first = await ask(`${running.url}/api/orders/42`);
    const again = await ask(`${running.url}/api/orders/42`, { headers: { 'if-none-match': first.headers.etag } });
    expect(again.status).toBe(304);
    expect(again.body.length).toBe(0);
    expect(again.headers.etag).toBe(first.headers.etag);
  });

  it('has the length of GET, and no body, for HEAD', async () => {
    const got = await ask(`${running.url}/api/orders/42`);
    const head = await ask(`${running.url}/api/orders/42`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.body.length).toBe(0);
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
  });

  it.each([
    ['GET', '/api/orders/9999', 404],
    ['GET', '/api/orders/4x', 404],
    ['GET', '/api/inventory/NOT-001', 404],
    ['GET', '/api/nothing', 404],
    ['GET', '/api/orders?page=none', 400],
    ['POST', '/api/orders', 415],
    ['DELETE', '/api/orders/42', 405],
  ])('says in JSON why %s %s is %i', async (method, path, status) => {
    const answer = await ask(running.url + path, { method });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body.toString()).error.message).toMatch(/\w/);
    if (status === 405) expect(answer.headers.allow).toBe('GET, HEAD');
  });

  it('tells a browser on another site what it may do', async () => {
    const answer = await ask(`${running.url}/api/orders/42/cancel`, {
      method: 'OPTIONS',
      headers: { origin: 'http://elsewhere.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-methods']).toBe('POST');
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });

  it('pages through the orders of one customer without losing or repeating any', async () => {
    const seen: number[] = [];
    let next: string | null = `${running.url}/api/orders?customer=3&perPage=2`;
    for (let page = 0; next !== null && page < 200; page += 1) {
      const answer: ApiAnswer = await answerOf(await fetch(next));
      seen.push(...answer.orders.map(({ id }) => id));
      next = answer.links.next;
    }
    const expected = running.shop.orders.page({ customerId: 3, limit: 200, offset: 0 }).map(({ id }) => id);
    expect(expected.length).toBeGreaterThan(2);
    expect(seen).toEqual(expected);
  });
});

describe('checkout', () => {
  it('takes stock, money and the order in one go', async () => {
    const before = await onHand('KIT-001');
    const response = await sendJson(`${running.url}/api/checkout`, skillets(2));
    const order = await answerOf(response);
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(order.links.self);
    expect(order).toMatchObject({ status: 'paid', subtotal: 99.9, tax: 19.98, total: 119.88 });
    expect(await onHand('KIT-001')).toBe(before - 2);
    const payment = await answerOf(await fetch(order.links.payment));
    expect(payment).toMatchObject({ orderId: order.id, amount: 119.88, status: 'captured', card: { last4: '4242' } });
  });

  it.each([
    ['the card is declined', skillets(1, '424242420000'), 402],
    [
      'there is too little of it',
      {
        ...skillets(99),
        items: [
          { sku: 'KIT-001', quantity: 99 },
          { sku: 'COF-001', quantity: 99 },
        ],
      },
      409,
    ],
    [
      'nobody sells it',
      {
        ...skillets(1),
        items: [
          { sku: 'KIT-001', quantity: 1 },
          { sku: 'NOT-001', quantity: 1 },
        ],
      },
      422,
    ],
    ['nothing is ordered', { ...skillets(1), items: [] }, 422],
  ])('leaves no trace when %s', async (_why, body, status) => {
    if (status === 409) {
      const most = running.shop.inventory.bySku('COF-001')!.onHand;
      running.shop.inventory.take('COF-001', most - 1, new Date().toISOString());
    }
    const before = { skillets: await onHand('KIT-001'), orders: (await json('/api/orders')).total };
    const response = await sendJson(`${running.url}/api/checkout`, body);
    expect(response.status).toBe(status);
    expect({ skillets: await onHand('KIT-001'), orders: (await json('/api/orders')).total }).toEqual(before);
  });

  it('gives stock and money back when the order is cancelled, once', async () => {
    const before = await onHand('KIT-001');
    const order = await answerOf(await sendJson(`${running.url}/api/checkout`, skillets(3)));
    const cancelled = await fetch(`${order.links.self}/cancel`, { method: 'POST' });
    expect(await answerOf(cancelled)).toMatchObject({ id: order.id, status: 'cancelled' });
    expect(await onHand('KIT-001')).toBe(before);
    expect((await answerOf(await fetch(order.links.payment))).status).toBe('refunded');
    expect((await fetch(`${order.links.self}/cancel`, { method: 'POST' })).status).toBe(409);
    expect(await onHand('KIT-001')).toBe(before);
  });

  it('has nothing to do with an order that is placed to be paid later', async () => {
    const before = await onHand('KIT-001');
    const { payment: _, ...body } = skillets(2);
    const order = await answerOf(await sendJson(`${running.url}/api/orders`, body));
    expect(order).toMatchObject({ status: 'pending', links: { payment: null } });
    expect(await onHand('KIT-001')).toBe(before);
  });
});

describe('a body that is too large', () => {
  it.each(['/api/orders', '/login'])('is refused while it still comes, and harms nobody else: %s', async (path) => {
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n`,
    );
    socket.write(Buffer.alloc(300 * 1024, ' '));
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect((await fetch(`${running.url}/api/orders/1`)).status).toBe(200);
  });
});
