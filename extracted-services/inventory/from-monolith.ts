import type { Database } from 'better-sqlite3';
import type { StockStore } from './store.ts';

interface LegacyRow {
  readonly sku: string;
  readonly onHand: number;
  readonly reorderPoint: number;
  readonly locations: string;
  readonly version: number;
  readonly updatedAt: string;
}

export function copyStock(store: StockStore, monolith: Database, since: string): void {
  const changed = monolith.prepare<[string], LegacyRow>(`
    SELECT sku, on_hand AS onHand, reorder_point AS reorderPoint, locations, version, updated_at AS updatedAt
    FROM inventory WHERE updated_at >= ?`);
  for (const row of changed.all(since)) {
    store.put({ ...row, locations: JSON.parse(row.locations) as string[] });
  }
}
