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

/** Begun in one turn of the event loop, at least; and the share of those that wait, so that they can't pile up. */
const fewest = 4;
const shareOfTurn = 1 / 4;

/** Begins shadows behind everything that the event loop has for callers, a few in each of its turns. */
export class AfterPrimary {
  readonly #waiting: Startable[] = [];
  #due = false;
  readonly #run = (): void => {
    this.#due = false;
    const begun = this.#waiting.splice(0, Math.max(fewest, Math.ceil(this.#waiting.length * shareOfTurn)));
    for (const each of begun) {
      try {
        each.start();
      } catch (error) {
        each.onFault(error);
      }
    }
    if (this.#waiting.length > 0) this.#runLater();
  };

  push(each: Startable): void {
    this.#waiting.push(each);
    this.#runLater();
  }

  #runLater(): void {
    if (!this.#due) setImmediate(this.#run);
    this.#due = true;
  }
}
