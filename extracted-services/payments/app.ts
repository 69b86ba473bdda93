import type { Context, Hono } from 'hono';
import { ApiError, answer, publicOrigin, versionTag } from '../shared/answer.ts';
import { rowNumber, serviceApp } from '../shared/app.ts';
import type { EventHealth } from '../shared/dealings.ts';
import { paymentOf } from './charges.ts';
import type { PaymentsPart } from './part.ts';
import { presentPayment } from './present.ts';
import type { Payment, PaymentStore } from './store.ts';

export function paymentsApp(
  store: PaymentStore,
  part: PaymentsPart | null = null,
  health: () => EventHealth | null = () => null,
): Hono {
  const app = serviceApp('payments', store.count, health);

  app.get('/payments/:id', (c) => {
    const id = rowNumber(c.req.param('id'));
    const payment = store.byId(id) ?? paymentOf(part?.charges.byId(id));
    if (!payment) throw new ApiError(404, 'not_found', `There is no payment ${id}.`);
    return tell(c, payment);
  });

  app.get('/payments/order/:id', (c) => {
    const id = rowNumber(c.req.param('id'));
    const payment = paymentOf(part?.charges.ofOrder(id)) ?? store.ofOrder(id);
    if (!payment) throw new ApiError(404, 'not_found', `There is no payment for order ${id}.`);
    return tell(c, payment);
  });

  return app;
}

function tell(c: Context, payment: Payment): Response {
  return answer(c, presentPayment(payment, publicOrigin(c)), {
    etag: versionTag('payment', payment.id, payment.version),
    cache: 'private, no-cache',
  });
}
