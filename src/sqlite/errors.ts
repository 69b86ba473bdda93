import type { SqliteError } from 'better-sqlite3';
import { StateError } from '../domain/state-error.ts';
import type { DatabaseKind } from './kind.ts';

/** Puts what SQLite says into words that name the file and the way out. Anything else passes as it is. */
export function explain(error: unknown, path: string, kind: DatabaseKind): unknown {
  if (!isSqliteError(error)) return error;
  const { code, message } = error;
  if (code === 'SQLITE_NOTADB') return foreign(path, kind, 'it is not a SQLite database', error);
  // The SQL is fixed and has run before: an error in it means that a table is not what the schema made.
  if (code === 'SQLITE_ERROR' || code.startsWith('SQLITE_CORRUPT')) return corrupt(path, kind, message, error);
  return unavailable(path, kind, `${sentences.get(code.split('_', 2).join('_')) ?? message} (${code})`, error);
}

/** By its name: the class belongs to whichever driver was loaded. */
function isSqliteError(error: unknown): error is InstanceType<typeof SqliteError> {
  return error instanceof Error && error.name === 'SqliteError';
}

const sentences: ReadonlyMap<string, string> = new Map([
  ['SQLITE_FULL', 'the disk is full: make room'],
  ['SQLITE_READONLY', 'it may only be read: let this user write the file and its folder'],
  ['SQLITE_BUSY', 'another process has kept it locked: end the one that holds it'],
  ['SQLITE_CANTOPEN', 'it cannot be opened: see that the folder exists and that this user may write in it'],
]);

export function foreign(path: string, { fullName, elsewhere }: DatabaseKind, why: string, cause?: unknown): StateError {
  return new StateError('foreign', `${path} is not ${fullName}: ${why}; ${elsewhere}`, { cause });
}

export function newer(path: string, { migrations, elsewhere }: DatabaseKind, version: number): StateError {
  const what = `${path} was written by a newer strangler (schema ${version}, this one knows ${migrations.length})`;
  return new StateError('newer', `${what}; upgrade this one, or ${elsewhere}`);
}

export function corrupt(path: string, { afterDamage }: DatabaseKind, why: string, cause?: unknown): StateError {
  return new StateError('corrupt', `${path} is damaged: ${why}; ${afterDamage}`, { cause });
}

export function unavailable(path: string, { called }: DatabaseKind, why: string, cause?: unknown): StateError {
  return new StateError('unavailable', `the ${called} ${path} is unavailable: ${why}`, { cause });
}
