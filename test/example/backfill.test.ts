import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openExport } from '../../example/export/client.ts';
import { Sqlite } from '../../example/process/sqlite.ts';
import { orders } from '../../extracted-services/orders/service.ts';
import { backfill, type Filled } from '../../extracted-services/shared/backfill.ts';
import { openCheckpoints } from '../../extracted-services/shared/checkpoints.ts';
import { nextPace, type Outcome, slow } from '../../extracted-services/shared/pace.ts';
import type { Source } from '../../extracted-services/shared/source.ts';
import { startFront } from './support/front.ts';
import { compiled } from './support/processes.ts';
import { exportToken, type RunningShop, startShop } from './support/running-shop.ts';

const all = 1_200;
let running: RunningShop;

beforeAll(async () => {
  running = await startShop();
  const item = { sku: 'KIT-001', quantity: 1 };
  running.shop.db.transaction(() => {
    for (let id = 201; id <= all; id += 1)
      running.shop.checkout.placeOrder({ customerId: 1 + (id % 20), items: [item], tags: ['gift'] });
  })();
});
afterAll(() => running.close());

/** A service's database that only counts how often each row came. */
function countingStore(file = ':memory:') {
  const db = new Sqlite(file);
  db.exec('CREATE TABLE IF NOT EXISTS had (id INTEGER PRIMARY KEY, times INTEGER NOT NULL)');
  const add = db.prepare('INSERT INTO had VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1');
  const source: Source = { kind: 'orders', put: ({ id }) => add.run(id).changes === 1 };
  const had = (): { rows: number; most: number } =>
    db.prepare('SELECT count(*) AS rows, max(times) AS most FROM had').get() as { rows: number; most: number };
  return { db, source, had };
}

async function filling<T>(url: string, use: (monolith: ReturnType<typeof openExport>) => Promise<T>): Promise<T> {
  const monolith = openExport(`${url}/api/export`, exportToken);
  try {
    return await use(monolith);
  } finally {
    await monolith.close();
  }
}

const never = new AbortController().signal;
const fill = (
  { db, source }: Pick<ReturnType<typeof countingStore>, 'db' | 'source'>,
  { url = running.url, ...more }: Partial<Parameters<typeof backfill>[1]> & { url?: string } = {},
): Promise<Filled> =>
  filling(url, (monolith) => backfill(source, { db, monolith, batch: 500, signal: never, refusals: 5, ...more }));

describe('the pace of a backfill', () => {
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.record({ kind: fc.constant('answered' as const), took: fc.double({ min: 0, max: 20_000, noNaN: true }) }),
    fc.record({ kind: fc.constant('refused' as const), after: fc.option(fc.integer({ min: 0, max: 1_000_000 })) }),
  );

  it('never asks for more than it may, and leaves the monolith at least half of the time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.array(outcome, { maxLength: 50 }), (largest, outcomes) => {
        let pace = { batch: largest, pause: 0 };
        for (const each of outcomes) {
          const next = nextPace(pace, each, largest);
          expect(next.batch).toBeGreaterThanOrEqual(1);
          expect(next.batch).toBeLessThanOrEqual(largest);
          if (each.kind === 'answered') {
            expect(next.pause).toBeGreaterThanOrEqual(each.took);
            if (each.took > slow) expect(next.batch).toBeLessThanOrEqual(Math.max(10, pace.batch / 2));
          } else {
            expect(next.pause).toBeGreaterThanOrEqual(500);
            expect(next.pause).toBeGreaterThanOrEqual(Math.min(each.after ?? 0, 300_000));
          }
          pace = next;
        }
      }),
    );
  });

  it('waits twice as long with each refusal, up to half a minute, and is quick again once it is answered', () => {
    let pace = { batch: 400, pause: 20 };
    const pauses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      pace = nextPace(pace, { kind: 'refused', after: null }, 400);
      pauses.push(pace.pause);
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(pace.batch).toBe(10);
    for (let i = 0; i < 6; i += 1) pace = nextPace(pace, { kind: 'answered', took: 5 }, 400);
    expect(pace).toEqual({ batch: 400, pause: 20 });
  });
});

