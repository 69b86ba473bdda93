import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sqlite } from '../../example/process/sqlite.ts';
import { differingFields } from '../../example/verify/compare.ts';
import { type Drift, DriftCount } from '../../example/verify/drift.ts';
import { tell } from '../../example/verify/tell.ts';
import { inventory } from '../../extracted-services/inventory/service.ts';
import { orders } from '../../extracted-services/orders/service.ts';
import { payments } from '../../extracted-services/payments/service.ts';
import { type Service, startService } from '../../extracted-services/shared/run.ts';
import { compiled } from './support/processes.ts';
import { closed, exportToken, listen, type RunningShop, startShop } from './support/running-shop.ts';

describe('two rows', () => {
  it('differ in no field when they are the same, in whatever order their fields and sets are', () => {
    const row = { id: 7, tags: ['gift', 'rush'], customer: { name: 'Ada', email: 'a@example' }, card: null, items: [] };
    const same = {
      items: [],
      card: null,
      customer: { email: 'a@example', name: 'Ada' },
      tags: ['rush', 'gift'],
      id: 7,
    };
    expect(differingFields(row, same)).toEqual([]);
    fc.assert(
      fc.property(fc.object(), (object) => {
        expect(differingFields(object, structuredClone(object))).toEqual([]);
      }),
    );
  });

  it('differ in the fields that are named, each once', () => {
    const item = { sku: 'A', price: 1 };
    expect(
      differingFields(
        { total: 1, tags: ['a'], items: [item, item], customer: { email: 'a' }, card: null, gone: 1 },
        {
          total: 2,
          tags: ['b'],
          items: [
            { ...item, price: 2 },
            { ...item, price: 3 },
          ],
          customer: { email: 'b' },
          card: { last4: '1' },
        },
      ),
    ).toEqual(['total', 'tags[*]', 'items[*].price', 'customer.email', 'card', 'gone']);
    expect(differingFields({ items: [item] }, { items: [] })).toEqual(['items']);
    expect(differingFields(JSON.parse('{"__proto__":1}'), {})).toEqual(['__proto__']);
  });
});

describe('what is told', () => {
  it('holds a few ids only, and nothing that a terminal would obey', () => {
    const count = new DriftCount('orders');
    for (let id = 1; id <= 10_000; id += 1) count.found('differing', `\u001b[2J${id}`, ['total', `f${id}`]);
    const { drift } = count;
    expect(drift.first).toHaveLength(5);
    expect(Object.keys(drift.fields)).toHaveLength(100);
    expect(drift.fields.total).toBe(10_000);
    const told = tell([drift]);
    expect(told).not.toContain('\u001b');
    expect(told).toContain('orders differ: �[2J1 (total, f1), �[2J2 (total, f2)');
  });
});

