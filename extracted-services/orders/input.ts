import * as z from 'zod';

const item = z.object({ sku: z.string().min(1).max(64), quantity: z.number().int().min(1).max(99) });

/** As the monolith's `POST /api/orders` takes it, and its `POST /api/checkout`; without a payment it is by invoice. */
export const wantedOrder = z.object({
  customerId: z.number().int().positive(),
  items: z
    .array(item)
    .min(1)
    .max(50)
    .refine((items) => new Set(items.map(({ sku }) => sku)).size === items.length, 'the same sku twice'),
  tags: z.array(z.string().max(40)).max(10).default([]),
  payment: z
    .discriminatedUnion('method', [
      z.object({ method: z.literal('card'), cardNumber: z.string().regex(/^\d{12,19}$/, 'not a card number') }),
      z.object({ method: z.literal('invoice') }),
    ])
    .default({ method: 'invoice' }),
});

export type WantedOrder = z.infer<typeof wantedOrder>;

/** The same without what must not be kept: of a card, its last four digits. */
export function redacted({ payment, ...wanted }: WantedOrder): object {
  return { ...wanted, payment: payment.method === 'card' ? `card ${payment.cardNumber.slice(-4)}` : payment.method };
}
