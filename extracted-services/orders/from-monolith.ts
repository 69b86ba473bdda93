import { z } from 'zod';
import { readRow, type Source } from '../shared/source.ts';
import type { OrderStore } from './store.ts';

/** What the monolith's export tells of an order; money is a float there. */
const legacyOrder = z.object({
  id: z.int().positive(),
  status: z.string(),
  customer: z.object({ id: z.int(), name: z.string(), email: z.string() }),
  subtotal: z.number(),
  shipping: z.number(),
  tax: z.number(),
  total: z.number(),
  tags: z.array(z.string()),
  items: z.array(z.object({ sku: z.string(), name: z.string(), price: z.number(), quantity: z.int().positive() })),
  paymentId: z.int().nullable(),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

const cents = (amount: number): number => Math.round(amount * 100);

export const followOrders = (store: OrderStore): Source => ({
  kind: 'orders',
  put(row) {
    const { customer, subtotal, shipping, tax, total, items, ...order } = readRow('order', legacyOrder, row);
    return store.put({
      ...order,
      customerId: customer.id,
      customerName: customer.name,
      customerEmail: customer.email,
      subtotalCents: cents(subtotal),
      shippingCents: cents(shipping),
      taxCents: cents(tax),
      totalCents: cents(total),
      lines: items.map(({ price, ...line }) => ({ ...line, priceCents: cents(price) })),
    });
  },
});