describe('npm run example:verify', () => {
  let running: RunningShop;
  const urls: Record<string, string> = {};
  const databases: Record<string, InstanceType<typeof Sqlite>> = {};
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    running = await startShop();
    const start = async <Store>(service: Service<Store>): Promise<void> => {
      const file = join(running.folder, `${service.name}.db`);
      // Swept once, and never again: nothing mends what is planted.
      const followed = { url: running.url, token: exportToken, sweepEvery: 3_600_000 };
      const { server, stop } = await startService(service, file, { followed, exportToken });
      urls[service.name] = await listen(server);
      databases[service.name] = new Sqlite(file);
      stops.push(async () => {
        databases[service.name]!.close();
        await closed(server);
        await stop();
      });
    };
    await start(orders);
    await start(payments);
    await start(inventory);
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    await running.close();
  });

  interface Verified {
    readonly code: number | null;
    readonly out: string;
    readonly errors: string;
  }
  async function verify(...more: string[]): Promise<Verified> {
    const places = ['--monolith', running.url, ...Object.entries(urls).flatMap(([name, url]) => [`--${name}`, url])];
    const child = spawn(process.execPath, [compiled('dist/example/verify.js'), ...places, ...more], {
      env: { ...process.env, EXPORT_TOKEN: exportToken },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [[code], out, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
    return { code: code as number | null, out, errors };
  }
  async function drifts(
    ...more: string[]
  ): Promise<{ code: number | null; clean: boolean; of: Record<string, Drift> }> {
    const { code, out, errors } = await verify('--json', ...more);
    expect(errors).toBe('');
    const { clean, kinds } = JSON.parse(out) as { clean: boolean; kinds: Drift[] };
    return { code, clean, of: Object.fromEntries(kinds.map((drift) => [drift.kind, drift])) };
  }

  const none = { differing: 0, missing: 0, extra: 0, own: 0, fresh: 0, fields: {}, first: [] };
  const long = '2025-06-01T00:00:00.000Z';
  const plant = (name: string, sql: string): void => void databases[name]!.exec(sql);

  it('finds everything the same after a backfill, and says so', async () => {
    const { code, clean, of } = await drifts();
    expect([code, clean]).toEqual([0, true]);
    expect(of).toEqual({
      orders: { kind: 'orders', same: 200, ...none },
      payments: { kind: 'payments', same: 167, ...none },
      stock: { kind: 'stock', same: 50, ...none },
      reservations: { kind: 'reservations', same: 200, ...none },
    });
    const told = await verify();
    expect(told.code).toBe(0);
    expect(told.out).toContain('KIND          SAME  DIFFERING  MISSING  EXTRA  OWN  FRESH\n');
    expect(told.out).toMatch(/\nNo drift: 617 of 617 are the same\.\n$/);
    expect(told.errors).toContain('400 of 400 orders\n');
  });

  it('leaves out what may still be on its way, and finds it missing when it never came', async () => {
    const item = { sku: 'KIT-001', quantity: 2 };
    const { id } = running.shop.checkout.buy({ customerId: 1, items: [item], tags: [] }, { method: 'invoice' });
    const soon = await drifts('--grace', '60');
    expect([soon.code, soon.of.orders!.fresh, soon.of.payments!.fresh, soon.of.stock!.fresh]).toEqual([0, 1, 1, 1]);
    expect(soon.of.orders!.same).toBe(200);

    const late = await drifts('--grace', '0.001');
    expect(late.code).toBe(1);
    expect(late.of.orders).toMatchObject({ missing: 1, first: [{ what: 'missing', id: String(id), fields: [] }] });
    expect(late.of.payments).toMatchObject({ missing: 1, same: 167 });
    expect(late.of.stock).toMatchObject({ differing: 1, fields: { onHand: 1, version: 1, updatedAt: 1 } });
    expect(late.of.reservations).toMatchObject({ missing: 1 });
    // For the tests to come, as if it had never been ordered.
    running.shop.db.exec(`
      DELETE FROM order_items WHERE order_id = ${id}; DELETE FROM payments WHERE order_id = ${id};
      DELETE FROM orders WHERE id = ${id};
      UPDATE inventory SET on_hand = on_hand + 2, version = 1, updated_at = '2025-01-02T09:30:00.000Z' WHERE sku = 'KIT-001'`);
    expect((await drifts('--grace', '0.001')).clean).toBe(true);
  });

  it('counts what differs, what is missing and what is nowhere else, and names the first of each', async () => {
    plant('orders', "UPDATE orders SET total_cents = total_cents + 1, status = 'paid' WHERE id IN (3, 42)");
    plant('orders', 'UPDATE lines SET quantity = quantity + 1 WHERE order_id = 42');
    plant(
      'orders',
      "UPDATE tags SET tag = 'planted' WHERE order_id = 77 AND tag = (SELECT min(tag) FROM tags WHERE order_id = 77)",
    );
    plant(
      'orders',
      'DELETE FROM lines WHERE order_id = 5; DELETE FROM tags WHERE order_id = 5; DELETE FROM orders WHERE id = 5',
    );
    plant(
      'orders',
      `INSERT INTO orders SELECT 900, status, customer_id, customer_name, customer_email, subtotal_cents,
      shipping_cents, tax_cents, total_cents, payment_id, version, created_at, '${long}' FROM orders WHERE id = 1`,
    );
    plant(
      'orders',
      `INSERT INTO orders SELECT 1000001, status, customer_id, customer_name, customer_email, subtotal_cents,
      shipping_cents, tax_cents, total_cents, payment_id, version, created_at, '${long}' FROM orders WHERE id = 1`,
    );
    plant('payments', 'UPDATE payments SET amount_cents = amount_cents - 1 WHERE id <= 8');
    plant('inventory', "UPDATE stock SET on_hand = 0 WHERE sku = 'GAR-003'");
    plant(
      'inventory',
      "UPDATE reservations SET state = 'sold' WHERE order_id = (SELECT min(order_id) FROM reservations WHERE state = 'released')",
    );

    const { code, clean, of } = await drifts();
    expect([code, clean]).toEqual([1, false]);
    expect(of.orders).toMatchObject({ same: 196, differing: 3, missing: 1, extra: 1, own: 1, fresh: 0 });
    expect(of.orders!.fields).toMatchObject({ total: 2, 'items[*].quantity': 1, 'tags[*]': 1 });
    expect(of.orders!.first.map(({ what, id }) => `${what} ${id}`).sort()).toEqual([
      'differing 3',
      'differing 42',
      'differing 77',
      'extra 900',
      'missing 5',
    ]);
    expect(of.payments).toMatchObject({ same: 159, differing: 8, missing: 0, extra: 0, fields: { amount: 8 } });
    expect(of.payments!.first).toHaveLength(5);
    expect(of.stock).toMatchObject({ same: 49, differing: 1, first: [{ id: 'GAR-003', fields: ['onHand'] }] });
    expect(of.reservations).toMatchObject({ same: 199, differing: 1 });

    const told = await verify('orders');
    expect(told.code).toBe(1);
    expect(told.out).toContain('\norders are missing in the service: 5\n');
    expect(told.out).toContain('\norders are unknown to the monolith: 900\n');
    expect(told.out).toContain('\norders differ in: status 2, total 2, items[*].quantity 1');
    expect(told.out).not.toContain('payments');
  });

  it('looks only at what was changed lately, or at a sample, where that is asked for', async () => {
    const { of } = await drifts('orders', '--since', '2025-06-01T00:00:00Z');
    const expected = running.shop.db
      .prepare("SELECT count(*) AS rows FROM orders WHERE updated_at >= '2025-06-01'")
      .get();
    const { same, differing, missing, own } = of.orders!;
    expect(same + differing + missing).toBe((expected as { rows: number }).rows);
    expect(own).toBe(1);

    const sampled = (await drifts('orders', '--sample', '40')).of.orders!;
    const looked = sampled.same + sampled.differing + sampled.missing;
    expect(looked).toBeGreaterThan(5);
    expect(looked).toBeLessThan(120);
    expect((await drifts('payments', '--sample', '100000')).of.payments!.differing).toBe(8);
  });

  it('exits 2 where it can’t tell, and says why', async () => {
    const gone = await verify('--orders', 'http://127.0.0.1:1', 'orders', '--json');
    expect([gone.code, gone.out]).toEqual([2, '']);
    expect(gone.errors).toContain('no answer from http://127.0.0.1:1/export/orders');
    expect((await verify('--since', 'yesterday')).errors).toContain('not “yesterday”');
    expect((await verify('--sample', '-1')).code).toBe(2);
  });
});
