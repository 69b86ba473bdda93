import type { Service } from '../shared/run.ts';
import { paymentsApp } from './app.ts';
import { copyPayments } from './from-monolith.ts';
import { openPayments, type PaymentStore } from './store.ts';

export const payments: Service<PaymentStore> = {
  name: 'payments',
  port: 4002,
  open: openPayments,
  newest: (store) => store.newest(),
  copyChanges: copyPayments,
  app: paymentsApp,
};
