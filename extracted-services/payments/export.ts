import type { Database } from 'better-sqlite3';
import { exportReader } from '../../example/export/table.ts';
import { presentPayment } from './present.ts';
import type { PaymentStore } from './store.ts';

/** Payments as the monolith's export tells them. */
export const exportedPayments = (store: PaymentStore, db: Database) =>
  exportReader(db, {
    table: 'payments',
    key: 'id',
    ofOrder: 'order_id = @order',
    row(id: number) {
      const payment = store.byId(id);
      if (!payment) return undefined;
      const { links, ...shown } = presentPayment(payment, '');
      return { ...shown, version: payment.version };
    },
  });
