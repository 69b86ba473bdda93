import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningServices, startServices } from './support/running-services.ts';
import { type SmallBus, smallBus } from './support/small-bus.ts';

let bus: SmallBus;
let services: RunningServices;
beforeEach(async () => {
  bus = smallBus();
});
afterEach(() => services.close());

const card = (cardNumber = '4242424242424242') => ({ method: 'card', cardNumber });
const skillets = (quantity: number, payment: object = card()) => ({
  customerId: 1,
  items: [{ sku: 'KIT-001', quantity }],
  payment,
});
const onHand = async (): Promise<number> =>
  ((await services.get('inventory', '/inventory/KIT-001')).body as { onHand: number }).onHand;
const reservedFor = async (id: number) => (await services.get('inventory', `/reservations/order/${id}`)).body;

describe('an order that is placed', () => {
  it('has its stock sold and its charge made, and is answered as the monolith would', async () => {
    services = await startServices(bus);
    const before = await onHand();
    const { status, headers, body } = await services.place({ ...skillets(2), tags: ['gift-wrap'] });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      id: 1_000_000,
      number: 'SO-1000000',
      status: 'paid',
      customer: { id: 1, name: 'Ada Brook', email: 'ada@example.com' },
      subtotal: 99.9,
      shipping: 0,
      tax: 19.98,
      total: 119.88,
      tags: ['gift-wrap'],
      items: [{ sku: 'KIT-001', name: 'Cast-iron skillet', price: 49.95, quantity: 2, lineTotal: 99.9 }],
    });
    expect(headers.get('location')).toBe(body.links.self);
    expect(await onHand()).toBe(before - 2);
    expect(await reservedFor(body.id)).toMatchObject({
      orderId: body.id,
      items: [{ sku: 'KIT-001', quantity: 2, state: 'sold' }],
    });
    const payment = await services.get('payments', `/payments/order/${body.id}`);
    expect(payment.body).toMatchObject({
      orderId: body.id,
      amount: 119.88,
      status: 'captured',
      card: { last4: '4242' },
    });
    expect(body.links.payment).toContain(`/api/payments/${(payment.body as { id: number }).id}`);
    expect((await services.get('payments', new URL(body.links.payment!).pathname.replace('/api', ''))).status).toBe(
      200,
    );
    expect(services.charges()).toMatchObject([{ key: `order-${body.id}`, amountCents: 11_988, state: 'charged' }]);
    expect((await services.sagaOf(body.id)).log.map(({ state }) => state)).toEqual([
      'reserving',
      'charging',
      'confirming',
      'confirmed',
    ]);
  });

  it('is refused where there is too little, and nothing else is touched', async () => {
    services = await startServices(bus);
    services.shop.shop.checkout.buy(
      { customerId: 1, items: [{ sku: 'KIT-001', quantity: (await onHand()) - 3 }], tags: [] },
      { method: 'invoice' },
    );
    await expect.poll(onHand).toBe(3);
    const { status, body } = await services.place(skillets(4));
    expect([status, body.error.code]).toEqual([409, 'out_of_stock']);
    expect(body.error.message).toBe('4 × Cast-iron skillet (KIT-001) is more than there is.');
    expect(await onHand()).toBe(3);
    expect(services.charges()).toEqual([]);
  });

  it('is undone once when its card is declined', async () => {
    services = await startServices(bus);
    const before = await onHand();
    const { status, body, headers } = await services.place(skillets(1, card('4000000000000000')));
    expect([status, body.error.code]).toEqual([402, 'payment_declined']);
    expect(headers.get('location')).toBe(null);
    expect(await onHand()).toBe(before);
    expect((await reservedFor(1_000_000)) as object).toMatchObject({ items: [{ state: 'released' }] });
    expect((await services.get('orders', '/orders/1000000')).body).toMatchObject({ status: 'cancelled' });
    expect(services.charges()).toMatchObject([{ state: 'declined' }]);
    expect(bus.published.filter(({ type }) => type === 'stock.released')).toHaveLength(1);
  });

  it('is undone once, and paid back, when the payment hangs: the caller is told so', async () => {
    services = await startServices(bus, { stepTimeout: 300, gateway: { total: 200, backoff: 10 } });
    await services.mood('hang');
    const before = await onHand();
    const { status, body } = await services.place(skillets(1));
    expect([status, body.error.code]).toEqual([503, 'payment_unavailable']);
    expect(await onHand()).toBe(before);
    // The gateway had taken the money and told nobody.
    expect(services.charges()).toMatchObject([{ state: 'refunded' }]);
    const types = bus.published.map(({ type }) => type);
    for (const once of ['payment.refunded', 'stock.released'])
      expect(types.filter((type) => type === once)).toHaveLength(1);
  });

  it('is charged once when the gateway answers twice, and when every event comes three times', async () => {
    services = await startServices(bus);
    await services.mood('twice');
    bus.copies = 3;
    for (let number = 0; number < 5; number += 1) expect((await services.place(skillets(1))).status).toBe(201);
    const charges = services.charges();
    expect(charges).toHaveLength(5);
    for (const charge of charges) expect(charge).toMatchObject({ state: 'charged', asked: 2 });
    const health = (await services.get('orders', '/healthz')).body;
    expect(health).toMatchObject({ status: 'ok', events: { bus: 'ok', outbox: 0 } });
  });

  it('is the same one for the same key, and no other for another body', async () => {
    services = await startServices(bus);
    const key = randomUUID();
    const first = await services.place(skillets(1), key);
    const again = await services.place(skillets(1), key);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body.id).toBe(first.body.id);
    const other = await services.place(skillets(2), key);
    expect([other.status, other.body.error.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await services.place(skillets(1), 'a b')).status).toBe(400);
    expect(services.charges()).toHaveLength(1);
  });

  it('that is under way with its key is not begun a second time', async () => {
    services = await startServices(bus);
    bus.hold('stock.reserved');
    const key = randomUUID();
    const first = services.place(skillets(1), key);
    await expect.poll(() => bus.published.map(({ type }) => type)).toContain('stock.reserved');
    const second = await services.place(skillets(1), key);
    expect([second.status, second.body.error.code]).toEqual([409, 'in_progress']);
    bus.hold();
    expect((await first).status).toBe(201);
    expect(services.charges()).toHaveLength(1);
  });

  it.each([
    [{ customerId: 1, items: [] }, 422, 'invalid'],
    [{ customerId: 1, items: [{ sku: 'NOT-1', quantity: 1 }] }, 422, 'unknown_sku'],
    [{ customerId: 1, items: [{ sku: '.', quantity: 1 }] }, 422, 'unknown_sku'],
    [{ customerId: 1, items: [{ sku: 'half \ud800', quantity: 1 }] }, 422, 'unknown_sku'],
    [{ customerId: 99, items: [{ sku: 'KIT-001', quantity: 1 }] }, 422, 'unknown_customer'],
    [{ customerId: 1, items: [{ sku: 'KIT-001', quantity: 1 }], payment: card('12') }, 422, 'invalid'],
  ])('is refused at once for what is wrong with it: %j', async (order, status, code) => {
    services = await startServices(bus);
    const answer = await services.place(order);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(bus.published).toEqual([]);
  });

  it('leaves no card number in any database or event', async () => {
    services = await startServices(bus);
    await services.place(skillets(1), randomUUID());
    const number = '4242424242424242';
    expect(JSON.stringify(bus.published)).not.toContain(number);
    const folder = join(services.shop.folder, 'services');
    const files = await readdir(folder);
    expect(files).toContain('orders.db');
    for (const file of files) expect((await readFile(join(folder, file))).includes(number), file).toBe(false);
  });
});

