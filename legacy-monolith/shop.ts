import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { type Checkout, checkout } from './checkout.ts';
import { openDatabase } from './data/open.ts';
import { OrderBus } from './live/bus.ts';
import { type Carts, cartStore } from './store/carts.ts';
import { type Customers, customerStore } from './store/customers.ts';
import { type Files, fileStore } from './store/files.ts';
import { type Inventory, inventoryStore } from './store/inventory.ts';
import { type Orders, orderStore } from './store/orders.ts';
import { type Payments, paymentStore } from './store/payments.ts';
import { type Products, productStore } from './store/products.ts';
import { type Sessions, sessionStore } from './store/sessions.ts';

/** Everything there is; every page and every endpoint gets all of it, as is usual in a monolith. */
export interface Shop {
  readonly db: Database;
  readonly products: Products;
  readonly inventory: Inventory;
  readonly customers: Customers;
  readonly sessions: Sessions;
  readonly carts: Carts;
  readonly orders: Orders;
  readonly payments: Payments;
  readonly files: Files;
  readonly checkout: Checkout;
  readonly bus: OrderBus;
  close(): void;
}

export function openShop(databaseFile: string): Shop {
  const db = openDatabase(databaseFile);
  const uploads =
    databaseFile === ':memory:'
      ? join(tmpdir(), `shop-uploads-${process.pid}`)
      : join(dirname(databaseFile), 'uploads');
  const parts = {
    db,
    products: productStore(db),
    inventory: inventoryStore(db),
    customers: customerStore(db),
    orders: orderStore(db),
    payments: paymentStore(db),
    bus: new OrderBus(),
  };
  return {
    ...parts,
    sessions: sessionStore(db),
    carts: cartStore(db),
    files: fileStore(db, uploads),
    checkout: checkout(parts),
    close: () => db.close(),
  };
}
