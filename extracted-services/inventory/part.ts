import * as z from 'zod';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import type { Part, Tools } from '../shared/dealings.ts';
import { openReservations, type Reservations } from './reservations.ts';

const order = z.object({ orderId: z.number().int().positive() });
const wanted = order.extend({
  items: z.array(z.object({ sku: z.string().min(1), quantity: z.number().int().positive() })).min(1),
});

export interface InventoryPart extends Part {
  readonly reservations: Reservations;
}

/** Reserves, releases and sells stock when the orders service says so, and answers what became of it. */
export function inventoryPart({ db, outbox }: Tools): InventoryPart {
  const reservations = openReservations(db);
  const answer = (subject: string, type: string, data: object): void => outbox.add({ type, subject, data });

  return {
    reservations,
    types: ['inventory.reserve', 'inventory.release', 'inventory.commit'],
    hear({ type, subject, data }: CloudEvent) {
      if (type === 'inventory.reserve') {
        const { orderId, items } = wanted.parse(data);
        const outcome = reservations.reserve(orderId, items);
        if (outcome.state === 'refused') answer(subject, 'stock.refused', { orderId, sku: outcome.sku });
        else if (outcome.state === 'reserved') answer(subject, 'stock.reserved', { orderId });
        // Released or sold: the command came again, long after what it was for.
        return;
      }
      const { orderId } = order.parse(data);
      if (type === 'inventory.release') {
        reservations.release(orderId);
        answer(subject, 'stock.released', { orderId });
      } else {
        reservations.commit(orderId);
        answer(subject, 'stock.committed', { orderId });
      }
    },
  };
}
