import type { Clock, EventSink, Sweeper } from '../ports.ts';
import type { Governor } from './governor.ts';
import type { Comparer, Tallies } from './pair.ts';
import type { Room } from './room.ts';
import type { Faultable } from './safe-tap.ts';

/** What all shadows of one proxy share, whatever the settings. */
export interface Works {
  readonly comparer: Comparer;
  readonly tallies: Tallies;
  readonly events: EventSink;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly chance: () => number;
  readonly sweep: Sweeper;
  readonly room: Room;
  readonly governor: Governor;
  readonly queue: AfterPrimary;
  /** Requests that are shadowed and not counted yet. */
  readonly open: Set<{ drop(): void }>;
  /** Second looks that have been asked for and not answered. */
  readonly looks: Set<{ drop(): void }>;
  /** The proxy has gone: what is still told is not heard. */
  closed: boolean;
}

/** Something to be begun once its primary is on its way. */
export interface Startable extends Faultable {
  start(): void;
}

/** Begins shadows behind everything that the event loop has for callers in this turn: one immediate for all of them. */
export class AfterPrimary {
  #next: Startable[] = [];
  readonly #run = (): void => {
    const due = this.#next;
    this.#next = [];
    for (const each of due) {
      try {
        each.start();
      } catch (error) {
        each.onFault(error);
      }
    }
  };

  push(each: Startable): void {
    if (this.#next.push(each) === 1) setImmediate(this.#run);
  }
}
