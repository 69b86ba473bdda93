import * as z from 'zod';
import { wholeNumber } from '../../example/process/options.ts';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import { type ClientOptions, serviceClient } from '../shared/client.ts';
import type { Part, Tools } from '../shared/dealings.ts';
import { inTransaction } from '../shared/transaction.ts';
import { type Charges, openCharges } from './charges.ts';
import { collector } from './collector.ts';

const order = z.object({ orderId: z.number().int().positive() });
const wanted = order.extend({
  amountCents: z.number().int().nonnegative(),
  method: z.enum(['card', 'invoice']),
  cardLast4: z.string().nullable(),
  token: z.string().nullable(),
});

export interface PaymentsPart extends Part {
  readonly charges: Charges;
}

/** Charges and refunds when the orders service says so. The gateway is asked outside of the transaction that notes it. */
export function paymentsPart({ db, outbox, options }: Tools, bounds: ClientOptions = {}): PaymentsPart {
  const charges = openCharges(db);
  // A connection for each call: a gateway that answers twice must not answer the next charge as well.
  const halfOpenAfter = wholeNumber('payments', 'circuit-open', options['circuit-open']!, 1);
  const gateway = serviceClient('the gateway', options.gateway!, { halfOpenAfter, ...bounds, reuse: false });

  const answer = (orderId: number, type: string, more: object = {}): void =>
    outbox.add({ type, subject: `orders/${orderId}`, data: { orderId, ...more } });
  const tellCharge = (orderId: number): void => {
    const charge = charges.ofOrder(orderId)!;
    if (charge.state === 'charged') answer(orderId, 'payment.charged', { paymentId: charge.id });
    if (charge.state === 'declined' || charge.state === 'void') answer(orderId, 'payment.declined');
  };
  const tellRefund = (orderId: number): void => {
    const { id, state, amountCents } = charges.ofOrder(orderId)!;
    const given = state === 'refunded' ? { paymentId: id, amountCents } : { paymentId: null, amountCents: 0 };
    answer(orderId, 'payment.refunded', given);
  };

  const { take, stop } = collector(gateway, {
    charge: charges.ofOrder,
    charged: inTransaction(db, (orderId, { state, ref }) => {
      if (charges.ofOrder(orderId)!.state !== 'asking') return;
      charges.move(orderId, state, ref);
      tellCharge(orderId);
    }),
    refunded: inTransaction(db, (orderId, { state, ref }) => {
      charges.move(orderId, state === 'refunded' ? 'refunded' : 'void', ref);
      tellRefund(orderId);
    }),
  });
  const takeSoon = (orderId: number): void => void setImmediate(take, orderId);
  for (const orderId of charges.open()) takeSoon(orderId);

  const charge = (data: unknown): void => {
    const { orderId, ...more } = wanted.parse(data);
    // Refunded before it was charged, or told once more: what became of it is the answer.
    if (charges.ofOrder(orderId) !== undefined) tellCharge(orderId);
    else {
      charges.add({ orderId, ...more }, 'asking');
      takeSoon(orderId);
    }
  };
  const refund = (data: unknown): void => {
    const { orderId } = order.parse(data);
    const state = charges.ofOrder(orderId)?.state;
    if (state === undefined) {
      charges.add({ orderId, amountCents: 0, method: 'none', cardLast4: null, token: null }, 'void');
      tellRefund(orderId);
    } else if (state === 'asking' || state === 'charged') {
      charges.move(orderId, 'refunding');
      takeSoon(orderId);
    } else if (state !== 'refunding') {
      tellRefund(orderId);
    }
  };

  return {
    charges,
    types: ['payment.charge', 'payment.refund'],
    hear: ({ type, data }: CloudEvent) => (type === 'payment.charge' ? charge(data) : refund(data)),
    stop,
  };
}
