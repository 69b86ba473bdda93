import type { Database } from 'better-sqlite3';

/** Copies what the monolith changed at or after `since` (an ISO time; '' is the beginning of time). */
export type CopyChanges = (since: string) => void;

export interface CatchUp {
  stop(): void;
}

const every = 250;
/** Read again, every time: a clock may be set back a little, and a row that is copied twice is still one row. */
const overlap = 60_000;

/**
 * Fills the service's database from the monolith's, now and after every commit there, for as long as the
 * monolith owns the writes. The first run, on an empty database, is the hydration.
 */
export function keepUp(monolith: Database, newest: () => string | null, copyChanges: CopyChanges): CatchUp {
  let seen: unknown;
  const look = (): void => {
    // Moves on whenever another connection has committed: an idle monolith costs one cheap question.
    const version = monolith.pragma('data_version', { simple: true });
    if (version === seen) return;
    const known = newest();
    const since = known === null ? '' : new Date(Date.parse(known) - overlap).toISOString();
    monolith.transaction(() => copyChanges(since))();
    seen = version;
  };

  look();
  const timer = setInterval(() => {
    try {
      look();
    } catch (error) {
      // What is known keeps being served; the next look tries again.
      console.error(`can't read the monolith's database: ${(error as Error).message}`);
    }
  }, every);
  return { stop: () => clearInterval(timer) };
}
