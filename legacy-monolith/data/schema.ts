/**
 * One database for everything, grown over years: money is a REAL, sets are JSON in a TEXT, and every table
 * that anybody ever had to synchronise has an `updated_at`.
 */
export const schema = `
  CREATE TABLE IF NOT EXISTS products (
    id          INTEGER PRIMARY KEY,
    sku         TEXT NOT NULL UNIQUE,
    slug        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    category    TEXT NOT NULL,
    description TEXT NOT NULL,
    price       REAL NOT NULL,
    tags        TEXT NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    updated_at  TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS inventory (
    sku           TEXT PRIMARY KEY REFERENCES products(sku),
    on_hand       INTEGER NOT NULL CHECK (on_hand >= 0),
    reorder_point INTEGER NOT NULL,
    locations     TEXT NOT NULL,
    version       INTEGER NOT NULL DEFAULT 1,
    updated_at    TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS inventory_by_change ON inventory (updated_at, sku);
  CREATE TABLE IF NOT EXISTS customers (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL UNIQUE,
    password_salt TEXT NOT NULL,
    password_hash TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS sessions (
    id          TEXT PRIMARY KEY,
    csrf        TEXT NOT NULL,
    customer_id INTEGER REFERENCES customers(id),
    notice      TEXT,
    created_at  TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS cart_items (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON UPDATE CASCADE ON DELETE CASCADE,
    sku        TEXT NOT NULL REFERENCES products(sku),
    quantity   INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (session_id, sku)
  );
  CREATE TABLE IF NOT EXISTS orders (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customers(id),
    status      TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled')),
    subtotal    REAL NOT NULL,
    shipping    REAL NOT NULL,
    tax         REAL NOT NULL,
    total       REAL NOT NULL,
    tags        TEXT NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS orders_by_customer ON orders (customer_id, id);
  CREATE INDEX IF NOT EXISTS orders_by_change ON orders (updated_at);
  CREATE TABLE IF NOT EXISTS order_items (
    order_id INTEGER NOT NULL REFERENCES orders(id),
    position INTEGER NOT NULL,
    sku      TEXT NOT NULL REFERENCES products(sku),
    name     TEXT NOT NULL,
    price    REAL NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, position)
  );
  CREATE TABLE IF NOT EXISTS payments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id   INTEGER NOT NULL REFERENCES orders(id),
    method     TEXT NOT NULL,
    card_last4 TEXT,
    amount     REAL NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('captured', 'refunded')),
    version    INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS payments_by_order ON payments (order_id);
  CREATE INDEX IF NOT EXISTS payments_by_change ON payments (updated_at);
  CREATE TABLE IF NOT EXISTS files (
    id           TEXT PRIMARY KEY,
    order_id     INTEGER NOT NULL REFERENCES orders(id),
    filename     TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size         INTEGER NOT NULL,
    sha256       TEXT NOT NULL,
    created_at   TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS files_by_order ON files (order_id);
`;
