import type { Database } from 'better-sqlite3';
import type { OrderBus } from './live/bus.ts';
import { totals } from './money.ts';
import type { Customers } from './store/customers.ts';
import type { Inventory } from './store/inventory.ts';
import type { Order, OrderLine, Orders } from './store/orders.ts';
import type { Payments } from './store/payments.ts';
import type { Products } from './store/products.ts';
import { HttpError } from './web/http-error.ts';

export interface Wanted {
  readonly customerId: number;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly tags: readonly string[];
}

export interface PaymentDetails {
  readonly method: 'card' | 'invoice';
  readonly cardNumber?: string | undefined;
}

export interface CheckoutParts {
  readonly db: Database;
  readonly products: Products;
  readonly inventory: Inventory;
  readonly customers: Customers;
  readonly orders: Orders;
  readonly payments: Payments;
  readonly bus: OrderBus;
}

export type Checkout = ReturnType<typeof checkout>;

/**
 * Everything that buying something changes. Stock, payment and order live in one database, so one transaction
 * is all it takes; this is what gets hard once they are services of their own.
 */
export function checkout({ db, products, inventory, customers, orders, payments, bus }: CheckoutParts) {
  const now = (): string => new Date().toISOString();

  const linesOf = ({ customerId, items }: Wanted): OrderLine[] => {
    if (!customers.byId(customerId))
      throw new HttpError(422, 'unknown_customer', `There is no customer ${customerId}.`);
    return items.map(({ sku, quantity }) => {
      const product = products.bySku(sku);
      if (!product) throw new HttpError(422, 'unknown_sku', `There is no product ${sku}.`);
      return { sku, name: product.name, price: product.price, quantity };
    });
  };

  const announce = (id: number): Order => {
    const order = orders.byId(id)!;
    bus.publish({ orderId: id, status: order.status, total: order.total, at: order.updatedAt });
    return order;
  };

  const takeStock = (lines: readonly OrderLine[], at: string): void => {
    for (const { sku, name, quantity } of lines) {
      if (!inventory.take(sku, quantity, at)) {
        throw new HttpError(409, 'out_of_stock', `${quantity} × ${name} (${sku}) is more than there is.`);
      }
    }
  };

  const capture = (orderId: number, amount: number, { method, cardNumber }: PaymentDetails, at: string): void => {
    // The test card of the payment provider's sandbox.
    if (cardNumber?.endsWith('0000')) throw new HttpError(402, 'payment_declined', 'The card was declined.');
    payments.capture({ orderId, method, cardLast4: cardNumber?.slice(-4) ?? null, amount, at });
  };

  const order = db.transaction((wanted: Wanted, payment: PaymentDetails | null): number => {
    const at = now();
    const lines = linesOf(wanted);
    const sums = totals(lines);
    const status = payment ? 'paid' : 'pending';
    const id = orders.add({ customerId: wanted.customerId, tags: wanted.tags, status, lines, ...sums, at });
    if (payment) {
      takeStock(lines, at);
      capture(id, sums.total, payment, at);
    }
    return id;
  });

  const cancel = db.transaction((id: number): void => {
    const found = orders.byId(id);
    if (!found) throw new HttpError(404, 'not_found', `There is no order ${id}.`);
    if (found.status !== 'pending' && found.status !== 'paid') {
      throw new HttpError(409, 'not_cancellable', `Order ${id} is ${found.status}.`);
    }
    const at = now();
    if (found.status === 'paid') {
      for (const { sku, quantity } of found.lines) inventory.putBack(sku, quantity, at);
      payments.refundFor(id, at);
    }
    orders.setStatus(id, 'cancelled', at);
  });

  return {
    /** An order that is paid later: no stock is taken for it yet. */
    placeOrder: (wanted: Wanted): Order => announce(order(wanted, null)),
    buy: (wanted: Wanted, payment: PaymentDetails): Order => announce(order(wanted, payment)),
    cancel(id: number): Order {
      cancel(id);
      return announce(id);
    },
  };
}
