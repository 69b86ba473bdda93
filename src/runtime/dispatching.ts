/** What takes events from the outbox to the bus: one for each proxy, in the process that follows the state. */
import { openBus } from '../bus/open.ts';
import type { OnLoss } from '../bus/retention.ts';
import type { Settings } from '../domain/settings.ts';
import { Dispatcher } from '../outbox/dispatcher.ts';
import type { HandedOver } from '../outbox/handing.ts';
import type { BusFigures, Clock, EventBus, EventSink } from '../ports.ts';
import { busFigures } from './bus-figures.ts';
import { createOutboxDoor, type OutboxDoor } from './outbox-door.ts';

/** ms that a stop waits for the bus; what it has not taken by then stays in the outbox. */
const deliverWithin = 2_000;

export interface Dispatching {
  readonly outbox: OutboxDoor;
  /** Called with what is in force each time it has changed. */
  apply(settings: Settings): void;
  /** There may be something to take. */
  readonly wake: () => void;
  /** Called with what a process has told that has no outbox of its own. */
  readonly onHandedOver: (what: HandedOver) => void;
  /** Events that the bus has taken from here. */
  readonly delivered: number;
  /** How the bus stands, asked just now; `null` where nothing has been published yet, and no bus opened. */
  busFigures(): Promise<BusFigures | null>;
  stop(): Promise<void>;
}

export function createDispatching({
  events,
  clock,
}: {
  readonly events: EventSink;
  readonly clock: Clock;
}): Dispatching {
  const outbox = createOutboxDoor(clock);
  let inForce: Settings | null = null;
  let opening: Promise<EventBus> | null = null;
  let bus: EventBus | null = null;
  /** It looks several times a second: only where there is an outbox to look into. */
  let dispatcher: Dispatcher | null = null;
  const startDispatcher = () =>
    new Dispatcher({
      outbox,
      events,
      async openBus() {
        const onLoss: OnLoss = (losses) => {
          for (const { group, events: count } of losses) events.emit({ type: 'events.lost', group, events: count });
        };
        opening = openBus({ settings: inForce!.events, clock, onLoss });
        bus = await opening;
        return bus;
      },
    });

  return {
    outbox,
    apply(settings) {
      inForce = settings;
      outbox.apply(settings);
      if (outbox.isOpen) dispatcher ??= startDispatcher();
    },
    wake: () => dispatcher?.wake(),
    onHandedOver({ events: told, uncertain }) {
      const lose = (error: Error): void => {
        for (const { type } of told) events.emit({ type: 'event.lost', route: '-', event: type, error: error.message });
      };
      if (told.length > 0) outbox.add(told).then(() => dispatcher?.wake(), lose);
      for (const { intents, reason } of uncertain) outbox.leaveOpen(intents, reason).catch(() => {});
    },
    get delivered() {
      return dispatcher?.delivered ?? 0;
    },
    async busFigures() {
      if (bus !== null) return busFigures(bus);
      return opening !== null ? { up: false, groups: [] } : null;
    },
    async stop() {
      await dispatcher?.close(deliverWithin);
      if (bus !== null) await bus.close();
      // It may be there once everything else has ended: what it holds open would keep the process from its end.
      else void opening?.then((late: EventBus) => late.close()).catch(() => {});
      await outbox.close();
    },
  };
}
