import type { Contents } from '../domain/live.ts';
import type { ContentsListener } from '../ports.ts';

interface Watcher {
  readonly onContents: ContentsListener;
  readonly onTrouble: ((error: Error | null) => void) | undefined;
  told: Error | null;
}

/** Who is told of new rows and rollouts, and of trouble. Trouble is told when it begins, changes and ends, not in between. */
export class Watchers {
  readonly #all = new Set<Watcher>();
  #trouble: Error | null = null;

  add(onContents: ContentsListener, onTrouble?: Watcher['onTrouble']): () => void {
    const watcher: Watcher = { onContents, onTrouble, told: null };
    this.#all.add(watcher);
    queueMicrotask(() => this.#tell(watcher));
    return () => {
      this.#all.delete(watcher);
    };
  }

  contents({ live, rollouts }: Contents): void {
    for (const watcher of this.#all) watcher.onContents(live, rollouts);
  }

  trouble(error: Error | null): void {
    this.#trouble = error;
    for (const watcher of this.#all) this.#tell(watcher);
  }

  clear(): void {
    this.#all.clear();
  }

  #tell(watcher: Watcher): void {
    if (!this.#all.has(watcher) || watcher.told?.message === this.#trouble?.message) return;
    watcher.told = this.#trouble;
    watcher.onTrouble?.(this.#trouble);
  }
}
