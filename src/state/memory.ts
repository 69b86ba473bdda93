import { applyChange } from '../domain/apply.ts';
import { byRoute } from '../domain/draft.ts';
import type { Change, HistoryEntry, LiveRoute, Outcome } from '../domain/live.ts';
import { StateError } from '../domain/state-error.ts';
import type { Clock, HistoryQuery, State } from '../ports.ts';
import { pageSize } from './page-size.ts';
import { Watchers } from './watchers.ts';

/** A state that ends with its process. */
export function memoryState(clock: Clock, initial: readonly LiveRoute[] = []): State {
  return new MemoryState(clock, initial);
}

class MemoryState implements State {
  readonly #clock: Clock;
  readonly #history: HistoryEntry[] = [];
  readonly #watchers = new Watchers();
  #rows: readonly LiveRoute[];
  #open = true;

  constructor(clock: Clock, initial: readonly LiveRoute[]) {
    this.#clock = clock;
    this.#rows = [...initial].sort(byRoute);
  }

  async read(): Promise<readonly LiveRoute[]> {
    this.#mustBeOpen();
    return this.#rows;
  }

  async change(change: Change): Promise<Outcome> {
    this.#mustBeOpen();
    const before = this.#rows;
    const outcome = applyChange(before, change, this.#clock.now());
    this.#rows = outcome.live;
    this.#history.push(...outcome.entries);
    const same = outcome.live.length === before.length && outcome.live.every((row, index) => row === before[index]);
    if (!same) this.#watchers.live(outcome.live);
    return outcome;
  }

  async history({ route, since, limit }: HistoryQuery): Promise<readonly HistoryEntry[]> {
    this.#mustBeOpen();
    return this.#history
      .filter((entry) => route === undefined || entry.route === route)
      .filter((entry) => since === undefined || Date.parse(entry.at) >= since)
      .reverse()
      .slice(0, pageSize(limit));
  }

  watch(listener: (live: readonly LiveRoute[]) => void, onTrouble?: (error: Error | null) => void): () => void {
    return this.#watchers.add(listener, onTrouble);
  }

  async close(): Promise<void> {
    this.#open = false;
    this.#watchers.clear();
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new StateError('closed', 'the state has been closed');
  }
}
