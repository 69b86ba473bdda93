import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { Sqlite } from '../../example/process/sqlite.ts';
import { schema } from './schema.ts';
import { seed } from './seed.ts';

/** Opens the shop's database and seeds it when it is new; `:memory:` is a shop that forgets. */
export function openDatabase(file: string): Database {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const db = new Sqlite(file);
  // WAL, so that whoever reads along (a report, a backup) never holds up a checkout.
  db.pragma('journal_mode = WAL');
  db.pragma('foreign_keys = ON');
  db.exec(schema);
  if (db.prepare('SELECT 1 FROM products').get() === undefined) seed(db);
  return db;
}
