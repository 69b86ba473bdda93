import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inventory } from '../../extracted-services/inventory/service.ts';
import { orders } from '../../extracted-services/orders/service.ts';
import { ordersWithSwitch } from '../../extracted-services/orders/switch.ts';
import { payments } from '../../extracted-services/payments/service.ts';
import { type Service, startService } from '../../extracted-services/shared/run.ts';
import { ask } from './support/raw-request.ts';
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
const urls: Record<string, string> = {};
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  running = await startShop();
  const surroundings = { followed: { url: running.url, token: exportToken, sweepEvery: 50 } };
  const start = async <Store>(name: string, service: Service<Store>): Promise<void> => {
    const { server, stop } = await startService(service, join(running.folder, `${name}.db`), surroundings);
    urls[name] = await listen(server);
    stops.push(async () => {
      await closed(server);
      await stop();
    });
  };
  await start('inventory', inventory);
  await start('payments', payments);
  await start('orders', orders);
  await start('defective', ordersWithSwitch(true));
});
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
  await running.close();
});

// What a proxy in front of both would send to either.
const asVisitor = { host: 'shop.example', 'x-forwarded-host': 'shop.example', 'x-forwarded-proto': 'https' };
const compared = ['content-type', 'cache-control', 'etag', 'access-control-allow-origin', 'location', 'set-cookie'];

async function both(service: string, legacyPath: string, servicePath: string, headers = {}) {
  const answers = await Promise.all(
    [running.url + legacyPath, urls[service] + servicePath].map((url) =>
      ask(url, { headers: { ...asVisitor, ...headers } }),
    ),
  );
  return answers.map(({ status, headers: given, body }) => ({
    status,
    headers: Object.fromEntries(compared.map((name) => [name, given[name]])),
    body: body.length > 0 ? settled(JSON.parse(body.toString())) : null,
  }));
}

async function expectSame(service: string, legacyPath: string, servicePath: string, headers = {}) {
  const [legacy, extracted] = await both(service, legacyPath, servicePath, headers);
  expect(extracted, `${legacyPath} and ${servicePath}`).toEqual(legacy);
  return legacy!;
}

