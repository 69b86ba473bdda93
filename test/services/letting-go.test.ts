import { expect, it } from 'vitest';
import { Sqlite } from '../../example/process/sqlite.ts';
import { startOrchestrator } from '../../extracted-services/orders/saga/orchestrator.ts';
import { openOrders } from '../../extracted-services/orders/store.ts';

it('lets those go whose order was only being placed when the service was asked to stop', async () => {
  const db = new Sqlite(':memory:');
  const orders = openOrders(db);
  const orchestrator = startOrchestrator({ db, orders, outbox: { add: () => {} } }, { stepTimeout: 60_000 });
  const at = new Date().toISOString();
  const id = orders.nextOwnId();
  orders.put({
    ...{ id, status: 'pending', customerId: 1, customerName: 'Ada Brook', customerEmail: 'ada@example.com' },
    ...{ subtotalCents: 100, shippingCents: 0, taxCents: 0, totalCents: 100, tags: [], paymentId: null },
    lines: [{ sku: 'KIT-001', name: 'Iron skillet', priceCents: 100, quantity: 1 }],
    ...{ version: 1, createdAt: at, updatedAt: at },
  });
  try {
    orchestrator.letGo();
    orchestrator.begin(id, { method: 'invoice', cardLast4: null, token: null });
    expect(await orchestrator.settled(id, 600_000)).toMatchObject({ id, state: 'reserving' });
  } finally {
    orchestrator.stop();
    db.close();
  }
});
