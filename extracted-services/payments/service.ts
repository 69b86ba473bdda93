import type { Service } from '../shared/run.ts';
import { paymentsApp } from './app.ts';
import { exportedPayments } from './export.ts';
import { followPayments } from './from-monolith.ts';
import { type PaymentsPart, paymentsPart } from './part.ts';
import { openPayments, type PaymentStore } from './store.ts';

export const payments: Service<PaymentStore, PaymentsPart> = {
  name: 'payments',
  port: 4002,
  // circuit-open: ms for which a gateway that fails is left alone
  options: { gateway: 'http://127.0.0.1:4004', 'circuit-open': '30000' },
  open: openPayments,
  sources: (store) => [followPayments(store)],
  exports: (store, db) => ({ payments: exportedPayments(store, db) }),
  takePart: (_, tools) => paymentsPart(tools),
  app: paymentsApp,
};
