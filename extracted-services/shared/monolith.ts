import { existsSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { Sqlite } from '../../example/process/sqlite.ts';

/**
 * The monolith's database, read-only: its API shows pages of what is public, and asking it for everything would
 * be load on the very system that must not notice. A reader of a WAL database holds up no writer.
 */
export function openMonolith(file: string): Database {
  if (!existsSync(file))
    throw new Error(`there is no ${file}; start the monolith first, or name its database with --from`);
  return new Sqlite(file, { readonly: true });
}
