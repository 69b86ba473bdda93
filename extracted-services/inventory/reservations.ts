/**
 * Stock that orders placed here have reserved or bought. The monolith's own count stays in `stock`, as it tells it; what
 * this service has taken from it is counted beside it, so that following the monolith never undoes a reservation.
 */
import type { Database } from 'better-sqlite3';
import { inTransaction } from '../shared/transaction.ts';
import { type Reservation, reservationsTable } from './reservation.ts';

export interface Item {
  readonly sku: string;
  readonly quantity: number;
}

export type Outcome =
  | Pick<Reservation, 'state'>
  /** Of this sku there was too little. */
  | { readonly state: 'refused'; readonly sku: string };

export type Reservations = ReturnType<typeof openReservations>;

export function openReservations(db: Database) {
  db.exec(`${reservationsTable}
    CREATE TABLE IF NOT EXISTS outcomes (
      order_id INTEGER PRIMARY KEY,
      state    TEXT NOT NULL CHECK (state IN ('reserved', 'refused', 'released', 'sold')),
      sku      TEXT
    );
    CREATE TABLE IF NOT EXISTS taken (
      sku      TEXT PRIMARY KEY,
      reserved INTEGER NOT NULL CHECK (reserved >= 0),
      sold     INTEGER NOT NULL CHECK (sold >= 0),
      changes  INTEGER NOT NULL
    );`);
  const outcomeOf = db.prepare<[number], Outcome>('SELECT state, sku FROM outcomes WHERE order_id = ?');
  const putOutcome = db.prepare(`
    INSERT INTO outcomes VALUES (@orderId, @state, @sku) ON CONFLICT DO UPDATE SET state = excluded.state`);
  const itemsOf = db.prepare<[number], Reservation>(
    'SELECT sku, quantity, state FROM reservations WHERE order_id = ? ORDER BY rowid',
  );
  const addItem = db.prepare("INSERT INTO reservations VALUES (@orderId, @sku, @quantity, 'reserved')");
  const setState = db.prepare('UPDATE reservations SET state = @state WHERE order_id = @orderId');
  const free = db.prepare<[string], { free: number }>(`
    SELECT on_hand - coalesce(reserved, 0) - coalesce(sold, 0) AS free
    FROM stock LEFT JOIN taken ON taken.sku = stock.sku WHERE stock.sku = ?`);
  const taken = db.prepare<[string], { reserved: number; sold: number; changes: number }>(
    'SELECT reserved, sold, changes FROM taken WHERE sku = ?',
  );
  const begin = db.prepare('INSERT INTO taken VALUES (?, 0, 0, 0) ON CONFLICT DO NOTHING');
  const change = db.prepare(`
    UPDATE taken SET reserved = reserved + @reserved, sold = sold + @sold, changes = changes + 1 WHERE sku = @sku`);
  const move = (sku: string, reserved: number, sold: number): void => {
    begin.run(sku);
    change.run({ sku, reserved, sold });
  };
  const addAll = (orderId: number, items: readonly Item[]): void => {
    for (const { sku, quantity } of items) {
      addItem.run({ orderId, sku, quantity });
      move(sku, quantity, 0);
    }
  };
  const settle = (orderId: number, state: Outcome['state'], sku: string | null = null): Outcome => {
    putOutcome.run({ orderId, state, sku });
    return outcomeOf.get(orderId)!;
  };

  return {
    /** All of it or nothing. An order that was released before it was reserved gets nothing any more. */
    reserve: inTransaction(db, (orderId: number, items: readonly Item[]): Outcome => {
      const known = outcomeOf.get(orderId);
      if (known !== undefined) return known;
      const missing = items.find(({ sku, quantity }) => (free.get(sku)?.free ?? 0) < quantity);
      if (missing !== undefined) return settle(orderId, 'refused', missing.sku);
      addAll(orderId, items);
      return settle(orderId, 'reserved');
    }),
    /** Gives back what the order has, reserved or sold; what it hasn't yet it never gets. */
    release: inTransaction(db, (orderId: number): Outcome => {
      const state = outcomeOf.get(orderId)?.state;
      if (state === 'reserved' || state === 'sold') {
        for (const { sku, quantity } of itemsOf.all(orderId)) {
          move(sku, state === 'reserved' ? -quantity : 0, state === 'sold' ? -quantity : 0);
        }
        setState.run({ orderId, state: 'released' });
      }
      return settle(orderId, 'released');
    }),
    /** Throws where nothing is reserved. */
    commit: inTransaction(db, (orderId: number): Outcome => {
      const state = outcomeOf.get(orderId)?.state;
      if (state === 'sold') return { state };
      if (state !== 'reserved') throw new Error(`order ${orderId} can't buy what it hasn't reserved`);
      for (const { sku, quantity } of itemsOf.all(orderId)) move(sku, -quantity, quantity);
      setState.run({ orderId, state: 'sold' });
      return settle(orderId, 'sold');
    }),
    ofOrder: (orderId: number): readonly Reservation[] => itemsOf.all(orderId),
    taken: (sku: string) => taken.get(sku) ?? { reserved: 0, sold: 0, changes: 0 },
  };
}
