import type { Context, Hono } from 'hono';
import { ApiError, answer, publicOrigin, versionTag } from '../shared/answer.ts';
import { rowNumber, serviceApp } from '../shared/app.ts';
import { presentPayment } from './present.ts';
import type { Payment, PaymentStore } from './store.ts';

export function paymentsApp(store: PaymentStore): Hono {
  const app = serviceApp('payments', store.count);

  const show = (c: Context, payment: Payment): Response => {
    const { id, version } = payment;
    return answer(c, presentPayment(payment, publicOrigin(c)), {
      etag: versionTag('payment', id, version),
      cache: 'private, no-cache',
    });
  };

  app.get('/payments/:id', (c) => {
    const id = rowNumber(c.req.param('id'));
    const payment = store.byId(id);
    if (!payment) throw new ApiError(404, 'not_found', `There is no payment ${id}.`);
    return show(c, payment);
  });

  app.get('/payments/order/:orderId', (c) => {
    const orderId = rowNumber(c.req.param('orderId'));
    const payment = store.ofOrder(orderId);
    if (!payment) throw new ApiError(404, 'not_found', `There is no payment for order ${orderId}.`);
    return show(c, payment);
  });

  return app;
}
