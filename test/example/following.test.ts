import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openExport } from '../../example/export/client.ts';
import { Sqlite } from '../../example/process/sqlite.ts';
import { inventory } from '../../extracted-services/inventory/service.ts';
import { orders } from '../../extracted-services/orders/service.ts';
import { payments } from '../../extracted-services/payments/service.ts';
import { backfill } from '../../extracted-services/shared/backfill.ts';
import { type Following, follow } from '../../extracted-services/shared/following.ts';
import { hear } from '../../extracted-services/shared/hear.ts';
import { sweep } from '../../extracted-services/shared/sweep.ts';
import { startFront } from './support/front.ts';
import { handedBus, orderEvent } from './support/handed-bus.ts';
import { exportToken, type RunningShop, startShop } from './support/running-shop.ts';

let running: RunningShop;
let monolith: ReturnType<typeof openExport>;
beforeAll(async () => {
  running = await startShop();
  monolith = openExport(`${running.url}/api/export`, exportToken);
});
afterAll(async () => {
  await monolith.close();
  await running.close();
});

const never = new AbortController().signal;
const filling = () => ({ monolith, batch: 500, signal: never, refusals: 1 });
const card = { method: 'card', cardNumber: '4242424242424242' } as const;
const wanted = (quantity = 1, sku = 'KIT-001') => ({ customerId: 1, items: [{ sku, quantity }], tags: ['gift'] });

/** The three services' databases, filled, and what each has to say of one order. */
async function filledServices() {
  const [ordersDb, paymentsDb, inventoryDb] = [0, 0, 0].map(() => new Sqlite(':memory:')) as [never, never, never];
  const stores = {
    orders: orders.open(ordersDb),
    payments: payments.open(paymentsDb),
    stock: inventory.open(inventoryDb),
  };
  const parts = [
    { name: 'orders', db: ordersDb, sources: orders.sources(stores.orders) },
    { name: 'payments', db: paymentsDb, sources: payments.sources(stores.payments) },
    { name: 'inventory', db: inventoryDb, sources: inventory.sources(stores.stock) },
  ];
  for (const { db, sources } of parts) for (const source of sources) await backfill(source, { db, ...filling() });
  return { stores, parts };
}

async function hearingServices() {
  const { stores, parts } = await filledServices();
  const { bus, hand, consumers } = handedBus();
  const hearing = { monolith, signal: never, onTrouble: () => {} };
  for (const { name, db, sources } of parts) hear(name, bus, sources, { db, ...hearing });
  return { stores, parts, hand, consumers };
}

