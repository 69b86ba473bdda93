import type { Service } from '../shared/run.ts';
import { paymentsApp } from './app.ts';
import { exportedPayments } from './export.ts';
import { followPayments } from './from-monolith.ts';
import { openPayments, type PaymentStore } from './store.ts';

export const payments: Service<PaymentStore> = {
  name: 'payments',
  port: 4002,
  open: openPayments,
  sources: (store) => [followPayments(store)],
  exports: (store, db) => ({ payments: exportedPayments(store, db) }),
  app: paymentsApp,
};
