import * as z from 'zod';
import { HttpError } from '../web/http-error.ts';

const item = z.object({ sku: z.string().min(1), quantity: z.number().int().min(1).max(99) });

const order = z.object({
  customerId: z.number().int().positive(),
  items: z
    .array(item)
    .min(1)
    .max(50)
    .refine((items) => new Set(items.map(({ sku }) => sku)).size === items.length, 'the same sku twice'),
  tags: z.array(z.string().max(40)).max(10).default([]),
});

const checkout = order.extend({
  payment: z.discriminatedUnion('method', [
    z.object({ method: z.literal('card'), cardNumber: z.string().regex(/^\d{12,19}$/, 'not a card number') }),
    z.object({ method: z.literal('invoice') }),
  ]),
});

function reading<T>(schema: z.ZodType<T>): (body: unknown) => T {
  return (body) => {
    const result = schema.safeParse(body);
    if (result.success) return result.data;
    const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    throw new HttpError(422, 'invalid', problems.join('; '));
  };
}

export const readOrder = reading(order);
export const readCheckout = reading(checkout);
