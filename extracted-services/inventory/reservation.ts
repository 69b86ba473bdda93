/** One line of what an order has of the stock, whoever took it: the monolith, or this service. */
export interface Reservation {
  readonly sku: string;
  readonly quantity: number;
  readonly state: 'reserved' | 'sold' | 'released';
}

export const reservationsTable = `
  CREATE TABLE IF NOT EXISTS reservations (
    order_id INTEGER NOT NULL,
    sku      TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    state    TEXT NOT NULL CHECK (state IN ('reserved', 'sold', 'released')),
    UNIQUE (order_id, sku)
  );`;
