/** What the orders service does of its own: takes orders, and leads each of them through its saga. */
import * as z from 'zod';
import { wholeNumber } from '../../example/process/options.ts';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import { ApiError } from '../shared/answer.ts';
import { serviceClient } from '../shared/client.ts';
import type { Part, Tools } from '../shared/dealings.ts';
import { fingerprintOf, openIdempotencyKeys } from '../shared/idempotency.ts';
import { inTransaction } from '../shared/transaction.ts';
import { openCatalog } from './catalog.ts';
import { redacted, type WantedOrder } from './input.ts';
import { totalsOf } from './money.ts';
import { type Reply, replies } from './saga/machine.ts';
import { type Orchestrator, type PaymentMeans, startOrchestrator } from './saga/orchestrator.ts';
import type { StoredSaga } from './saga/store.ts';
import type { Line, OrderStore } from './store.ts';

export interface OrdersPart extends Part {
  readonly orchestrator: Orchestrator;
  /** Places an order, or finds the one that the key was used for; resolves with its saga at its end, or as far as it is. */
  place(wanted: WantedOrder, key: string | null): Promise<StoredSaga>;
  /** Takes a confirmed order back. */
  cancel(id: number): Promise<StoredSaga>;
}

const answerData = z.object({
  orderId: z.number().int(),
  paymentId: z.number().int().nullish(),
  sku: z.string().nullish(),
});

export function ordersPart(store: OrderStore, { db, outbox, options }: Tools): OrdersPart {
  const stepTimeout = wholeNumber('orders', 'step-timeout', options['step-timeout']!, 1);
  const callerPatience = wholeNumber('orders', 'caller-patience', options['caller-patience']!, 0);
  const orchestrator = startOrchestrator({ db, orders: store, outbox }, { stepTimeout });
  const halfOpenAfter = wholeNumber('orders', 'circuit-open', options['circuit-open']!, 1);
  const [monolith, gateway] = [
    serviceClient('the monolith', options.monolith!, { halfOpenAfter }),
    serviceClient('the gateway', options.gateway!, { halfOpenAfter }),
  ];
  const catalog = openCatalog(db, monolith);
  const keys = openIdempotencyKeys(db);
  const underWay = new Set<string>();
  const settled = (id: number): Promise<StoredSaga> => orchestrator.settled(id, callerPatience);

  const customerOf = (id: number): { name: string; email: string } => {
    const customer = store.customer(id);
    if (customer === undefined) throw new ApiError(422, 'unknown_customer', `There is no customer ${id}.`);
    return customer;
  };

  /** The number goes to the gateway and nowhere else. */
  const meansOf = async (payment: WantedOrder['payment']): Promise<PaymentMeans> => {
    if (payment.method === 'invoice') return { method: 'invoice', cardLast4: null, token: null };
    const answer = await gateway
      .call({ method: 'POST', path: '/cards', body: { number: payment.cardNumber } })
      .catch(() => null);
    const token = (answer?.body as { token?: string } | undefined)?.token;
    if (answer?.status !== 201 || token === undefined) {
      throw new ApiError(503, 'cards_unavailable', 'Cards can’t be taken at the moment; nothing was ordered.');
    }
    return { method: 'card', cardLast4: payment.cardNumber.slice(-4), token };
  };

  const add = inTransaction(
    db,
    (wanted: WantedOrder, lines: readonly Line[], means: PaymentMeans, key: string | null): number => {
      const id = store.nextOwnId();
      const { name, email } = customerOf(wanted.customerId);
      const at = new Date().toISOString();
      store.put({
        id,
        status: 'pending',
        customerId: wanted.customerId,
        customerName: name,
        customerEmail: email,
        ...totalsOf(lines),
        tags: wanted.tags,
        lines,
        paymentId: null,
        version: 1,
        createdAt: at,
        updatedAt: at,
      });
      if (key !== null) keys.keep(key, fingerprintOf(redacted(wanted)), id);
      orchestrator.begin(id, means);
      return id;
    },
  );

  const placeNew = async (wanted: WantedOrder, key: string | null): Promise<number> => {
    customerOf(wanted.customerId);
    const lines = await Promise.all(
      wanted.items.map(async ({ sku, quantity }) => {
        const { name, priceCents } = await catalog.product(sku);
        return { sku, name, priceCents, quantity };
      }),
    );
    return add(wanted, lines, await meansOf(wanted.payment), key);
  };

  return {
    orchestrator,
    types: replies,
    hear({ type, data }: CloudEvent) {
      const { orderId, paymentId, sku } = answerData.parse(data);
      orchestrator.hear(orderId, type as Reply, {
        ...(paymentId != null && { paymentId }),
        ...(sku != null && { missing: sku }),
      });
    },
    async place(wanted, key) {
      if (key === null) return settled(await placeNew(wanted, null));
      const known = keys.find(key, fingerprintOf(redacted(wanted)));
      if (underWay.has(key)) {
        throw new ApiError(
          409,
          'in_progress',
          'A request with this Idempotency-Key is under way; ask again for its end.',
        );
      }
      underWay.add(key);
      try {
        return await settled(known ?? (await placeNew(wanted, key)));
      } finally {
        underWay.delete(key);
      }
    },
    async cancel(id) {
      const saga = orchestrator.sagas.byId(id);
      if (saga === undefined) throw new ApiError(404, 'not_found', `There is no order ${id} that was placed here.`);
      const cancelling =
        orchestrator.hear(id, 'cancel') || (saga.reason === 'cancelled' && saga.state !== 'compensated');
      if (cancelling) return settled(id);
      const status = store.byId(id)!.status;
      throw new ApiError(409, 'not_cancellable', `Order ${id} is ${status}.`);
    },
    drain: orchestrator.letGo,
    async stop() {
      orchestrator.stop();
      await Promise.all([monolith.close(), gateway.close()]);
    },
  };
}
