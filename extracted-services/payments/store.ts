import type { Database } from 'better-sqlite3';

export interface Payment {
  readonly id: number;
  readonly orderId: number;
  readonly method: string;
  readonly cardLast4: string | null;
  /** Whole cents: this service has no floats in its books. */
  readonly amountCents: number;
  readonly status: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type PaymentStore = ReturnType<typeof openPayments>;

export function openPayments(db: Database) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS payments (
      id           INTEGER PRIMARY KEY,
      order_id     INTEGER NOT NULL,
      method       TEXT NOT NULL,
      card_last4   TEXT,
      amount_cents INTEGER NOT NULL,
      status       TEXT NOT NULL CHECK (status IN ('captured', 'refunded')),
      version      INTEGER NOT NULL,
      created_at   TEXT NOT NULL,
      updated_at   TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS payments_by_order ON payments (order_id);
    CREATE INDEX IF NOT EXISTS payments_by_change ON payments (updated_at);`);
  const columns = `
    id, order_id AS orderId, method, card_last4 AS cardLast4, amount_cents AS amountCents, status, version,
    created_at AS createdAt, updated_at AS updatedAt`;
  const byId = db.prepare<[number], Payment>(`SELECT ${columns} FROM payments WHERE id = ?`);
  const ofOrder = db.prepare<[number], Payment>(
    `SELECT ${columns} FROM payments WHERE order_id = ? ORDER BY id DESC LIMIT 1`,
  );
  const versionOf = db.prepare<[number], { version: number }>('SELECT version FROM payments WHERE id = ?');
  const put = db.prepare<Payment>(`
    INSERT INTO payments (id, order_id, method, card_last4, amount_cents, status, version, created_at, updated_at)
    VALUES (@id, @orderId, @method, @cardLast4, @amountCents, @status, @version, @createdAt, @updatedAt)
    ON CONFLICT DO UPDATE SET order_id = excluded.order_id, method = excluded.method, card_last4 = excluded.card_last4,
      amount_cents = excluded.amount_cents, status = excluded.status, version = excluded.version,
      created_at = excluded.created_at, updated_at = excluded.updated_at`);
  const count = db.prepare<[], { rows: number }>('SELECT count(*) AS rows FROM payments');

  return {
    byId: (id: number) => byId.get(id),
    /** The last one, as the monolith has it. */
    ofOrder: (orderId: number) => ofOrder.get(orderId),
    /** False when it was known already; what is older than what is known changes nothing. */
    put(payment: Payment): boolean {
      const known = versionOf.get(payment.id)?.version;
      if (known !== undefined && known > payment.version) return false;
      put.run(payment);
      return known !== payment.version;
    },
    count: () => count.get()!.rows,
  };
}
