import type { Database } from 'better-sqlite3';
import type { Payment, PaymentStore } from './store.ts';

type LegacyRow = Omit<Payment, 'amountCents'> & { readonly amount: number };

export function copyPayments(store: PaymentStore, monolith: Database, since: string): void {
  const changed = monolith.prepare<[string], LegacyRow>(`
    SELECT id, order_id AS orderId, method, card_last4 AS cardLast4, amount, status, version,
      created_at AS createdAt, updated_at AS updatedAt
    FROM payments WHERE updated_at >= ?`);
  for (const { amount, ...row } of changed.all(since)) {
    store.put({ ...row, amountCents: Math.round(amount * 100) });
  }
}
