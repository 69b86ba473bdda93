import type { Database } from 'better-sqlite3';
import { applyChange } from '../domain/apply.ts';
import type { Change, HistoryEntry, LiveRoute, Outcome } from '../domain/live.ts';
import { StateError } from '../domain/state-error.ts';
import type { HistoryQuery } from '../ports.ts';
import type { Holder } from './answer.ts';
import { SqliteFile } from './sqlite-file.ts';
import { appendHistory, readHistory, readLive, writeLive } from './sqlite-rows.ts';
import { control } from './sqlite-schema.ts';
import { Watchers } from './watchers.ts';

/** The state on SQLite, in the thread that may wait for a disk. */
export class SqliteStore implements Holder {
  readonly #file: SqliteFile;
  readonly #watchers = new Watchers();
  /** The file's version when its rows were last read, and those rows. */
  #version: string;
  #published: string;
  /** Reading proves nothing about writing: after a change that failed, only a write that succeeds ends the trouble. */
  #unwritable = false;

  constructor(path: string, busyTimeout: number) {
    this.#file = new SqliteFile(path, control, busyTimeout);
    this.#version = this.#file.version();
    this.#published = textOf(this.read());
  }

  read(): readonly LiveRoute[] {
    return this.#file.use(readLive);
  }

  history(query: HistoryQuery): readonly HistoryEntry[] {
    return this.#file.use((database) => readHistory(database, query));
  }

  change(change: Change, now = Date.now()): Outcome {
    try {
      const outcome = this.#file.use((database) => changeWithin(database, change, now));
      this.#publish(outcome.live);
      return outcome;
    } catch (error) {
      if (error instanceof StateError) this.#fail(error);
      throw error;
    }
  }

  watch(onLive: (live: readonly LiveRoute[]) => void, onTrouble?: (error: Error | null) => void): () => void {
    return this.#watchers.add(onLive, onTrouble);
  }

  /** To be called every now and then: looks for changes that other processes made, and whether trouble is over. */
  poll(): void {
    try {
      if (this.#unwritable) this.#file.proveWritable();
      this.#unwritable = false;
      const version = this.#file.version();
      if (version !== this.#version) this.#publish(this.read());
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

  #publish(live: readonly LiveRoute[]): void {
    const rows = textOf(live);
    if (rows === this.#published) return;
    this.#published = rows;
    this.#watchers.live(live);
  }
}

/** The same for the same rows, in whichever order their fields were set. */
function textOf(live: readonly LiveRoute[]): string {
  return JSON.stringify(live.map((row) => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The lock is taken before the rows are read, so that changes of several processes come one after the other. */
function changeWithin(database: Database, change: Change, now: number): Outcome {
  return database
    .transaction(() => {
      const before = readLive(database);
      const outcome = applyChange(before, change, now);
      writeLive(database, before, outcome.live);
      appendHistory(database, outcome.entries);
      return outcome;
    })
    .immediate();
}
