import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { explain, unavailable } from './errors.ts';
import type { DatabaseKind } from './kind.ts';
import { openDatabase } from './open.ts';

/**
 * The database that stands at a path. An open handle keeps working on a file that was deleted or replaced, and
 * what is written there is lost: so each use looks whether the path still leads to the same file, and to the log
 * beside it, into which all writes go first.
 */
export class SqliteFile {
  readonly path: string;
  readonly #kind: DatabaseKind;
  readonly #busyTimeout: number;
  #open: Open | null;
  #opened = 1;

  constructor(path: string, kind: DatabaseKind, busyTimeout: number) {
    this.path = path;
    this.#kind = kind;
    this.#busyTimeout = busyTimeout;
    this.#open = this.#openAnew();
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
    this.use((old) => {
      const fresh = this.#openAnew();
      try {
        fresh.database.pragma(`user_version = ${this.#kind.migrations.length}`);
      } catch (error) {
        fresh.database.close();
        throw error;
      }
      this.#keep(fresh);
      old.close();
    });
  }

  close(): void {
    this.#open?.database.close();
  }

  /**
   * A handle whose file was away is given up at once, before another is opened: should the same file come back, the
   * old one's log may be gone, and two handles of one process on one file would share it.
   */
  #current(): Database {
    if (this.#open !== null && this.#place() !== this.#open.place) {
      this.#open.database.close();
      this.#open = null;
    }
    if (this.#open === null) {
      this.#mustBeThere();
      this.#keep(this.#openAnew());
    }
    return (this.#open as Open).database;
  }

  #openAnew(): Open {
    const database = openDatabase(this.path, this.#kind, this.#busyTimeout);
    return { database, place: this.#place() };
  }

  #keep(fresh: Open): void {
    this.#open = fresh;
    this.#opened += 1;
  }

  /** What the path and the log beside it lead to; the log is there as long as anyone has the database open. */
  #place(): string {
    const [file, log] = [this.path, `${this.path}-wal`].map((path) => statSync(path, { throwIfNoEntry: false }));
    return `${file?.dev}:${file?.ino} ${log?.ino}`;
  }

  /** Opening would make the file where there is none: empty, and with nobody told that the old one is gone. */
  #mustBeThere(): void {
    try {
      statSync(this.path);
    } catch (error) {
      const why = `the file is gone; ${this.#kind.onceGone} (${(error as Error).message})`;
      throw unavailable(this.path, this.#kind, why, error);
    }
  }
}

interface Open {
  readonly database: Database;
  /** What its path led to when it was opened. */
  readonly place: string;
}
