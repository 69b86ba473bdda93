import type { Order, OrderHead } from './store.ts';

const amount = (cents: number): number => cents / 100;

/** The monolith's own shape, to the field: callers must not be able to tell who answered. */
export const presentHead = (order: OrderHead, origin: string) => ({
  id: order.id,
  number: `SO-${String(order.id).padStart(6, '0')}`,
  status: order.status,
  customer: { id: order.customerId, name: order.customerName, email: order.customerEmail },
  subtotal: amount(order.subtotalCents),
  shipping: amount(order.shippingCents),
  tax: amount(order.taxCents),
  total: amount(order.totalCents),
  currency: 'EUR',
  tags: order.tags,
  createdAt: order.createdAt,
  updatedAt: order.updatedAt,
  links: {
    self: `${origin}/api/orders/${order.id}`,
    events: `${origin}/api/orders/${order.id}/events`,
    payment: order.paymentId === null ? null : `${origin}/api/payments/${order.paymentId}`,
  },
});

export const presentOrder = (order: Order, origin: string) => ({
  ...presentHead(order, origin),
  items: order.lines.map(({ sku, name, priceCents, quantity }) => ({
    sku,
    name,
    price: amount(priceCents),
    quantity,
    lineTotal: amount(priceCents * quantity),
  })),
});
