import { inNoOrder } from '../data/random.ts';
import { cents, currency } from '../money.ts';
import type { StoredFile } from '../store/files.ts';
import type { Stock } from '../store/inventory.ts';
import type { Order, OrderHead, OrderStatus } from '../store/orders.ts';
import type { Payment } from '../store/payments.ts';
import type { Product } from '../store/products.ts';

/** What the API says of each thing. `origin` is the visitor's: every link is absolute. */
export const presentProduct = (product: Product, origin: string) => ({
  id: product.id,
  sku: product.sku,
  name: product.name,
  category: product.category,
  description: product.description,
  price: product.price,
  currency,
  tags: inNoOrder(product.tags),
  links: {
    self: `${origin}/api/products/${product.sku}`,
    page: `${origin}/products/${product.slug}`,
    image: `${origin}/products/${product.slug}/image.svg`,
    inventory: `${origin}/api/inventory/${product.sku}`,
  },
});

export const presentStock = (stock: Stock, origin: string) => ({
  sku: stock.sku,
  onHand: stock.onHand,
  available: stock.onHand > 0,
  reorder: stock.onHand <= stock.reorderPoint,
  locations: inNoOrder(stock.locations),
  updatedAt: stock.updatedAt,
  links: { self: `${origin}/api/inventory/${stock.sku}`, product: `${origin}/api/products/${stock.sku}` },
});

export const presentOrderHead = (order: OrderHead, origin: string) => ({
  id: order.id,
  number: `SO-${String(order.id).padStart(6, '0')}`,
  status: order.status,
  customer: order.customer,
  subtotal: order.subtotal,
  shipping: order.shipping,
  tax: order.tax,
  total: order.total,
  currency,
  tags: inNoOrder(order.tags),
  createdAt: order.createdAt,
  updatedAt: order.updatedAt,
  links: {
    self: `${origin}/api/orders/${order.id}`,
    events: `${origin}/api/orders/${order.id}/events`,
    payment: order.paymentId === null ? null : `${origin}/api/payments/${order.paymentId}`,
  },
});

export const presentOrder = (order: Order, origin: string) => ({
  ...presentOrderHead(order, origin),
  items: order.lines.map((line) => ({ ...line, lineTotal: cents(line.price * line.quantity) })),
});

export const presentPayment = (payment: Payment, origin: string) => ({
  id: payment.id,
  orderId: payment.orderId,
  method: payment.method,
  card: payment.cardLast4 === null ? null : { last4: payment.cardLast4 },
  amount: payment.amount,
  currency,
  status: payment.status,
  createdAt: payment.createdAt,
  updatedAt: payment.updatedAt,
  links: { self: `${origin}/api/payments/${payment.id}`, order: `${origin}/api/orders/${payment.orderId}` },
});

/**
 * What was taken from stock for an order: with the payment, and never before it. Sorted by sku, so that two who tell the
 * same tell it alike.
 */
export const presentReservations = (order: Order) => ({
  orderId: order.id,
  items: (order.paymentId === null ? [] : order.lines)
    .map(({ sku, quantity }) => ({ sku, quantity, state: stateOfStock[order.status] }))
    .sort((one, other) => (one.sku < other.sku ? -1 : 1)),
});

const stateOfStock: Readonly<Record<OrderStatus, 'reserved' | 'sold' | 'released'>> = {
  pending: 'reserved',
  paid: 'reserved',
  shipped: 'sold',
  delivered: 'sold',
  cancelled: 'released',
};

export const presentFile = (file: StoredFile, origin: string) => ({
  id: file.id,
  filename: file.filename,
  contentType: file.contentType,
  size: file.size,
  sha256: file.sha256,
  createdAt: file.createdAt,
  links: { content: `${origin}/files/${file.id}`, order: `${origin}/api/orders/${file.orderId}` },
});

/** The body changes with every call (`requestId`, `generatedAt`); the version of the row is what the tag names. */
export const versionTag = (kind: string, id: string | number, version: number): string =>
  `W/"${kind}-${id}-v${version}"`;
