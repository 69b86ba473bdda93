import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { audit, type Heard } from '../../example/crash/audit.ts';
import type { Story } from '../../example/crash/run.ts';
import { buy } from '../../example/crash/shopper.ts';
import { openWorld, type World } from '../../example/crash/world.ts';
import { Sqlite } from '../../example/process/sqlite.ts';

let folder: string;
let world: World;
let story: Story;
let told: Heard['told'];
const groups = ['inventory', 'payments', 'orders'].map((name) => ({ group: `${name}-saga`, lag: 0, deadLetters: 0 }));
const problems = (tale = story, heard: Partial<Heard> = {}): readonly string[] =>
  audit(world, tale, { groups, told, ...heard }).problems;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangler-audit-'));
  world = await openWorld(fileURLToPath(new URL('../../', import.meta.url)), folder, 'sqlite');
  const { signal } = new AbortController();
  const shopper = (cardNumber: string) => ({
    order: {
      customerId: 1,
      items: [{ sku: 'KIT-001', quantity: 2 }],
      payment: { method: 'card' as const, cardNumber },
    },
    impatient: false,
  });
  const checkouts = [
    await buy(world.url, shopper('4242424242424242'), signal),
    await buy(world.url, shopper('4000000000000000'), signal),
  ];
  await vi.waitUntil(() => world.untold() === 0, { timeout: 10_000 });
  told = await world.told();
  await world.stop();
  story = { checkouts, killed: new Map(), milliseconds: 1, retried: 0, quietAfter: 1 };
});
afterAll(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

/** What the audit says while `falsify` holds in one database; it is undone after. */
function falsified(name: Parameters<World['databaseOf']>[0], falsify: string, restore: string): readonly string[] {
  const db = new Sqlite(world.databaseOf(name));
  try {
    db.exec(falsify);
    const found = problems();
    db.exec(restore);
    return found;
  } finally {
    db.close();
  }
}

describe('the audit of a crash test', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(story.checkouts.map(({ ending }) => ending)).toEqual(['confirmed', 'declined']);
    expect(problems()).toEqual([]);
  });

  it.each([
    [
      'a charge that nobody ordered',
      'gateway',
      "UPDATE charges SET state = 'charged' WHERE state = 'declined'",
      "UPDATE charges SET state = 'declined' WHERE key = 'order-1000001'",
      /taken for order 1000001, which is not confirmed/,
    ],
    [
      'a sale without a charge',
      'gateway',
      "UPDATE charges SET state = 'refunded' WHERE key = 'order-1000000'",
      "UPDATE charges SET state = 'charged' WHERE key = 'order-1000000'",
      /order 1000000 is confirmed, and nothing was charged/,
    ],
    [
      'a wrong amount',
      'gateway',
      "UPDATE charges SET amount_cents = amount_cents + 1 WHERE key = 'order-1000000'",
      "UPDATE charges SET amount_cents = amount_cents - 1 WHERE key = 'order-1000000'",
      /order 1000000 costs \d+, and \d+ were taken/,
    ],
    [
      'stock that vanished',
      'inventory',
      "UPDATE taken SET sold = sold + 1 WHERE sku = 'KIT-001'",
      "UPDATE taken SET sold = sold - 1 WHERE sku = 'KIT-001'",
      /KIT-001: \d+ \+ 0 \+ 2 ≠ /,
    ],
    [
      'a reservation that was forgotten',
      'inventory',
      "UPDATE reservations SET state = 'reserved' WHERE order_id = 1000000",
      "UPDATE reservations SET state = 'sold' WHERE order_id = 1000000",
      /KIT-001: 2 are still reserved/,
    ],
    [
      'an order that its caller was told otherwise of',
      'orders',
      "UPDATE orders SET status = 'cancelled' WHERE id = 1000000",
      "UPDATE orders SET status = 'paid' WHERE id = 1000000",
      /order 1000000 is cancelled, but was told “confirmed”/,
    ],
    [
      'a message that was never sent',
      'payments',
      "INSERT INTO outbox (event) VALUES ('{}')",
      'DELETE FROM outbox',
      /1 messages of payments were never sent/,
    ],
  ] as const)('finds %s', (_, name, falsify, restore, problem) => {
    expect(falsified(name, falsify, restore).join('\n')).toMatch(problem);
    expect(problems()).toEqual([]);
  });

  it('finds checkouts that share an order or have none, and events that were not had', () => {
    const [first, second] = story.checkouts as [Story['checkouts'][0], Story['checkouts'][0]];
    expect(problems({ ...story, checkouts: [first, first, second] })).toContain(
      'order 1000000 belongs to two checkouts',
    );
    const stranger = { ...first, key: 'never-sent' };
    expect(problems({ ...story, checkouts: [first, second, stranger] }).join()).toContain(
      'no order for key never-sent',
    );
    expect(problems({ ...story, checkouts: [first] }).join()).toContain('2 orders for 1 checkouts');
    expect(problems({ ...story, quietAfter: null }).join()).toContain('still under way');
    const behind = groups.map((standing, index) => (index === 0 ? { ...standing, lag: 2, deadLetters: 1 } : standing));
    expect(problems(story, { groups: behind })).toEqual([
      'inventory-saga has not had 2 events',
      'inventory-saga has 1 dead letters',
    ]);
  });

  it('finds the order that the proxy told nobody of', () => {
    expect(told.events.map(({ subject }) => subject)).toEqual(['1000000']);
    expect(problems(story, { told: { events: [], uncertain: [] } })).toEqual([
      'order 1000000 is confirmed, and neither told of nor uncertain',
      'order 1000000 was answered 201, and is not told of',
    ]);
  });
});
