import type { Database } from 'better-sqlite3';
import type { Session } from './sessions.ts';

export interface CartLine {
  readonly sku: string;
  readonly slug: string;
  readonly name: string;
  readonly price: number;
  readonly quantity: number;
}

export type Carts = ReturnType<typeof cartStore>;

export function cartStore(db: Database) {
  const lines = db.prepare<[string], CartLine>(`
    SELECT sku, slug, name, price, quantity FROM cart_items JOIN products USING (sku)
    WHERE session_id = ? ORDER BY products.id`);
  const add = db.prepare(`
    INSERT INTO cart_items (session_id, sku, quantity) VALUES (@session, @sku, @quantity)
    ON CONFLICT DO UPDATE SET quantity = min(99, quantity + excluded.quantity)`);
  const remove = db.prepare('DELETE FROM cart_items WHERE session_id = ? AND sku = ?');
  const empty = db.prepare('DELETE FROM cart_items WHERE session_id = ?');
  const count = db.prepare<[string], { pieces: number }>(
    'SELECT coalesce(sum(quantity), 0) AS pieces FROM cart_items WHERE session_id = ?',
  );

  return {
    lines: (session: Session): CartLine[] => lines.all(session.id),
    pieces: (session: Session): number => count.get(session.id)!.pieces,
    add(session: Session, sku: string, quantity: number): void {
      add.run({ session: session.id, sku, quantity });
    },
    remove(session: Session, sku: string): void {
      remove.run(session.id, sku);
    },
    empty(session: Session): void {
      empty.run(session.id);
    },
  };
}