describe('an order that is cancelled', () => {
  it('is paid back and its stock is there again; a second cancellation is told so', async () => {
    services = await startServices(bus);
    const before = await onHand();
    const { body } = await services.place(skillets(2));
    const cancel = () => fetch(`${services.urls.orders}/orders/${body.id}/cancel`, { method: 'POST' });
    const cancelled = await cancel();
    expect(cancelled.status).toBe(200);
    expect(await cancelled.json()).toMatchObject({ id: body.id, status: 'cancelled' });
    expect(await onHand()).toBe(before);
    expect(services.charges()).toMatchObject([{ state: 'refunded' }]);
    expect((await services.get('payments', `/payments/order/${body.id}`)).body).toMatchObject({ status: 'refunded' });
    expect((await cancel()).status).toBe(409);
    expect((await fetch(`${services.urls.orders}/orders/42/cancel`, { method: 'POST' })).status).toBe(404);
  });
});

describe('a saga', () => {
  it('that nobody answers is stuck, is listed, and comes to its end when it is tried once more', async () => {
    services = await startServices(bus, { stepTimeout: 20, callerPatience: 50 });
    bus.hold('inventory.reserve', 'inventory.release');
    const placed = services.place(skillets(1));
    const stuck = async () => ((await services.get('orders', '/sagas?state=stuck')).body as { sagas: object[] }).sagas;
    await expect.poll(stuck, { timeout: 10_000 }).toMatchObject([{ id: 1_000_000, state: 'releasing', stuck: true }]);
    expect((await placed).status).toBe(202);

    const retry = () => fetch(`${services.urls.orders}/sagas/1000000/retry`, { method: 'POST' });
    expect((await retry()).status).toBe(202);
    bus.hold();
    await expect.poll(async () => (await services.sagaOf(1_000_000)).state).toBe('compensated');
    expect((await retry()).status).toBe(409);
    expect(await stuck()).toEqual([]);
  });

  it('waits in the outbox while the bus is away, and health says so', async () => {
    services = await startServices(bus);
    bus.trouble = new Error('the bus is away');
    const placed = services.place(skillets(1));
    const health = async () => (await services.get('orders', '/healthz')).body;
    await expect.poll(health).toMatchObject({ status: 'degraded', events: { bus: 'the bus is away', outbox: 1 } });
    bus.trouble = null;
    expect((await placed).status).toBe(201);
    expect(await health()).toMatchObject({ status: 'ok', events: { outbox: 0 } });
  });
});
