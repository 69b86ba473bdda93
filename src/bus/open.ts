import type { BusLocation, EventsSettings } from '../domain/events-settings.ts';
import type { Clock, EventBus } from '../ports.ts';
import { MemoryBus } from './memory.ts';
import type { OnLoss, TrimmedBus } from './retention.ts';
import { openSqliteBus } from './sqlite.ts';

export interface BusOptions {
  readonly location: BusLocation;
  readonly stream: string;
  readonly sync: EventsSettings['sync'];
  readonly clock?: Clock;
  /** ms after which a consumer that says nothing is taken for dead: 10 seconds when absent. */
  readonly lease?: number;
  /** The compiled worker of SQLite, for those who run these files as TypeScript. */
  readonly worker?: URL;
}

const trimEvery = 60_000;

/** Opens the bus that routes.yaml names, and keeps no more in it than routes.yaml says. */
export async function openBus(
  options: Omit<BusOptions, 'location' | 'stream' | 'sync'> & {
    readonly settings: EventsSettings;
    readonly onLoss?: OnLoss;
  },
): Promise<EventBus> {
  const { settings, onLoss = () => {} } = options;
  const { keep, most } = settings;
  const bus = await openUntrimmed({ ...options, location: settings.bus, stream: settings.stream, sync: settings.sync });
  // What could not be done now is done the next time.
  const trim = (): Promise<void> =>
    bus.trim({ keep, most }).then(
      (losses) => {
        if (losses.length > 0) onLoss(losses);
      },
      () => {},
    );
  const trimming = setInterval(() => void trim(), trimEvery).unref();
  return {
    publish: (events) => bus.publish(events),
    consume: (subscription, handle) => bus.consume(subscription, handle),
    read: (query) => bus.read(query),
    deadLetters: (group) => bus.deadLetters(group),
    revive: (ids) => bus.revive(ids),
    rewind: (group, since, types) => bus.rewind(group, since, types),
    groups: () => bus.groups(),
    close: () => {
      clearInterval(trimming);
      return bus.close();
    },
  };
}

/** The same, of which somebody else keeps the size. */
export async function openUntrimmed(options: BusOptions): Promise<TrimmedBus> {
  const { location, stream, clock = Date, sync, lease = 10_000, worker } = options;
  switch (location.kind) {
    case 'memory':
      return new MemoryBus(clock);
    case 'sqlite':
      return openSqliteBus({ path: location.path, clock, sync, lease, ...(worker && { worker }) });
    case 'redis': {
      const { openRedisBus } = await import('./redis.ts');
      return openRedisBus({ url: location.url, stream, clock, lease });
    }
    case 'kafka': {
      const { openKafkaBus } = await import('./kafka.ts');
      return openKafkaBus({ brokers: location.brokers, stream, clock, lease });
    }
  }
}
