import type { Database } from 'better-sqlite3';
import { type Reservation, reservationsTable } from './reservation.ts';

/** What one order holds of the stock. */
export interface Held {
  readonly orderId: number;
  /** Sorted by sku. */
  readonly items: readonly Reservation[];
}

/** As the monolith tells it: of the order in this version. */
export interface FollowedHeld extends Held {
  readonly version: number;
  readonly updatedAt: string;
}

export type HeldStore = ReturnType<typeof openHeld>;

/**
 * What each order holds, whoever took it: reservations of orders that were placed with the monolith stand beside those
 * that this service makes itself, and are told alike.
 */
export function openHeld(db: Database) {
  db.exec(`${reservationsTable}
    CREATE TABLE IF NOT EXISTS followed_orders (
      order_id   INTEGER PRIMARY KEY,
      version    INTEGER NOT NULL,
      updated_at TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS followed_orders_by_change ON followed_orders (updated_at);`);
  const followed = db.prepare<[number], { version: number; updatedAt: string }>(
    'SELECT version, updated_at AS updatedAt FROM followed_orders WHERE order_id = ?',
  );
  const follow = db.prepare<{ orderId: number; version: number; updatedAt: string }>(`
    INSERT INTO followed_orders VALUES (@orderId, @version, @updatedAt)
    ON CONFLICT DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at`);
  const items = db.prepare<[number], Reservation>(
    'SELECT sku, quantity, state FROM reservations WHERE order_id = ? ORDER BY sku',
  );
  const clear = db.prepare<[number]>('DELETE FROM reservations WHERE order_id = ?');
  const add = db.prepare<Reservation & { orderId: number }>(
    'INSERT INTO reservations (order_id, sku, quantity, state) VALUES (@orderId, @sku, @quantity, @state)',
  );

  return {
    /** An order that isn't paid for holds nothing, and is known all the same. */
    ofOrder(orderId: number): Held | undefined {
      const held = items.all(orderId);
      return held.length > 0 || followed.get(orderId) ? { orderId, items: held } : undefined;
    },
    followedOf(orderId: number): FollowedHeld | undefined {
      const known = followed.get(orderId);
      return known && { orderId, items: items.all(orderId), ...known };
    },
    /** False when it was known already; what is older than what is known changes nothing. */
    put({ orderId, items: told, version, updatedAt }: FollowedHeld): boolean {
      const known = followed.get(orderId)?.version;
      if (known !== undefined && known > version) return false;
      follow.run({ orderId, version, updatedAt });
      clear.run(orderId);
      for (const item of told) add.run({ orderId, ...item });
      return known !== version;
    },
  };
}
