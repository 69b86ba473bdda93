import type { Database } from 'better-sqlite3';
import type { Totals } from '../money.ts';

export type OrderStatus = 'pending' | 'paid' | 'shipped' | 'delivered' | 'cancelled';

export interface OrderLine {
  readonly sku: string;
  readonly name: string;
  readonly price: number;
  readonly quantity: number;
}

export interface OrderHead extends Totals {
  readonly id: number;
  readonly status: OrderStatus;
  readonly customer: { readonly id: number; readonly name: string; readonly email: string };
  readonly tags: readonly string[];
  readonly paymentId: number | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Order extends OrderHead {
  readonly lines: readonly OrderLine[];
}

export interface NewOrder extends Totals {
  readonly customerId: number;
  readonly status: OrderStatus;
  readonly tags: readonly string[];
  readonly lines: readonly OrderLine[];
  readonly at: string;
}

export interface OrderQuery {
  readonly customerId?: number | undefined;
  readonly status?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface MonthOfSales {
  /** `2025-03` */
  readonly month: string;
  readonly orders: number;
  readonly revenue: number;
}

interface Row extends Totals {
  readonly id: number;
  readonly status: OrderStatus;
  readonly customer_id: number;
  readonly customer_name: string;
  readonly customer_email: string;
  readonly tags: string;
  readonly payment_id: number | null;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

const heads = `
  SELECT orders.*, customers.name AS customer_name, customers.email AS customer_email,
    (SELECT max(id) FROM payments WHERE order_id = orders.id) AS payment_id
  FROM orders JOIN customers ON customers.id = orders.customer_id`;
const matching = `
  WHERE (@customer IS NULL OR customer_id = @customer) AND (@status IS NULL OR status = @status)`;

const headFromRow = (row: Row): OrderHead => ({
  id: row.id,
  status: row.status,
  customer: { id: row.customer_id, name: row.customer_name, email: row.customer_email },
  subtotal: row.subtotal,
  shipping: row.shipping,
  tax: row.tax,
  total: row.total,
  tags: JSON.parse(row.tags) as string[],
  paymentId: row.payment_id,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

type Filter = { customer: number | null; status: string | null };
const filterOf = ({ customerId, status }: Omit<OrderQuery, 'limit' | 'offset'>): Filter => ({
  customer: customerId ?? null,
  status: status ?? null,
});

export type Orders = ReturnType<typeof orderStore>;

export function orderStore(db: Database) {
  const byId = db.prepare<[number], Row>(`${heads} WHERE orders.id = ?`);
  const lines = db.prepare<[number], OrderLine>(
    'SELECT sku, name, price, quantity FROM order_items WHERE order_id = ? ORDER BY position',
  );
  const page = db.prepare<[Filter & { limit: number; offset: number }], Row>(
    `${heads} ${matching} ORDER BY orders.id DESC LIMIT @limit OFFSET @offset`,
  );
  const count = db.prepare<[Filter], { total: number }>(`SELECT count(*) AS total FROM orders ${matching}`);
  const salesByMonth = db.prepare<[], MonthOfSales>(`
    SELECT substr(created_at, 1, 7) AS month, count(*) AS orders, sum(total) AS revenue
    FROM orders WHERE status <> 'cancelled' GROUP BY month ORDER BY month`);
  const addOrder = db.prepare(`
    INSERT INTO orders (customer_id, status, subtotal, shipping, tax, total, tags, created_at, updated_at)
    VALUES (@customerId, @status, @subtotal, @shipping, @tax, @total, @tags, @at, @at)`);
  const addLine = db.prepare(`
    INSERT INTO order_items (order_id, position, sku, name, price, quantity)
    VALUES (@order, @position, @sku, @name, @price, @quantity)`);
  const setStatus = db.prepare('UPDATE orders SET status = ?, version = version + 1, updated_at = ? WHERE id = ?');

  return {
    byId(id: number): Order | undefined {
      const row = byId.get(id);
      return row && { ...headFromRow(row), lines: lines.all(id) };
    },
    page: (query: OrderQuery): OrderHead[] =>
      page.all({ ...filterOf(query), limit: query.limit, offset: query.offset }).map(headFromRow),
    count: (query: Omit<OrderQuery, 'limit' | 'offset'>): number => count.get(filterOf(query))!.total,
    salesByMonth: () => salesByMonth.all(),
    /** Not a transaction of its own: the caller has one open. */
    add(order: NewOrder): number {
      const { lines: ordered, tags, ...columns } = order;
      const id = Number(addOrder.run({ ...columns, tags: JSON.stringify(tags) }).lastInsertRowid);
      ordered.forEach((line, position) => {
        addLine.run({ order: id, position, ...line });
      });
      return id;
    },
    setStatus(id: number, status: OrderStatus, at: string): void {
      setStatus.run(status, at, id);
    },
  };
}
