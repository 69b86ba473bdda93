import type { Database } from 'better-sqlite3';

export interface Stock {
  readonly sku: string;
  readonly onHand: number;
  readonly reorderPoint: number;
  readonly locations: readonly string[];
  readonly version: number;
  readonly updatedAt: string;
}

interface Row {
  readonly sku: string;
  readonly on_hand: number;
  readonly reorder_point: number;
  readonly locations: string;
  readonly version: number;
  readonly updated_at: string;
}

export type Inventory = ReturnType<typeof inventoryStore>;

export function inventoryStore(db: Database) {
  const bySku = db.prepare<[string], Row>('SELECT * FROM inventory WHERE sku = ?');
  const move = db.prepare<{ sku: string; by: number; at: string }>(`
    UPDATE inventory SET on_hand = on_hand + @by, version = version + 1, updated_at = @at
    WHERE sku = @sku AND on_hand + @by >= 0`);

  return {
    bySku(sku: string): Stock | undefined {
      const row = bySku.get(sku);
      return (
        row && {
          sku: row.sku,
          onHand: row.on_hand,
          reorderPoint: row.reorder_point,
          locations: JSON.parse(row.locations) as string[],
          version: row.version,
          updatedAt: row.updated_at,
        }
      );
    },
    /** False when there is too little on hand; nothing has been taken then. */
    take: (sku: string, quantity: number, at: string): boolean => move.run({ sku, by: -quantity, at }).changes === 1,
    putBack(sku: string, quantity: number, at: string): void {
      move.run({ sku, by: quantity, at });
    },
  };
}
