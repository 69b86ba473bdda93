import { z } from 'zod';
import { readRow, type Source } from '../shared/source.ts';
import type { PaymentStore } from './store.ts';

/** What the monolith's export tells of a payment; money is a float there. */
const legacyPayment = z.object({
  id: z.int().positive(),
  orderId: z.int().positive(),
  method: z.string(),
  card: z.object({ last4: z.string() }).nullable(),
  amount: z.number(),
  status: z.string(),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const followPayments = (store: PaymentStore): Source => ({
  kind: 'payments',
  put(row) {
    const { card, amount, ...payment } = readRow('payment', legacyPayment, row);
    return store.put({ ...payment, cardLast4: card?.last4 ?? null, amountCents: Math.round(amount * 100) });
  },
});