describe('a backfill', () => {
  it('stores every row once, and says how far it is', async () => {
    const store = countingStore();
    const reached: Filled[] = [];
    const filled = await fill(store, { batch: 250, onBatch: (each) => reached.push(each) });
    expect(filled).toEqual({ kind: 'orders', rows: all, now: all, left: 0 });
    expect(store.had()).toEqual({ rows: all, most: 1 });
    expect(reached.map(({ rows, left }) => [rows, left])).toEqual([
      [250, 950],
      [500, 700],
      [750, 450],
      [1000, 200],
      [1200, 0],
    ]);
    expect(await fill(store)).toEqual({ kind: 'orders', rows: all, now: 0, left: 0 });
  });

  it('goes on where it was ended', async () => {
    const store = countingStore();
    const ending = new AbortController();
    const onBatch = ({ rows }: Filled) => rows >= 400 && ending.abort();
    await expect(fill(store, { batch: 200, signal: ending.signal, onBatch })).rejects.toThrow();
    expect(store.had()).toEqual({ rows: 400, most: 1 });
    expect(await fill(store)).toEqual({ kind: 'orders', rows: all, now: 800, left: 0 });
    expect(store.had()).toEqual({ rows: all, most: 1 });
  });

  it('stores a batch and how far it leads, or neither', async () => {
    const store = countingStore();
    let rows = 0;
    const put: Source['put'] = (row) => {
      rows += 1;
      if (rows === 250) throw new Error('a row that can’t be stored');
      return store.source.put(row);
    };
    const failing = fill({ db: store.db, source: { kind: 'orders', put } }, { batch: 100 });
    await expect(failing).rejects.toThrow('a row that can’t be stored');
    expect(store.had()).toEqual({ rows: 200, most: 1 });
    expect(openCheckpoints(store.db).of('orders')).toMatchObject({ rows: 200, complete: false });
  });

  it('shares the work with another process that is at the same, and does nothing twice', async () => {
    const file = join(running.folder, 'shared.db');
    const [one, other] = [countingStore(file), countingStore(file)];
    one.db.pragma('journal_mode = WAL');
    const filled = await Promise.all([one, other].map((store) => fill(store, { batch: 50 })));
    expect(one.had()).toEqual({ rows: all, most: 1 });
    expect(filled.map(({ rows }) => rows)).toEqual([all, all]);
    expect(filled[0]!.now + filled[1]!.now).toBe(all);
    for (const { db } of [one, other]) db.close();
  });

  it('waits for a monolith that has no time, as long as that one asks for', async () => {
    const waits: number[] = [];
    const front = await startFront(running.url, (asked, response) => {
      if (asked === 2) response.writeHead(429, { 'retry-after': '1' }).end();
      else if (asked === 3) response.writeHead(503).end();
      else if (asked === 5) response.destroy();
      else return 'hand on';
      return 'answered';
    });
    try {
      const store = countingStore();
      const onTrouble = (_: Error, wait: number) => void waits.push(wait);
      await fill(store, { url: front.url, onTrouble });
      expect(store.had()).toEqual({ rows: all, most: 1 });
      expect(waits).toEqual([1000, 2000, 500]);
      // The first page counts; after a refusal less is asked for at a time.
      expect(front.asked[0]).toBe('/api/export/orders?limit=500&count=true');
      expect(front.asked[2]).toContain('limit=250');
      expect(front.asked[3]).toContain('limit=125');
    } finally {
      await front.close();
    }
  });

  it('gives up at what won’t pass, and says why', async () => {
    const store = countingStore();
    const strange = openExport(`${running.url}/api/export`, 'another-token');
    const options = { db: store.db, monolith: strange, batch: 10, signal: never, refusals: 5 };
    await expect(backfill(store.source, options)).rejects.toThrow('answered 401: is the token right?');
    await strange.close();
    await expect(fill(store, { url: 'http://127.0.0.1:1', refusals: 2 })).rejects.toThrow('ECONNREFUSED');
    expect(store.had().rows).toBe(0);
  });
});

describe('npm run example:backfill', () => {
  const start = (...more: string[]) => {
    const child = spawn(process.execPath, [compiled('dist/example/backfill.js'), ...more], {
      env: { ...process.env, EXPORT_TOKEN: exportToken },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    return { child, errors: () => errors, lines: createInterface({ input: child.stdout }), exit: once(child, 'close') };
  };
  const places = () => ['--data', running.folder, '--monolith', running.url];

  it('is gone on with after kill -9, wherever that was: nothing missing, nothing twice', async () => {
    const seen: number[] = [];
    let runs = 0;
    for (const killAfter of [1, 2, 3, 4, 5, 6, Number.POSITIVE_INFINITY]) {
      const { child, lines, exit } = start('orders', '--batch', '40', '--json', ...places());
      runs += 1;
      let heard = 0;
      for await (const line of lines) {
        const { rows, now, done } = JSON.parse(line) as Filled & { done: boolean };
        seen.push(rows);
        heard += 1;
        // Each run goes on from what the one before has stored, whether or not it came to say so.
        if (heard === 1 && runs > 1) expect(rows - now).toBeGreaterThanOrEqual(seen.at(-2)!);
        if (heard === killAfter && !done) child.kill('SIGKILL');
      }
      const [code, signal] = await exit;
      expect([code, signal]).toEqual(killAfter === Number.POSITIVE_INFINITY ? [0, null] : [null, 'SIGKILL']);
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b));

    const db = new Sqlite(join(running.folder, 'orders.db'), { readonly: true });
    const kept = db.prepare('SELECT count(*) AS rows, min(id) AS first, max(id) AS last FROM orders').get();
    expect(kept).toEqual({ rows: all, first: 1, last: all });
    expect(db.prepare('SELECT rows, complete FROM checkpoints').all()).toEqual([{ rows: all, complete: 1 }]);
    db.close();
  });

  it('mends a copy with --restart, and says in plain lines how far it is', async () => {
    const file = join(running.folder, 'orders.db');
    const db = new Sqlite(file);
    const store = orders.open(db);
    db.exec('UPDATE orders SET total_cents = 1 WHERE id = 42; DELETE FROM lines WHERE order_id = 42');
    const { lines, errors, exit } = start('orders', '--restart', ...places());
    const told: string[] = [];
    for await (const line of lines) told.push(line);
    expect((await exit)[0]).toBe(0);
    expect(errors()).toContain('1,000 of 1,200 orders\n');
    expect(told.join()).toMatch(/^orders {5}orders {8}1,200 in all, 1,200 now in [\d.]+ s, [\d,]+ a second$/);
    const legacy = running.shop.orders.byId(42)!;
    expect(store.byId(42)).toMatchObject({ totalCents: Math.round(legacy.total * 100) });
    expect(store.byId(42)!.lines).toHaveLength(legacy.lines.length);
    db.close();
  });

  it('fills all services when none is named, and names what it doesn’t know', async () => {
    const { lines, exit } = start(...places());
    const told: string[] = [];
    for await (const line of lines) told.push(line.split(/ {2,}/)[1]!);
    expect((await exit)[0]).toBe(0);
    expect(told).toEqual(['stock', 'reservations', 'payments', 'orders']);

    const odd = start('customers');
    expect((await odd.exit)[0]).toBe(2);
    expect(odd.errors()).toContain('there is no “customers”\nnpm run example:backfill -- [inventory|payments|orders]…');
  });
});
