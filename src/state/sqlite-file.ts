import { type Stats, statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { explain, unavailable } from './sqlite-errors.ts';
import type { DatabaseKind } from './sqlite-kind.ts';
import { openDatabase } from './sqlite-open.ts';

/**
 * The database that stands at a path. An open handle keeps working on a file that was deleted or replaced, and
 * what is written there is lost: so each use looks whether the path still leads to the same file.
 */
export class SqliteFile {
  readonly path: string;
  readonly #kind: DatabaseKind;
  readonly #busyTimeout: number;
  #database: Database;
  #stats: Stats;
  #opened = 1;

  constructor(path: string, kind: DatabaseKind, busyTimeout: number) {
    this.path = path;
    this.#kind = kind;
    this.#busyTimeout = busyTimeout;
    this.#database = openDatabase(path, kind, busyTimeout);
    this.#stats = statSync(path);
  }

  use<T>(work: (database: Database) => T): T {
    try {
      return work(this.#current());
    } catch (error) {
      throw explain(error, this.path, this.#kind);
    }
  }

  /** Differs from what it was when anyone else may have changed the rows. */
  version(): string {
    const version = this.use((database) => database.pragma('data_version', { simple: true }));
    return `${this.#opened}.${version}`;
  }

  /**
   * Throws while nothing can be written. A new connection is what tries it, and is kept when it succeeds: SQLite
   * looks only when it opens a file whether it may be written.
   */
  proveWritable(): void {
    this.use(() => {
      const fresh = openDatabase(this.path, this.#kind, this.#busyTimeout);
      try {
        fresh.pragma(`user_version = ${this.#kind.migrations.length}`);
      } catch (error) {
        fresh.close();
        throw error;
      }
      this.#replaceBy(fresh);
    });
  }

  close(): void {
    this.#database.close();
  }

  #current(): Database {
    const stats = this.#look();
    if (stats.ino !== this.#stats.ino || stats.dev !== this.#stats.dev) {
      this.#replaceBy(openDatabase(this.path, this.#kind, this.#busyTimeout));
    }
    return this.#database;
  }

  #replaceBy(fresh: Database): void {
    const old = this.#database;
    this.#database = fresh;
    this.#stats = this.#look();
    this.#opened += 1;
    old.close();
  }

  #look(): Stats {
    try {
      return statSync(this.path);
    } catch (error) {
      const why = `the file is gone; ${this.#kind.onceGone} (${(error as Error).message})`;
      throw unavailable(this.path, this.#kind, why, error);
    }
  }
}
