import type { Database } from 'better-sqlite3';
import type { OrderStore } from './store.ts';

interface LegacyOrder {
  readonly id: number;
  readonly status: string;
  readonly customerId: number;
  readonly customerName: string;
  readonly customerEmail: string;
  readonly subtotal: number;
  readonly shipping: number;
  readonly tax: number;
  readonly total: number;
  readonly tags: string;
  readonly paymentId: number | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

interface LegacyLine {
  readonly sku: string;
  readonly name: string;
  readonly price: number;
  readonly quantity: number;
}

const cents = (amount: number): number => Math.round(amount * 100);

export function copyOrders(store: OrderStore, monolith: Database, since: string): void {
  const changed = monolith.prepare<[string], LegacyOrder>(`
    SELECT orders.id, status, customer_id AS customerId, customers.name AS customerName,
      customers.email AS customerEmail, subtotal, shipping, tax, total, tags, version,
      (SELECT max(id) FROM payments WHERE order_id = orders.id) AS paymentId,
      created_at AS createdAt, updated_at AS updatedAt
    FROM orders JOIN customers ON customers.id = orders.customer_id
    WHERE updated_at >= ?`);
  const linesOf = monolith.prepare<[number], LegacyLine>(
    'SELECT sku, name, price, quantity FROM order_items WHERE order_id = ? ORDER BY position',
  );
  for (const { subtotal, shipping, tax, total, tags, ...order } of changed.all(since)) {
    store.put({
      ...order,
      subtotalCents: cents(subtotal),
      shippingCents: cents(shipping),
      taxCents: cents(tax),
      totalCents: cents(total),
      tags: JSON.parse(tags) as string[],
      lines: linesOf.all(order.id).map(({ price, ...line }) => ({ ...line, priceCents: cents(price) })),
    });
  }
}
