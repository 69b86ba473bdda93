import type { Database } from 'better-sqlite3';

/** The same function, all or nothing; inside of another one it is a part of that. */
export function inTransaction<Given extends unknown[], Result>(
  db: Database,
  change: (...given: Given) => Result,
): (...given: Given) => Result {
  return db.transaction(change);
}
