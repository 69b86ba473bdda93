import type { Service } from '../shared/run.ts';
import { paymentsApp } from './app.ts';
import { copyPayments } from './from-monolith.ts';
import { type PaymentsPart, paymentsPart } from './part.ts';
import { openPayments, type PaymentStore } from './store.ts';

export const payments: Service<PaymentStore, PaymentsPart> = {
  name: 'payments',
  port: 4002,
  options: { gateway: 'http://127.0.0.1:4004' },
  open: openPayments,
  newest: (store) => store.newest(),
  copyChanges: copyPayments,
  takePart: (_, tools) => paymentsPart(tools),
  app: paymentsApp,
};
