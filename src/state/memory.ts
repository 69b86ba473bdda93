import { applyChange } from '../domain/apply.ts';
import { byRoute } from '../domain/draft.ts';
import type { Change, Contents, HistoryEntry, LiveRoute, Outcome } from '../domain/live.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import { StateError } from '../domain/state-error.ts';
import type { Clock, ContentsListener, HistoryQuery, State } from '../ports.ts';
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
  #contents: Contents;
  #open = true;

  constructor(clock: Clock, initial: readonly LiveRoute[]) {
    this.#clock = clock;
    this.#contents = { live: [...initial].sort(byRoute), rollouts: [] };
  }

  async read(): Promise<readonly LiveRoute[]> {
    this.#mustBeOpen();
    return this.#contents.live;
  }

  async rollouts(): Promise<readonly Rollout[]> {
    this.#mustBeOpen();
    return this.#contents.rollouts;
  }

  async change(change: Change): Promise<Outcome> {
    this.#mustBeOpen();
    const before = this.#contents;
    const outcome = applyChange(before, change, this.#clock.now());
    const live = unlessSame(before.live, outcome.live);
    const rollouts = unlessSame(before.rollouts, outcome.rollouts);
    this.#contents = { live, rollouts };
    this.#history.push(...outcome.entries);
    if (live !== before.live || rollouts !== before.rollouts) this.#watchers.contents(this.#contents);
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

  watch(listener: ContentsListener, onTrouble?: (error: Error | null) => void): () => void {
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

/** What a change did not touch is the same object before and after it. */
function unlessSame<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  return after.length === before.length && after.every((each, index) => each === before[index]) ? before : after;
}
