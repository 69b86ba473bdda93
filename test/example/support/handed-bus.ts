import type { CloudEvent } from '../../../src/domain/cloud-event.ts';
import type { EventBus, Subscription } from '../../../src/ports.ts';

/** A bus on which nothing happens by itself: a test hands each event out, and sees what becomes of it. */
export function handedBus() {
  const consumers: { subscription: Subscription; handle: (event: CloudEvent) => Promise<void>; stopped: boolean }[] =
    [];
  const never = (): never => {
    throw new Error('nobody is to ask this of the bus');
  };
  const bus: EventBus = {
    publish: never,
    consume(subscription, handle) {
      const consumer = { subscription, handle, stopped: false };
      consumers.push(consumer);
      return {
        async stop() {
          consumer.stopped = true;
        },
      };
    },
    read: never,
    deadLetters: never,
    revive: never,
    rewind: never,
    groups: never,
    close: async () => {},
  };
  return {
    bus,
    consumers,
    /** To every group that wants it; rejects as the first handler does. */
    async hand(event: CloudEvent): Promise<void> {
      const wanting = consumers.filter(
        ({ subscription: { types } }) => types === undefined || types.includes(event.type),
      );
      await Promise.all(wanting.map(({ handle }) => handle(event)));
    },
  };
}

let told = 0;
/** What the proxy tells of a write. */
export const orderEvent = (order: number | string, type = 'order.created', id?: string): CloudEvent => {
  told += 1;
  return {
    specversion: '1.0',
    id: id ?? `event-${told}`,
    type,
    source: '/strangler',
    subject: String(order),
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: {},
  };
};