describe('an event', () => {
  it('brings the order it is about to every service: the order, its payment, its stock and what it holds of it', async () => {
    const { stores, hand, consumers } = await hearingServices();
    expect(consumers.map(({ subscription }) => subscription.group)).toEqual([
      'orders-catch-up',
      'payments-catch-up',
      'inventory-catch-up',
    ]);
    const before = stores.stock.bySku('KIT-001')!;
    const bought = running.shop.checkout.buy(wanted(3), card);
    expect(stores.orders.byId(bought.id)).toBe(undefined);

    await hand(orderEvent(bought.id));
    expect(stores.orders.byId(bought.id)).toMatchObject({ status: 'paid', paymentId: bought.paymentId, version: 1 });
    expect(stores.payments.ofOrder(bought.id)).toMatchObject({ id: bought.paymentId, status: 'captured' });
    expect(stores.stock.bySku('KIT-001')).toMatchObject({ onHand: before.onHand - 3, version: before.version + 1 });
    expect(stores.stock.held.ofOrder(bought.id)).toEqual({
      orderId: bought.id,
      items: [{ sku: 'KIT-001', quantity: 3, state: 'reserved' }],
    });

    running.shop.checkout.cancel(bought.id);
    await hand(orderEvent(bought.id, 'order.changed'));
    expect(stores.orders.byId(bought.id)).toMatchObject({ status: 'cancelled', version: 2 });
    expect(stores.payments.ofOrder(bought.id)).toMatchObject({ status: 'refunded' });
    expect(stores.stock.bySku('KIT-001')).toMatchObject({ onHand: before.onHand });
    expect(stores.stock.held.ofOrder(bought.id)!.items).toEqual([{ sku: 'KIT-001', quantity: 3, state: 'released' }]);
  });

  it('may come twice, late and in any order: what is known is what is true by then', async () => {
    const { stores, hand } = await hearingServices();
    const placed = running.shop.checkout.placeOrder(wanted());
    const bought = running.shop.checkout.buy(wanted(), card);
    const events = [
      orderEvent(placed.id),
      orderEvent(bought.id),
      orderEvent(bought.id, 'order.changed'),
      orderEvent(bought.id, 'order.changed'),
    ];
    running.shop.checkout.cancel(bought.id);
    const order = fc.shuffledSubarray([...events, ...events], { minLength: 8, maxLength: 8 });
    for (const event of fc.sample(order, 1)[0]!) await hand(event);
    expect(stores.orders.byId(placed.id)).toMatchObject({ status: 'pending', version: 1 });
    expect(stores.orders.byId(bought.id)).toMatchObject({ status: 'cancelled', version: 2 });
    expect(stores.stock.held.ofOrder(placed.id)).toEqual({ orderId: placed.id, items: [] });
  });

  it('never takes a service back: what was fetched earlier and arrives later changes nothing', async () => {
    const { stores } = await filledServices();
    const bought = running.shop.checkout.buy(wanted(), card);
    const earlier = await Promise.all(
      ['orders', 'payments', 'stock', 'reservations'].map((kind) => monolith.page(kind, { order: bought.id })),
    );
    running.shop.checkout.cancel(bought.id);
    const later = await Promise.all(
      ['orders', 'payments', 'stock', 'reservations'].map((kind) => monolith.page(kind, { order: bought.id })),
    );
    const sources = [
      ...orders.sources(stores.orders),
      ...payments.sources(stores.payments),
      ...inventory.sources(stores.stock),
    ];
    const put = (pages: typeof later): boolean[] => sources.map((source, i) => source.put(pages[i]!.rows[0]!));
    expect(put(later)).toEqual([true, true, true, true]);
    expect(put(earlier)).toEqual([false, false, false, false]);
    expect(stores.orders.byId(bought.id)!.status).toBe('cancelled');
    expect(stores.payments.ofOrder(bought.id)!.status).toBe('refunded');
    expect(stores.stock.bySku('KIT-001')).toMatchObject({ onHand: running.shop.inventory.bySku('KIT-001')!.onHand });
    expect(stores.stock.held.ofOrder(bought.id)!.items[0]!.state).toBe('released');
  });

  it('about an order that the monolith doesn’t know changes nothing; one about no order at all is refused', async () => {
    const { parts, hand } = await hearingServices();
    await hand(orderEvent(9_999));
    // Placed with the orders service: there is nothing to ask the monolith.
    await hand(orderEvent(1_000_007));
    for (const subject of ['', '__proto__', '1e3', '-1', '7 OR 1=1', '9'.repeat(40)]) {
      await expect(hand(orderEvent(subject)), subject).rejects.toThrow('which is no order’s number'.replace('’', "'"));
    }
    const had = (parts[0]!.db as InstanceType<typeof Sqlite>).prepare('SELECT count(*) AS events FROM inbox').get();
    expect(had).toEqual({ events: 1 });
  });

  it('comes again when the monolith had no time for it', async () => {
    const { stores, parts } = await filledServices();
    const front = await startFront(running.url, (asked, response) => {
      if (asked > 1) return 'hand on';
      response.writeHead(503).end();
      return 'answered';
    });
    const flaky = openExport(`${front.url}/api/export`, exportToken);
    const { bus, hand } = handedBus();
    const { db, sources } = parts[0]!;
    hear('orders', bus, sources, { db, monolith: flaky, signal: never, onTrouble: () => {} });
    try {
      const { id } = running.shop.checkout.placeOrder(wanted());
      const event = orderEvent(id);
      await expect(hand(event)).rejects.toThrow('answered 503');
      expect(stores.orders.byId(id)).toBe(undefined);
      await hand(event);
      expect(stores.orders.byId(id)).toMatchObject({ status: 'pending' });
    } finally {
      await flaky.close();
      await front.close();
    }
  });
});

