/** Orders as this service sees them: money in whole cents, and the customer as known when the order was placed. */
export const schema = `
  CREATE TABLE IF NOT EXISTS orders (
    id             INTEGER PRIMARY KEY,
    status         TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled')),
    customer_id    INTEGER NOT NULL,
    customer_name  TEXT NOT NULL,
    customer_email TEXT NOT NULL,
    subtotal_cents INTEGER NOT NULL,
    shipping_cents INTEGER NOT NULL,
    tax_cents      INTEGER NOT NULL,
    total_cents    INTEGER NOT NULL,
    payment_id     INTEGER,
    version        INTEGER NOT NULL,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS orders_by_customer ON orders (customer_id, id);
  CREATE INDEX IF NOT EXISTS orders_by_change ON orders (updated_at);
  CREATE TABLE IF NOT EXISTS lines (
    order_id    INTEGER NOT NULL REFERENCES orders(id),
    position    INTEGER NOT NULL,
    sku         TEXT NOT NULL,
    name        TEXT NOT NULL,
    price_cents INTEGER NOT NULL,
    quantity    INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, position)
  );
  CREATE TABLE IF NOT EXISTS tags (
    order_id INTEGER NOT NULL REFERENCES orders(id),
    tag      TEXT NOT NULL,
    PRIMARY KEY (order_id, tag)
  );
`;
