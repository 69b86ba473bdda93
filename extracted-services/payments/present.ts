import type { Payment } from './store.ts';

/** The monolith's own shape, to the field: callers must not be able to tell who answered. */
export const presentPayment = (payment: Payment, origin: string) => ({
  id: payment.id,
  orderId: payment.orderId,
  method: payment.method,
  card: payment.cardLast4 === null ? null : { last4: payment.cardLast4 },
  amount: payment.amountCents / 100,
  currency: 'EUR',
  status: payment.status,
  createdAt: payment.createdAt,
  updatedAt: payment.updatedAt,
  links: { self: `${origin}/api/payments/${payment.id}`, order: `${origin}/api/orders/${payment.orderId}` },
});
