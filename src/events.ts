/** The event bus for other programs, `strangler-proxy/events`: see docs/event-bus.md. */
import { openUntrimmed } from './bus/open.ts';
import { BusError } from './domain/bus-error.ts';
import { readBusLocation } from './domain/bus-location.ts';
import type { BusLocation } from './domain/events-settings.ts';
import type { EventBus } from './ports.ts';

export { BusError, type BusErrorCode } from './domain/bus-error.ts';
export type { CloudEvent } from './domain/cloud-event.ts';
export type { BusLocation } from './domain/events-settings.ts';
export type {
  DeadLetter,
  EventBus,
  EventConsumer,
  EventQuery,
  GroupStanding,
  StoredEvent,
  Subscription,
} from './ports.ts';

export interface EventBusOptions {
  /** The stream, or the topic: `strangler.events` when absent, as in routes.yaml. A file has only one. */
  readonly stream?: string;
  /** SQLite: whether `publish` waits for the disk (so it is when absent), or only for the operating system. */
  readonly sync?: 'disk' | 'system';
  /** ms after which a consumer that says nothing is taken for dead, and its partitions go to others: 10 seconds. */
  readonly lease?: number;
  /** The compiled worker of SQLite, for those who run strangler's TypeScript. */
  readonly worker?: URL;
}

/**
 * Opens the bus at `sqlite:PATH`, `redis://HOST:PORT`, `kafka://HOST:PORT,…` or in `memory` (of this call alone).
 * Rejects with a {@link BusError} whose message names the way out.
 */
export async function openEventBus(location: string | BusLocation, options: EventBusOptions = {}): Promise<EventBus> {
  const { stream = 'strangler.events', sync = 'disk', ...rest } = options;
  const found = typeof location === 'string' ? readBusLocation(location) : location;
  if (found === null) {
    // What is not understood may hold a password.
    throw new BusError('unknown', 'the bus must be memory, sqlite:PATH, redis://HOST:PORT or kafka://HOST:PORT,…');
  }
  return openUntrimmed({ location: found, stream, sync, ...rest });
}