describe('a sweep', () => {
  const sweepAll = async ({ parts }: Awaited<ReturnType<typeof filledServices>>): Promise<number[]> => {
    const news: number[] = [];
    for (const { db, sources } of parts)
      for (const source of sources) news.push(await sweep(source, { db, monolith, signal: never }));
    return news;
  };

  it('finds what no event told of: what a job of the monolith’s, or a person, wrote into its tables', async () => {
    const services = await filledServices();
    expect(await sweepAll(services)).toEqual([0, 0, 0, 0]);
    const at = new Date().toISOString();
    const shipping = running.shop.db.prepare(
      "UPDATE orders SET status = 'shipped', version = version + 1, updated_at = ? WHERE status = 'paid'",
    );
    const shipped = shipping.run(at).changes;
    expect(shipped).toBeGreaterThan(5);
    // Orders, payments, stock, and what orders hold of it.
    expect(await sweepAll(services)).toEqual([shipped, 0, 0, shipped]);
    expect(await sweepAll(services)).toEqual([0, 0, 0, 0]);
    expect(services.stores.orders.count({ customerId: null, status: 'paid' })).toBe(0);
  });

  it('reads no more than what has changed lately', async () => {
    const asked: string[] = [];
    const services = await filledServices();
    const spying = {
      ...monolith,
      page: async (...question: Parameters<typeof monolith.page>) => {
        const page = await monolith.page(...question);
        asked.push(`${question[0]} ${page.rows.length}`);
        return page;
      },
    };
    const { db, sources } = services.parts[1]!;
    running.shop.db.exec(
      "UPDATE payments SET version = version + 1, updated_at = '2040-01-01T00:00:00.000Z' WHERE id = 9",
    );
    expect(await sweep(sources[0]!, { db, monolith: spying, signal: never })).toBe(1);
    expect(await sweep(sources[0]!, { db, monolith: spying, signal: never })).toBe(0);
    // The second one begins a minute before the newest change, and finds that one only.
    expect(asked.at(-1)).toBe('payments 1');
  });

  it('leaves a copy alone that is still being filled', async () => {
    const db = new Sqlite(':memory:');
    const [source] = orders.sources(orders.open(db));
    expect(await sweep(source!, { db, monolith, signal: never })).toBe(0);
    expect(orders.open(db).count({ customerId: null, status: null })).toBe(0);
  });
});

describe('a service that follows', () => {
  let following: Following | undefined;
  afterEach(async () => {
    await following?.stop();
    following = undefined;
  });

  it('fills an empty database, waits for a monolith that isn’t there yet, and says so', async () => {
    const db = new Sqlite(join(running.folder, 'late.db'));
    const front = await startFront(running.url, (asked, response) => {
      if (asked > 2) return 'hand on';
      response.destroy();
      return 'answered';
    });
    const said: string[] = [];
    const store = orders.open(db);
    following = follow(orders.sources(store), {
      name: 'orders',
      db,
      url: front.url,
      token: exportToken,
      bus: null,
      sweepEvery: 20,
      say: (line) => said.push(line),
    });
    try {
      await following.filled;
      expect(said.join('\n')).toMatch(/asking again in 0.5 s\n.*asking again in 1 s\norders: \d+ orders from the mono/);
      const { id } = running.shop.checkout.placeOrder(wanted());
      await expect.poll(() => store.byId(id)?.status).toBe('pending');
    } finally {
      await following.stop();
      await front.close();
      db.close();
    }
  });

  it('says once that the monolith can’t be read, serves what it knows, and goes on when it can', async () => {
    const db = new Sqlite(':memory:');
    let down = false;
    const front = await startFront(running.url, (_, response) => {
      if (!down) return 'hand on';
      response.writeHead(500).end();
      return 'answered';
    });
    const said: string[] = [];
    const store = orders.open(db);
    following = follow(orders.sources(store), {
      name: 'orders',
      db,
      url: front.url,
      token: exportToken,
      bus: null,
      sweepEvery: 5,
      say: (line) => said.push(line),
    });
    try {
      await following.filled;
      said.length = 0;
      down = true;
      const { id } = running.shop.checkout.placeOrder(wanted());
      await expect.poll(() => said.length).toBe(1);
      const asked = front.asked.length;
      await expect.poll(() => front.asked.length).toBeGreaterThan(asked + 3);
      expect(store.byId(42)).toBeDefined();
      down = false;
      await expect.poll(() => store.byId(id)?.status).toBe('pending');
      await expect.poll(() => said.at(-1)).toBe('orders: the monolith can be read again');
      expect(said).toHaveLength(2);
      expect(said[0]).toContain('answered 500');
    } finally {
      await following.stop();
      await front.close();
    }
  });

  it('names a row that it can’t read, and stores nothing of its batch', async () => {
    const db = new Sqlite(':memory:');
    const store = orders.open(db);
    const [source] = orders.sources(store);
    expect(() => source!.put({ id: 7, version: 1, total: 'much' })).toThrow("the monolith's order 7 can't be read: ");
    expect(store.byId(7)).toBe(undefined);
  });
});
