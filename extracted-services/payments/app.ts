import type { Hono } from 'hono';
import { ApiError, answer, publicOrigin, versionTag } from '../shared/answer.ts';
import { rowNumber, serviceApp } from '../shared/app.ts';
import type { PaymentStore } from './store.ts';

export function paymentsApp(store: PaymentStore): Hono {
  const app = serviceApp('payments', store.count);

  app.get('/payments/:id', (c) => {
    const id = rowNumber(c.req.param('id'));
    const payment = store.byId(id);
    if (!payment) throw new ApiError(404, 'not_found', `There is no payment ${id}.`);
    const origin = publicOrigin(c);
    const body = {
      id,
      orderId: payment.orderId,
      method: payment.method,
      card: payment.cardLast4 === null ? null : { last4: payment.cardLast4 },
      amount: payment.amountCents / 100,
      currency: 'EUR',
      status: payment.status,
      createdAt: payment.createdAt,
      updatedAt: payment.updatedAt,
      links: { self: `${origin}/api/payments/${id}`, order: `${origin}/api/orders/${payment.orderId}` },
    };
    return answer(c, body, { etag: versionTag('payment', id, payment.version), cache: 'private, no-cache' });
  });

  return app;
}
