import type { Database } from 'better-sqlite3';

export interface Payment {
  readonly id: number;
  readonly orderId: number;
  readonly method: string;
  readonly cardLast4: string | null;
  readonly amount: number;
  readonly status: 'captured' | 'refunded';
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface NewPayment {
  readonly orderId: number;
  readonly method: string;
  readonly cardLast4: string | null;
  readonly amount: number;
  readonly at: string;
}

export type Payments = ReturnType<typeof paymentStore>;

export function paymentStore(db: Database) {
  const byId = db.prepare<[number], Payment>(`
    SELECT id, order_id AS orderId, method, card_last4 AS cardLast4, amount, status, version,
      created_at AS createdAt, updated_at AS updatedAt
    FROM payments WHERE id = ?`);
  const capture = db.prepare(`
    INSERT INTO payments (order_id, method, card_last4, amount, status, created_at, updated_at)
    VALUES (@orderId, @method, @cardLast4, @amount, 'captured', @at, @at)`);
  const refund = db.prepare(`
    UPDATE payments SET status = 'refunded', version = version + 1, updated_at = ?
    WHERE order_id = ? AND status = 'captured'`);

  return {
    byId: (id: number) => byId.get(id),
    capture: (payment: NewPayment): number => Number(capture.run(payment).lastInsertRowid),
    refundFor(orderId: number, at: string): void {
      refund.run(at, orderId);
    },
  };
}
