import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shopServer } from '../../legacy-monolith/server.ts';
import {
  answerOf,
  closed,
  exportToken,
  listen,
  type RunningShop,
  sendJson,
  settled,
  startShop,
} from './support/running-shop.ts';

let running: RunningShop;
beforeAll(async () => {
  running = await startShop();
});
afterAll(() => running.close());

interface Page {
  readonly rows: readonly { id: number; orderId: number; sku: string; version: number; updatedAt: string }[];
  readonly next: string | null;
  readonly more: boolean;
  readonly left?: number;
}

const ask = (path: string, authorization = `Bearer ${exportToken}`) =>
  fetch(`${running.url}/api/export/${path}`, { headers: { authorization } });
const page = async (path: string): Promise<Page> => {
  const response = await ask(path);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
};

async function everything(kind: string, limit: number, from = ''): Promise<Page['rows'][number][]> {
  const rows: Page['rows'][number][] = [];
  let after = from;
  for (let pages = 0; pages < 500; pages += 1) {
    const { rows: shown, next, more } = await page(`${kind}?limit=${limit}${after}`);
    rows.push(...shown);
    if (!more) return rows;
    after = `&after=${next}`;
  }
  throw new Error('there is no end to it');
}

describe('the export', () => {
  it('is for nobody without its token, and not there where none was given', async () => {
    expect((await fetch(`${running.url}/api/export/orders`)).status).toBe(401);
    const wrong = await ask('orders', 'Bearer another-token');
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await ask('orders', `Basic ${exportToken}`)).status).toBe(401);

    const { server, closeStreams } = shopServer(running.shop);
    const url = await listen(server);
    try {
      const closedOne = await fetch(`${url}/api/export/orders`, {
        headers: { authorization: `Bearer ${exportToken}` },
      });
      expect(closedOne.status).toBe(404);
    } finally {
      closeStreams();
      await closed(server);
    }
  });

  it('tells everything once, in the order of its last change, whatever the pages’ size', async () => {
    const all = await everything('orders', 1000);
    expect(all).toHaveLength(200);
    expect(all.map(({ updatedAt }) => updatedAt)).toEqual(all.map(({ updatedAt }) => updatedAt).sort());
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 200 }), async (limit) => {
        const paged = await everything('orders', limit);
        expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
      }),
      { numRuns: 10 },
    );
    expect(new Set((await everything('stock', 7)).map(({ sku }) => sku)).size).toBe(50);
    expect((await everything('payments', 9)).length).toBeGreaterThan(100);
  });

  it('goes on behind a page, through rows that were changed in the same moment', async () => {
    // All stock was seeded at one time, so that only the key tells where a page ends.
    const first = await page('stock?limit=20&count=true');
    expect([first.rows.length, first.more, first.left]).toEqual([20, true, 30]);
    const rest = await page(`stock?limit=1000&count=true&after=${first.next}`);
    expect([rest.rows.length, rest.more, rest.left]).toEqual([30, false, 0]);
    const nothing = await page(`stock?after=${rest.next}&count=true`);
    expect(nothing).toMatchObject({ rows: [], next: rest.next, more: false, left: 0 });
  });

  it('tells of an order what the API tells of it, and its version', async () => {
    const { rows } = await page('orders?ids=42,7,9999');
    expect(rows.map(({ id }) => id).sort((a, b) => a - b)).toEqual([7, 42]);
    const { links, ...shown } = (await answerOf(await fetch(`${running.url}/api/orders/42`))) as never as {
      links: { payment: string | null };
    };
    const paymentId = links.payment === null ? null : Number(links.payment.split('/').at(-1));
    const row = rows.find(({ id }) => id === 42)!;
    expect(settled(row)).toEqual(settled({ ...shown, paymentId, version: 1 }));
  });

  it('begins at a time, and tells what concerns one order', async () => {
    const items = [
      { sku: 'KIT-001', quantity: 2 },
      { sku: 'GAR-003', quantity: 1 },
    ];
    const began = new Date().toISOString();
    const { id } = await answerOf(
      await sendJson(`${running.url}/api/checkout`, { customerId: 1, items, payment: { method: 'invoice' } }),
    );
    expect((await page(`orders?since=${began}`)).rows.map((row) => row.id)).toEqual([id]);
    expect((await page(`stock?since=${began}`)).rows.map(({ sku }) => sku)).toEqual(['GAR-003', 'KIT-001']);
    expect((await page(`stock?order=${id}`)).rows.map(({ sku }) => sku).sort()).toEqual(['GAR-003', 'KIT-001']);
    expect((await page(`payments?order=${id}`)).rows).toMatchObject([{ orderId: id, status: 'captured', version: 1 }]);
    expect((await page(`orders?order=${id}`)).rows).toMatchObject([{ id, status: 'paid' }]);
    expect((await page(`reservations?order=${id}`)).rows).toMatchObject([
      {
        orderId: id,
        version: 1,
        items: [
          { sku: 'GAR-003', quantity: 1, state: 'reserved' },
          { sku: 'KIT-001', quantity: 2, state: 'reserved' },
        ],
      },
    ]);
    expect((await page('orders?order=9999')).rows).toEqual([]);
  });

  it.each([
    'orders?after=nonsense',
    `orders?after=${Buffer.from('["2025"]').toString('base64url')}`,
    `orders?after=${Buffer.from('{"__proto__":1}').toString('base64url')}`,
    'orders?since=yesterday',
    'orders?limit=0',
    'orders?order=x',
    'orders?ids=,',
    'orders?afterwards=1',
    'orders?since=2025-01-01&ids=1',
  ])('refuses %s rather than guess', async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'bad_query' } });
  });
});

describe('the details of an order', () => {
  interface Details {
    readonly order: { readonly id: number; readonly status: string };
    readonly payment: { readonly orderId: number } | null;
    readonly inventory: { readonly orderId: number; readonly items: readonly { readonly state: string }[] };
  }

  it('are what the API tells of the order and its payment, and what it holds of the stock', async () => {
    const states = new Map<string, Set<string>>();
    for (let id = 1; id <= 200; id += 1) {
      const details = (await (await fetch(`${running.url}/api/order-details/${id}`)).json()) as Details;
      const order = await answerOf(await fetch(`${running.url}/api/orders/${id}`));
      expect(settled(details.order)).toEqual(settled(order));
      if (order.links.payment === null) expect(details.payment).toBe(null);
      else expect(settled(details.payment)).toEqual(settled(await (await fetch(order.links.payment)).json()));
      expect(details.inventory.orderId).toBe(id);
      const seen = details.inventory.items.map(({ state }) => state);
      states.set(order.status, new Set([...(states.get(order.status) ?? []), ...(seen.length ? seen : ['nothing'])]));
    }
    expect(Object.fromEntries([...states].map(([status, seen]) => [status, [...seen]]))).toEqual({
      pending: ['nothing'],
      paid: ['reserved'],
      shipped: ['sold'],
      delivered: ['sold'],
      cancelled: ['released'],
    });
  });

  it('say that an order is not there as the order itself does', async () => {
    const [details, order] = await Promise.all(
      ['order-details', 'orders'].map((kind) => fetch(`${running.url}/api/${kind}/9999`)),
    );
    expect(details!.status).toBe(404);
    expect(settled(await details!.json())).toEqual(settled(await order!.json()));
  });
});
