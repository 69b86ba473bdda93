import { existsSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { SqliteFile } from './file.ts';
import type { DatabaseKind } from './kind.ts';

/**
 * A file that is opened once something is asked of it, and anew after anything failed: SQLite looks only when it opens
 * one whether it is sound and may be written. A file that can't be used fails what is asked, and nothing else.
 */
export class ReopenedFile {
  readonly #path: string;
  readonly #kind: DatabaseKind;
  readonly #busyTimeout: number;
  #file: SqliteFile | null = null;

  constructor(path: string, kind: DatabaseKind, busyTimeout: number) {
    this.#path = path;
    this.#kind = kind;
    this.#busyTimeout = busyTimeout;
  }

  /** Whether there is anything to look at: to look must not make a file where nothing was ever written. */
  get isThere(): boolean {
    return this.#file !== null || existsSync(this.#path);
  }

  get isOpen(): boolean {
    return this.#file !== null;
  }

  use<T>(work: (database: Database) => T): T {
    try {
      this.#file ??= new SqliteFile(this.#path, this.#kind, this.#busyTimeout);
      return this.#file.use(work);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** In one transaction, which takes the lock before anything is read. */
  change<T>(work: (database: Database) => T): T {
    return this.use((database) => database.transaction(() => work(database)).immediate());
  }

  /** Until it is used again. */
  close(): void {
    const file = this.#file;
    this.#file = null;
    try {
      file?.close();
    } catch {
      // What can't even be closed is not used again.
    }
  }
}
