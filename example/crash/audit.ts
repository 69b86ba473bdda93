/** Reads the books of everybody, once all of them have stopped, and holds them against each other. */
import type { Database } from 'better-sqlite3';
import type { GroupStanding } from '../../src/ports.ts';
import { Sqlite } from '../process/sqlite.ts';
import type { Story } from './run.ts';
import { checkTold, type Told, type ToldCounts } from './told.ts';
import { serviceNames, type World } from './world.ts';

export interface Counts {
  /** Events that services had, all together, and those that came again and did nothing. */
  readonly had: number;
  readonly absorbed: number;
  readonly charged: number;
  readonly refunded: number;
  /** Charges that were asked for again under the same key, and not made again. */
  readonly askedAgain: number;
  readonly sold: number;
  readonly compensated: number;
  readonly told: ToldCounts;
}

export interface Audit {
  readonly problems: readonly string[];
  readonly counts: Counts;
}

interface OwnOrder {
  readonly id: number;
  readonly status: string;
  readonly total: number;
  readonly saga: string;
}

const firstOwnId = 1_000_000;

/** What can only be asked for while they run. */
export interface Heard {
  readonly groups: readonly GroupStanding[];
  readonly told: Told;
}

export function audit(world: World, story: Story, heard: Heard): Audit {
  const open = (name: Parameters<World['databaseOf']>[0]): Database =>
    new Sqlite(world.databaseOf(name), { readonly: true });
  const [inventory, payments, orders, gateway] = [
    open('inventory'),
    open('payments'),
    open('orders'),
    open('gateway'),
  ] as const;
  const problems: string[] = [];
  const expect = (right: boolean, problem: string): void => {
    if (!right) problems.push(problem);
  };

  const placed = orders
    .prepare<[number], OwnOrder>(
      `SELECT orders.id, status, total_cents AS total, state AS saga FROM orders LEFT JOIN sagas ON sagas.id = orders.id
       WHERE orders.id >= ?`,
    )
    .all(firstOwnId);
  const paid = new Map(placed.filter(({ status }) => status === 'paid').map((order) => [order.id, order]));

  checkEnds(story, placed, orders, expect);
  const sold = checkStock(world, inventory, orders, expect);
  const money = checkMoney(paid, payments, gateway, expect);

  const told = checkTold(heard.told, story.checkouts, keysOf(orders, paid), expect);

  let [had, absorbed] = [0, 0];
  for (const [index, db] of [inventory, payments, orders].entries()) {
    const name = serviceNames[index]!;
    const { waiting } = db.prepare<[], { waiting: number }>('SELECT count(*) AS waiting FROM outbox').get()!;
    expect(waiting === 0, `${waiting} messages of ${name} were never sent`);
    const inbox = db
      .prepare<[], { events: number; again: number }>('SELECT count(*) AS events, sum(times - 1) AS again FROM inbox')
      .get()!;
    had += inbox.events;
    absorbed += inbox.again;
  }
  for (const { group, lag, deadLetters } of heard.groups) {
    expect(lag === 0, `${group} has not had ${lag} events`);
    expect(deadLetters === 0, `${group} has ${deadLetters} dead letters`);
  }
  expect(heard.groups.length >= serviceNames.length, 'a service has never heard an event');

  for (const db of [inventory, payments, orders, gateway]) db.close();
  const compensated = placed.filter(({ saga }) => saga === 'compensated').length;
  return { problems, counts: { had, absorbed, sold, compensated, told, ...money } };
}

type Expect = (right: boolean, problem: string) => void;

function keysOf(orders: Database, paid: ReadonlyMap<number, OwnOrder>): ReadonlyMap<number, string> {
  const keys = orders.prepare<[], { id: number; key: string }>('SELECT led_to AS id, key FROM idempotency_keys').all();
  return new Map(keys.filter(({ id }) => paid.has(id)).map(({ id, key }) => [id, key]));
}

