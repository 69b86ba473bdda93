import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { driverName, sqliteDriver } from './driver.ts';
import { corrupt, explain, foreign, newer, unavailable } from './errors.ts';
import type { DatabaseKind } from './kind.ts';

/**
 * Opens a database of ours, or makes it. Nothing is written before the file is known to be ours: the path may
 * be a slip that names somebody else's database.
 */
export function openDatabase(path: string, kind: DatabaseKind, busyTimeout: number): Database {
  let database: Database | null = null;
  try {
    makeFolder(path, kind);
    const opened = connect(path, kind, busyTimeout);
    database = opened;
    // All that it looks at as of one moment: another process may be making the schema.
    opened.transaction(() => mustBeOurs(opened, path, kind))();
    if (kind.shrinks && versionOf(database) === 0) database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${kind.synchronous}`);
    migrate(database, path, kind);
    if (kind.checkedWhole) mustBeSound(database, path, kind);
    return database;
  } catch (error) {
    database?.close();
    throw explain(error, path, kind);
  }
}

function connect(path: string, kind: DatabaseKind, timeout: number): Database {
  try {
    return new (sqliteDriver())(path, { timeout });
  } catch (error) {
    // Of the package and its binary one may be missing: neither is SQLite's own complaint about the file.
    if ((error as Error).name === 'SqliteError') throw error;
    const why = (error as Error).message.split(/\.? *(?:Tried:)?\n/, 1)[0];
    const way = `install with optional dependencies and install scripts, or ${kind.withoutDriver}`;
    throw unavailable(path, kind, `${driverName} can't be loaded (${why}); ${way}`, error);
  }
}

function makeFolder(path: string, kind: DatabaseKind): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    const [why] = (error as Error).message.split(', mkdir');
    const way = `let this user make it, or name another place under "${kind.section}" in routes.yaml`;
    throw unavailable(path, kind, `its folder cannot be made (${why}): ${way}`, error);
  }
}

function mustBeOurs(database: Database, path: string, kind: DatabaseKind): void {
  const id = database.pragma('application_id', { simple: true });
  const version = database.pragma('user_version', { simple: true }) as number;
  if (id === kind.applicationId) {
    if (version > kind.migrations.length) throw newer(path, kind, version);
    return;
  }
  const objects = database.prepare('SELECT count(*) FROM sqlite_master').pluck().get();
  if (id !== 0 || version !== 0 || objects !== 0) throw foreign(path, kind, 'it is a database of another application');
}

/** Under the write lock from its first look, since several processes may start at once. */
function migrate(database: Database, path: string, kind: DatabaseKind): void {
  const { applicationId, migrations } = kind;
  if (versionOf(database) === migrations.length) return;
  database
    .transaction(() => {
      mustBeOurs(database, path, kind);
      for (const step of migrations.slice(versionOf(database))) database.exec(step);
      database.pragma(`application_id = ${applicationId}`);
      database.pragma(`user_version = ${migrations.length}`);
    })
    .immediate();
}

function versionOf(database: Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

function mustBeSound(database: Database, path: string, kind: DatabaseKind): void {
  const verdict = database.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') throw corrupt(path, kind, String(verdict).replaceAll('\n', ' '));
}
