import type { Database } from 'better-sqlite3';
import { exportReader } from '../../example/export/table.ts';
import type { StockStore } from './store.ts';

/** Stock as the monolith's export tells it. */
export const exportedStock = (store: StockStore, db: Database) =>
  exportReader(db, {
    table: 'stock',
    key: 'sku',
    ofOrder: 'sku IN (SELECT sku FROM reservations WHERE order_id = @order)',
    row: (sku: string) => store.bySku(sku),
  });

/** What the monolith's orders hold of it. */
export const exportedReservations = ({ held }: StockStore, db: Database) =>
  exportReader(db, {
    table: 'followed_orders',
    key: 'order_id',
    ofOrder: 'order_id = @order',
    row: (orderId: number) => held.followedOf(orderId),
  });
