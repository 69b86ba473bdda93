import type { Database } from 'better-sqlite3';
import { firstOwnId } from '../shared/own-ids.ts';
import { schema } from './schema.ts';

export interface Line {
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  readonly quantity: number;
}

interface Row {
  readonly id: number;
  readonly status: string;
  readonly customerId: number;
  readonly customerName: string;
  readonly customerEmail: string;
  readonly subtotalCents: number;
  readonly shippingCents: number;
  readonly taxCents: number;
  readonly totalCents: number;
  readonly paymentId: number | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface OrderHead extends Row {
  readonly tags: readonly string[];
}

export interface Order extends OrderHead {
  readonly lines: readonly Line[];
}

export interface OrderFilter {
  readonly customerId: number | null;
  readonly status: string | null;
}

const columns = `
  id, status, customer_id AS customerId, customer_name AS customerName, customer_email AS customerEmail,
  subtotal_cents AS subtotalCents, shipping_cents AS shippingCents, tax_cents AS taxCents, total_cents AS totalCents,
  payment_id AS paymentId, version, created_at AS createdAt, updated_at AS updatedAt`;
const matching = `
  WHERE (@customerId IS NULL OR customer_id = @customerId) AND (@status IS NULL OR status = @status)`;

export type OrderStore = ReturnType<typeof openOrders>;

export function openOrders(db: Database) {
  db.exec(schema);
  const byId = db.prepare<[number], Row>(`SELECT ${columns} FROM orders WHERE id = ?`);
  const page = db.prepare<[OrderFilter & { limit: number; offset: number }], Row>(
    `SELECT ${columns} FROM orders ${matching} ORDER BY id DESC LIMIT @limit OFFSET @offset`,
  );
  const count = db.prepare<[OrderFilter], { total: number }>(`SELECT count(*) AS total FROM orders ${matching}`);
  const lines = db.prepare<[number], Line>(
    'SELECT sku, name, price_cents AS priceCents, quantity FROM lines WHERE order_id = ? ORDER BY position',
  );
  const tags = db.prepare<[number], { tag: string }>('SELECT tag FROM tags WHERE order_id = ?');
  const versionOf = db.prepare<[number], { version: number }>('SELECT version FROM orders WHERE id = ?');
  const nextOwnId = db.prepare<[], { id: number }>(
    `SELECT max(coalesce(max(id), 0) + 1, ${firstOwnId}) AS id FROM orders`,
  );
  const settle = db.prepare(`
    UPDATE orders SET status = @status, payment_id = @paymentId, version = version + 1, updated_at = @at WHERE id = @id`);
  const customer = db.prepare<[number], { name: string; email: string }>(`
    SELECT customer_name AS name, customer_email AS email FROM orders WHERE customer_id = ? ORDER BY id DESC LIMIT 1`);
  const putOrder = db.prepare<Row>(`
    INSERT INTO orders VALUES (@id, @status, @customerId, @customerName, @customerEmail, @subtotalCents,
      @shippingCents, @taxCents, @totalCents, @paymentId, @version, @createdAt, @updatedAt)
    ON CONFLICT DO UPDATE SET status = excluded.status, customer_id = excluded.customer_id,
      customer_name = excluded.customer_name, customer_email = excluded.customer_email,
      subtotal_cents = excluded.subtotal_cents, shipping_cents = excluded.shipping_cents, tax_cents = excluded.tax_cents,
      total_cents = excluded.total_cents, payment_id = excluded.payment_id, version = excluded.version,
      created_at = excluded.created_at, updated_at = excluded.updated_at`);
  const clearLines = db.prepare<[number]>('DELETE FROM lines WHERE order_id = ?');
  const clearTags = db.prepare<[number]>('DELETE FROM tags WHERE order_id = ?');
  const putLine = db.prepare('INSERT INTO lines VALUES (@orderId, @position, @sku, @name, @priceCents, @quantity)');
  const putTag = db.prepare('INSERT INTO tags VALUES (?, ?) ON CONFLICT DO NOTHING');

  const withTags = (row: Row): OrderHead => ({ ...row, tags: tags.all(row.id).map(({ tag }) => tag) });

  return {
    byId(id: number): Order | undefined {
      const row = byId.get(id);
      return row && { ...withTags(row), lines: lines.all(id) };
    },
    page: (filter: OrderFilter, limit: number, offset: number): OrderHead[] =>
      page.all({ ...filter, limit, offset }).map(withTags),
    count: (filter: OrderFilter): number => count.get(filter)!.total,
    nextOwnId: () => nextOwnId.get()!.id,
    /** What has become of an order that was placed here. */
    settle: (id: number, status: string, paymentId: number | null) =>
      void settle.run({ id, status, paymentId, at: new Date().toISOString() }),
    /** Whoever has ordered before, as known then. */
    customer: (id: number) => customer.get(id),
    /**
     * Adds an order, or brings a known one up to date; what is older than what is known changes nothing. False when it
     * was known already. Of the same version all is written again, so that what went wrong here can be mended.
     */
    put({ lines: ordered, tags: given, ...row }: Order): boolean {
      const known = versionOf.get(row.id)?.version;
      if (known !== undefined && known > row.version) return false;
      putOrder.run(row);
      clearLines.run(row.id);
      clearTags.run(row.id);
      ordered.forEach((line, position) => {
        putLine.run({ orderId: row.id, position, ...line });
      });
      for (const tag of given) putTag.run(row.id, tag);
      return known !== row.version;
    },
  };
}
