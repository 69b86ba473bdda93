import type { Database } from 'better-sqlite3';
import { cursorOf, type ExportPage, type ExportQuery } from './query.ts';

type Key = string | number;

/** A table whose rows are exported; it has an `updated_at`, and an index on it. */
export interface Exported<Row> {
  readonly table: string;
  /** Its key's column: a number, or a text. */
  readonly key: string;
  /** A condition that holds for the rows of the order `@order`. */
  readonly ofOrder: string;
  /** `undefined` where the row has gone meanwhile. */
  row(key: never): Row | undefined;
}

/** Reads pages in the order of (updated_at, key): a row that changes is handed out again, behind all others. */
export function exportReader<Row>(db: Database, { table, key, ofOrder, row }: Exported<Row>) {
  const columns = `SELECT ${key} AS key, updated_at AS at FROM ${table}`;
  const inOrder = `ORDER BY updated_at, ${key} LIMIT @limit`;
  type Found = { readonly key: Key; readonly at: string };
  const behind = `WHERE (updated_at, ${key}) > (@at, @key)`;
  const page = db.prepare<{ at: string; key: Key; limit: number }, Found>(`${columns} ${behind} ${inOrder}`);
  // Where a page begins with a time, it begins with all rows of that time.
  const pageFrom = db.prepare<{ at: string; limit: number }, Found>(`${columns} WHERE updated_at >= @at ${inOrder}`);
  const count = db.prepare<{ at: string; key: Key }, { rows: number }>(
    `SELECT count(*) AS rows FROM ${table} ${behind}`,
  );
  const named = db.prepare<{ ids: string; limit: number }, Found>(
    // Ids come as text; a column of numbers makes numbers of them.
    `${columns} WHERE ${key} IN (SELECT value FROM json_each(@ids)) ${inOrder}`,
  );
  const concerning = db.prepare<{ order: number; limit: number }, Found>(`${columns} WHERE ${ofOrder} ${inOrder}`);

  const find = ({ from, ids, order }: ExportQuery, limit: number): Found[] => {
    if (ids) return named.all({ ids: JSON.stringify(ids), limit });
    if (order !== null) return concerning.all({ order, limit });
    const { at, key: last } = from ?? { at: '', key: null };
    return last === null ? pageFrom.all({ at, limit }) : page.all({ at, key: last, limit });
  };

  return (query: ExportQuery): ExportPage<Row> => {
    const found = find(query, query.limit + 1);
    const shown = found.slice(0, query.limit);
    const end = shown.at(-1) ?? query.from;
    return {
      rows: shown.map((each) => row(each.key as never)).filter((each) => each !== undefined),
      next: end && cursorOf(end),
      more: found.length > shown.length,
      ...(query.count ? { left: shown.length === 0 ? 0 : count.get(shown.at(-1)!)!.rows } : {}),
    };
  };
}