function checkEnds(story: Story, placed: readonly OwnOrder[], orders: Database, expect: Expect): void {
  expect(story.quietAfter !== null, 'sagas were still under way when nobody waited any more');
  for (const { id, status, saga } of placed) {
    const ended = (saga === 'confirmed' && status === 'paid') || (saga === 'compensated' && status === 'cancelled');
    expect(ended, `order ${id} is ${status}, and its saga ${saga}`);
  }
  const keyed = orders.prepare<[string], { id: number }>('SELECT led_to AS id FROM idempotency_keys WHERE key = ?');
  const byId = new Map(placed.map((order) => [order.id, order]));
  const met = new Set<number>();
  for (const { key, ending, orderId } of story.checkouts) {
    const id = keyed.get(key)?.id;
    expect(ending !== 'given up', `a checkout had no answer that ended it (order ${id})`);
    if (id === undefined) {
      expect(ending === 'left', `there is no order for key ${key}, which was told “${ending}”`);
      continue;
    }
    expect(!met.has(id), `order ${id} belongs to two checkouts`);
    met.add(id);
    // Whoever left was told nothing.
    if (ending === 'left') continue;
    const status = ending === 'confirmed' ? 'paid' : 'cancelled';
    expect(byId.get(id)?.status === status, `order ${id} is ${byId.get(id)?.status}, but was told “${ending}”`);
    expect(orderId === null || orderId === id, `order ${id} was told as order ${orderId}`);
  }
  expect(placed.length === met.size, `there are ${placed.length} orders for ${met.size} checkouts`);
}

function checkStock({ seeded }: World, inventory: Database, orders: Database, expect: Expect): number {
  const shelf = inventory.prepare<[string], { onHand: number; reserved: number; sold: number }>(`
    SELECT on_hand AS onHand, coalesce(reserved, 0) AS reserved, coalesce(sold, 0) AS sold
    FROM stock LEFT JOIN taken ON taken.sku = stock.sku WHERE stock.sku = ?`);
  // Beside them stand those of the monolith's orders, which are its own to count.
  const rows = inventory.prepare<[string, number], { reserved: number; sold: number }>(`
    SELECT coalesce(sum(CASE state WHEN 'reserved' THEN quantity END), 0) AS reserved,
      coalesce(sum(CASE state WHEN 'sold' THEN quantity END), 0) AS sold FROM reservations WHERE sku = ? AND order_id >= ?`);
  const bought = orders.prepare<[string, number], { quantity: number }>(`
    SELECT coalesce(sum(quantity), 0) AS quantity FROM lines JOIN orders ON orders.id = order_id
    WHERE sku = ? AND status = 'paid' AND orders.id >= ?`);
  let sum = 0;
  for (const [sku, before] of seeded) {
    const { onHand, reserved, sold } = shelf.get(sku)!;
    const kept = rows.get(sku, firstOwnId)!;
    const { quantity } = bought.get(sku, firstOwnId)!;
    const free = onHand - reserved - sold;
    expect(free >= 0, `${sku}: ${-free} more were sold than there were`);
    expect(
      free + kept.reserved + kept.sold === before,
      `${sku}: ${free} + ${kept.reserved} + ${kept.sold} ≠ ${before}`,
    );
    expect(kept.reserved === 0, `${sku}: ${kept.reserved} are still reserved`);
    expect(kept.sold === quantity, `${sku}: ${kept.sold} were sold, but ${quantity} were ordered`);
    sum += sold;
  }
  return sum;
}

function checkMoney(
  paid: ReadonlyMap<number, OwnOrder>,
  payments: Database,
  gateway: Database,
  expect: Expect,
): Pick<Counts, 'charged' | 'refunded' | 'askedAgain'> {
  const charges = gateway
    .prepare<[], { key: string; amount: number; state: string; asked: number }>(
      'SELECT key, amount_cents AS amount, state, asked FROM charges',
    )
    .all();
  const noted = payments.prepare<[number], { state: string }>('SELECT state FROM charges WHERE order_id = ?');
  const charged = new Set<number>();
  for (const { key, amount, state } of charges) {
    const id = Number(key.replace('order-', ''));
    const order = paid.get(id);
    if (state === 'charged') {
      charged.add(id);
      expect(order !== undefined, `${amount} cents were taken for order ${id}, which is not confirmed`);
      expect(
        order === undefined || order.total === amount,
        `order ${id} costs ${order?.total}, and ${amount} were taken`,
      );
    }
    const told = noted.get(id)?.state;
    expect(told === state, `order ${id} is ${state} at the gateway, and ${told} in the payments service`);
  }
  for (const id of paid.keys()) expect(charged.has(id), `order ${id} is confirmed, and nothing was charged`);
  return {
    charged: charged.size,
    refunded: charges.filter(({ state }) => state === 'refunded').length,
    askedAgain: charges.reduce((sum, { asked }) => sum + Math.max(0, asked - 1), 0),
  };
}
