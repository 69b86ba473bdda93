import { setTimeout as sleep } from 'node:timers/promises';
import { StateError } from '../domain/state-error.ts';
import type { DomainEvent, EventSink } from '../ports.ts';
import type { Order } from './accord.ts';

/** ms until a state that could not take a stop is asked again. */
const askAgainAfter = 1000;

/**
 * Makes it last when a mirror stops a shadow that does harm: it stays off in every proxy and after a restart. While the
 * state can't take that, the mirror that stopped it keeps it off by itself.
 */
export function withLastingStops(events: EventSink, change: (order: Order) => Promise<unknown>): EventSink {
  const pending = new Set<string>();

  async function turnOff({ route, reason }: Extract<DomainEvent, { type: 'shadow.stopped' }>): Promise<void> {
    if (pending.has(route)) return;
    pending.add(route);
    const order: Order = { kind: 'shadow', routes: [route], percent: 0, source: 'guard', who: 'strangler', reason };
    while (!(await change(order).then(done, isFinal))) await sleep(askAgainAfter, undefined, { ref: false });
    pending.delete(route);
  }

  return {
    emit(event) {
      events.emit(event);
      if (event.type === 'shadow.stopped') void turnOff(event);
    },
  };
}

const done = (): boolean => true;

/** A state that has been closed takes nothing any more. */
const isFinal = (error: unknown): boolean => error instanceof StateError && error.code === 'closed';
