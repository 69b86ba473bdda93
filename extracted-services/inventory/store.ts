import type { Database } from 'better-sqlite3';
import { openHeld } from './held.ts';

export interface Stock {
  readonly sku: string;
  readonly onHand: number;
  readonly reorderPoint: number;
  readonly locations: readonly string[];
  readonly version: number;
  readonly updatedAt: string;
}

type Row = Omit<Stock, 'locations'>;

export type StockStore = ReturnType<typeof openStock>;

/** Stock by sku, and where it lies: a table of its own here, a JSON text in the monolith. */
export function openStock(db: Database) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS stock (
      sku           TEXT PRIMARY KEY,
      on_hand       INTEGER NOT NULL CHECK (on_hand >= 0),
      reorder_point INTEGER NOT NULL,
      version       INTEGER NOT NULL,
      updated_at    TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS stock_by_change ON stock (updated_at, sku);
    CREATE TABLE IF NOT EXISTS locations (
      sku       TEXT NOT NULL REFERENCES stock(sku),
      warehouse TEXT NOT NULL,
      PRIMARY KEY (sku, warehouse)
    );`);
  const bySku = db.prepare<[string], Row>(`
    SELECT sku, on_hand AS onHand, reorder_point AS reorderPoint, version, updated_at AS updatedAt
    FROM stock WHERE sku = ?`);
  const locations = db.prepare<[string], { warehouse: string }>('SELECT warehouse FROM locations WHERE sku = ?');
  const put = db.prepare<Row>(`
    INSERT INTO stock (sku, on_hand, reorder_point, version, updated_at)
    VALUES (@sku, @onHand, @reorderPoint, @version, @updatedAt)
    ON CONFLICT DO UPDATE SET on_hand = excluded.on_hand, reorder_point = excluded.reorder_point,
      version = excluded.version, updated_at = excluded.updated_at`);
  const clearLocations = db.prepare('DELETE FROM locations WHERE sku = ?');
  const addLocation = db.prepare('INSERT INTO locations (sku, warehouse) VALUES (?, ?)');
  const versionOf = db.prepare<[string], { version: number }>('SELECT version FROM stock WHERE sku = ?');
  const count = db.prepare<[], { rows: number }>('SELECT count(*) AS rows FROM stock');

  return {
    held: openHeld(db),
    bySku(sku: string): Stock | undefined {
      const row = bySku.get(sku);
      return row && { ...row, locations: locations.all(sku).map(({ warehouse }) => warehouse) };
    },
    /** False when it was known already; what is older than what is known changes nothing. */
    put({ locations: warehouses, ...row }: Stock): boolean {
      const known = versionOf.get(row.sku)?.version;
      if (known !== undefined && known > row.version) return false;
      put.run(row);
      clearLocations.run(row.sku);
      for (const warehouse of warehouses) addLocation.run(row.sku, warehouse);
      return known !== row.version;
    },
    count: () => count.get()!.rows,
  };
}