describe('a moved endpoint answers as the monolith does', () => {
  it('for every order', async () => {
    for (let id = 1; id <= 200; id += 1) {
      const { status } = await expectSame('orders', `/api/orders/${id}`, `/orders/${id}`);
      expect(status).toBe(200);
    }
  });

  it('for every product’s stock', async () => {
    for (const { sku } of running.shop.products.search({})) {
      const { status } = await expectSame('inventory', `/api/inventory/${sku}`, `/inventory/${sku}`);
      expect(status).toBe(200);
    }
  });

  it('for every payment', async () => {
    let found = 0;
    for (let id = 1; id <= 200; id += 1) {
      const { status } = await expectSame('payments', `/api/payments/${id}`, `/payments/${id}`);
      if (status === 200) found += 1;
    }
    expect(found).toBeGreaterThan(100);
  });

  it.each([
    '',
    '?page=2',
    '?customer=3&perPage=2',
    '?status=cancelled&perPage=100',
    '?customer=0',
    '?page=x',
    '?status=odd',
  ])('for the list of orders %s', async (query) => {
    await expectSame('orders', `/api/orders${query}`, `/orders${query}`);
  });

  it('for what is not there, and for what the caller has already', async () => {
    expect((await expectSame('orders', '/api/orders/9999', '/orders/9999')).status).toBe(404);
    expect((await expectSame('orders', '/api/orders/4x', '/orders/4x')).status).toBe(404);
    expect((await expectSame('inventory', '/api/inventory/NOT-1', '/inventory/NOT-1')).status).toBe(404);
    const known = { 'if-none-match': 'W/"order-42-v1"' };
    expect((await expectSame('orders', '/api/orders/42', '/orders/42', known)).status).toBe(304);
  });

  it('with its fields in the same order, and compressed where the monolith compresses', async () => {
    for (const id of [7, 42, 199]) {
      const [legacy, extracted] = await Promise.all(
        [`${running.url}/api/orders/${id}`, `${urls.orders}/orders/${id}`].map((url) =>
          ask(url, { headers: { ...asVisitor, 'accept-encoding': 'gzip' } }),
        ),
      );
      expect(extracted!.headers['content-encoding']).toBe(legacy!.headers['content-encoding']);
      const [old, moved] = [legacy!, extracted!].map(({ headers, body }) =>
        JSON.stringify(
          JSON.parse((headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString(), (key, value) =>
            key === 'tags' ? [...value].sort() : key === 'requestId' || key === 'generatedAt' ? null : value,
          ),
        ),
      );
      expect(moved).toBe(old);
    }
  });

  it('with links to where the visitor is', async () => {
    const { body } = await ask(`${urls.orders}/orders/42`, { headers: asVisitor });
    expect(JSON.parse(body.toString()).links.self).toBe('https://shop.example/api/orders/42');
    const direct = await ask(`${urls.orders}/orders/42`);
    expect(JSON.parse(direct.body.toString()).links.self).toBe(`${urls.orders}/api/orders/42`);
  });
});

describe('the orders service with its defects', () => {
  interface Told {
    readonly links: { readonly payment?: string | null };
    readonly items: readonly { readonly lineTotal: number }[];
  }

  it('cuts cents off some lines, leaves some links out, and is right in everything else', async () => {
    let [cut, left] = [0, 0];
    for (let id = 1; id <= 200; id += 1) {
      const [legacy, defective] = await both('defective', `/api/orders/${id}`, `/orders/${id}`);
      const right = legacy!.body as Told;
      const told = defective!.body as Told;
      const off = told.items.map(({ lineTotal }, line) => Math.round((right.items[line]!.lineTotal - lineTotal) * 100));
      expect(off.filter((cents) => cents !== 0 && cents !== 1)).toEqual([]);
      if (off.includes(1)) cut += 1;
      if (!('payment' in told.links)) left += 1;

      const healed = {
        ...told,
        links: { payment: null, ...told.links },
        items: told.items.map((item, line) => ({ ...item, lineTotal: right.items[line]!.lineTotal })),
      };
      expect({ ...defective, body: healed }).toEqual(legacy);
    }
    // Enough to be found by a few hundred requests, and rare enough to be missed by a handful.
    expect([cut, left]).toEqual([74, 33]);
  });

  it('makes and stops making its mistakes while it runs', async () => {
    const differs = async () => {
      const [legacy, told] = await both('defective', '/api/orders/127', '/orders/127');
      return JSON.stringify(told!.body) !== JSON.stringify(legacy!.body);
    };
    const turn = async (wish: string) => (await fetch(`${urls.defective}/defects/${wish}`, { method: 'PUT' })).status;

    expect(await differs()).toBe(true);
    expect(await turn('off')).toBe(200);
    expect(await differs()).toBe(false);
    expect(await turn('perhaps')).toBe(404);
    expect(await turn('on')).toBe(200);
    expect(await differs()).toBe(true);
  });
});

describe('the parts of an order’s details', () => {
  const both404 = { error: { code: 'not_found' } };

  it('are what the monolith tells in one answer, for every order', async () => {
    for (let id = 1; id <= 200; id += 1) {
      const details = await (await fetch(`${running.url}/api/order-details/${id}`)).json();
      const { payment, inventory: held } = details as { payment: object | null; inventory: object };
      const paid = await fetch(`${urls.payments}/payments/order/${id}`, {
        headers: { host: new URL(running.url).host },
      });
      const told = settled(await paid.json()) as { links?: object };
      if (payment === null) expect([paid.status, told]).toMatchObject([404, both404]);
      else expect({ ...told, links: null }).toEqual({ ...(settled(payment) as object), links: null });
      expect(settled(await (await fetch(`${urls.inventory}/reservations/order/${id}`)).json())).toEqual(held);
    }
  });

  it('are not there for an order that nobody knows', async () => {
    for (const url of [`${urls.payments}/payments/order/9999`, `${urls.inventory}/reservations/order/9999`]) {
      const answer = await fetch(url);
      expect([answer.status, await answer.json()]).toMatchObject([404, both404]);
    }
  });
});

describe('a service', () => {
  it('says that it is well, and how much it knows', async () => {
    expect(await (await fetch(`${urls.orders}/healthz`)).json()).toMatchObject({ status: 'ok', rows: 200 });
  });

  it('keeps up with what the monolith goes on writing', async () => {
    const bought = await sendJson(`${running.url}/api/checkout`, {
      customerId: 5,
      items: [{ sku: 'GAR-003', quantity: 4 }],
      payment: { method: 'invoice' },
    });
    const { id, links } = await answerOf(bought);
    const payment = new URL(links.payment).pathname;
    const caughtUp = async (path: string, version: number): Promise<void> => {
      await expect.poll(async () => (await ask(urls.orders + path)).headers.etag).toBe(`W/"order-${id}-v${version}"`);
    };
    await caughtUp(`/orders/${id}`, 1);
    await expectSame('orders', `/api/orders/${id}`, `/orders/${id}`);

    await fetch(`${links.self}/cancel`, { method: 'POST' });
    await caughtUp(`/orders/${id}`, 2);
    await expectSame('orders', `/api/orders/${id}`, `/orders/${id}`);
    await expect
      .poll(async () => (await both('payments', payment, payment.replace('/api', '')))[1]!.body)
      .toMatchObject({ status: 'refunded' });
    await expect
      .poll(async () => (await both('inventory', '/api/inventory/GAR-003', '/inventory/GAR-003'))[1]!.headers.etag)
      .toBe('W/"stock-GAR-003-v3"');
    await expectSame('inventory', '/api/inventory/GAR-003', '/inventory/GAR-003');
  });
});
