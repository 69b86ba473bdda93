import type { Database } from 'better-sqlite3';
import { applyChange } from '../domain/apply.ts';
import type { Change, Contents, HistoryEntry, LiveRoute, Outcome } from '../domain/live.ts';
import { isProgress } from '../domain/rollout/become.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import { StateError } from '../domain/state-error.ts';
import type { ContentsListener, HistoryQuery } from '../ports.ts';
import { SqliteFile } from '../sqlite/file.ts';
import type { Holder } from './answer.ts';
import {
  appendHistory,
  readHistory,
  readLive,
  readRollout,
  readRollouts,
  writeLive,
  writeRollouts,
} from './sqlite-rows.ts';
import { control } from './sqlite-schema.ts';
import { Watchers } from './watchers.ts';

/** The state on SQLite, in the thread that may wait for a disk. */
export class SqliteStore implements Holder {
  readonly #file: SqliteFile;
  readonly #watchers = new Watchers();
  /** The file's version when its contents were last read, and what the watchers know of them. */
  #version: string;
  #published: Published;
  /** Reading proves nothing about writing: after a change that failed, only a write that succeeds ends the trouble. */
  #unwritable = false;

  constructor(path: string, busyTimeout: number) {
    this.#file = new SqliteFile(path, control, busyTimeout);
    this.#version = this.#file.version();
    this.#published = publishedOf(this.#file.use(readContents));
  }

  read(): readonly LiveRoute[] {
    return this.#file.use(readLive);
  }

  rollouts(): readonly Rollout[] {
    return this.#file.use(readRollouts);
  }

  history(query: HistoryQuery): readonly HistoryEntry[] {
    return this.#file.use((database) => readHistory(database, query));
  }

  change(change: Change, now = Date.now()): Outcome {
    try {
      return this.#file.use((database) => {
        if (isMereProgress(database, change)) return this.#holdOn(database, change, now);
        const outcome = changeWithin(database, change, now);
        return { ...outcome, ...this.#publish(outcome) };
      });
    } catch (error) {
      if (error instanceof StateError) this.#fail(error);
      throw error;
    }
  }

  watch(onContents: ContentsListener, onTrouble?: (error: Error | null) => void): () => void {
    return this.#watchers.add(onContents, onTrouble);
  }

  /** To be called every now and then: looks for changes that other processes made, and whether trouble is over. */
  poll(): void {
    try {
      if (this.#unwritable) this.#file.proveWritable();
      this.#unwritable = false;
      const version = this.#file.version();
      if (version !== this.#version) this.#publish(this.#file.use(readContents));
      this.#version = version;
      this.#watchers.trouble(null);
    } catch (error) {
      this.#watchers.trouble(error as Error);
    }
  }

  close(): void {
    this.#file.close();
  }

  #fail(error: StateError): void {
    this.#unwritable = true;
    this.#watchers.trouble(error);
  }

  /** Rows are neither read nor compared: there may be thousands, and it comes every few seconds. */
  #holdOn(database: Database, change: Change, now: number): Outcome {
    const outcome = withoutSync(database, () => progressWithin(database, change, now));
    const { live, rows } = this.#published;
    this.#tell({ live, rows, rollouts: outcome.rollouts, plans: JSON.stringify(outcome.rollouts) });
    return { ...outcome, live };
  }

  /** Rows that say the same keep their identity, by which watchers see that only rollouts have changed. */
  #publish(contents: Contents): Contents {
    const next = publishedOf(contents);
    this.#tell(next.rows === this.#published.rows ? { ...next, live: this.#published.live } : next);
    return { live: this.#published.live, rollouts: this.#published.rollouts };
  }

  #tell(next: Published): void {
    const before = this.#published;
    this.#published = next;
    if (next.live !== before.live || next.plans !== before.plans) this.#watchers.contents(next);
  }
}

/** Contents with their text, to tell whether others say the same. */
interface Published extends Contents {
  readonly rows: string;
  readonly plans: string;
}

function publishedOf({ live, rollouts }: Contents): Published {
  return { live, rollouts, rows: textOf(live), plans: JSON.stringify(rollouts) };
}

/** The same for the same rows, in whichever order their fields were set. */
function textOf(live: readonly LiveRoute[]): string {
  return JSON.stringify(live.map((row) => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** In one transaction: no change of another process comes in between. */
function readContents(database: Database): Contents {
  return database.transaction(() => contentsOf(database))();
}

function contentsOf(database: Database): Contents {
  return { live: readLive(database), rollouts: readRollouts(database) };
}

/** The lock is taken before anything is read, so that changes of several processes come one after the other. */
function changeWithin(database: Database, change: Change, now: number): Outcome {
  return database
    .transaction(() => {
      const before = contentsOf(database);
      const outcome = applyChange(before, change, now);
      writeLive(database, before.live, outcome.live);
      writeRollouts(database, before.rollouts, outcome.rollouts);
      appendHistory(database, outcome.entries);
      return outcome;
    })
    .immediate();
}

/** Where no route moves, none has to be known. */
function progressWithin(database: Database, change: Change, now: number): Outcome {
  return database
    .transaction(() => {
      const before = readRollouts(database);
      const outcome = applyChange({ live: [], rollouts: before }, change, now);
      writeRollouts(database, before, outcome.rollouts);
      return outcome;
    })
    .immediate();
}

/**
 * Whether the change says no more than how long a rollout has held. Should somebody else change it in between, the
 * version is another one and nothing is changed at all.
 */
function isMereProgress(database: Database, change: Change): boolean {
  if (change.kind !== 'rollout') return false;
  const stored = readRollout(database, change.name);
  return stored !== null && stored.version === change.version && isProgress(stored, change.to);
}

/**
 * It comes every few seconds, and a power cut that takes the last of them costs a rollout those seconds: the disk is
 * not waited for. The process being killed loses nothing even so.
 */
function withoutSync<T>(database: Database, work: () => T): T {
  database.pragma('synchronous = NORMAL');
  try {
    return work();
  } finally {
    database.pragma(`synchronous = ${control.synchronous}`);
  }
}
