import { randomUUID } from 'node:crypto';
import { BusError } from '../domain/bus-error.ts';
import type { CloudEvent } from '../domain/cloud-event.ts';
import type { EventConsumer, Subscription } from '../ports.ts';
import { GroupConsumer } from './consumer.ts';
import type { GroupSource } from './group-source.ts';

/** The consumers of one bus, which end with it. */
export class Consumers {
  readonly #all = new Set<EventConsumer>();
  #closed = false;

  /** `source` is made for a consumer's own name, which no other one has. */
  add(
    subscription: Subscription,
    handle: (event: CloudEvent) => Promise<void>,
    source: (consumer: string) => GroupSource,
  ): EventConsumer {
    if (this.#closed) throw new BusError('closed', 'the bus has been closed');
    mustBeGroup(subscription.group);
    const consumer = new GroupConsumer(source(randomUUID()), subscription, handle);
    this.#all.add(consumer);
    return {
      stop: async () => {
        await consumer.stop();
        this.#all.delete(consumer);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((consumer) => consumer.stop()));
    this.#all.clear();
  }
}

/** Names go into keys and topics of other programs: what they take is little. */
export function mustBeGroup(group: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(group)) return;
  const rule = 'letters, digits, ".", "_" and "-", at most 128';
  throw new BusError('refused', `${JSON.stringify(group).slice(0, 200)} is no name of a group: it takes ${rule}`);
}
