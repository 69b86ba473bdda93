/**
 * Two mistakes, made on purpose and only behind a switch (`ORDERS_DEFECTS=on`, `npm run example:defects -- on`): what shadowing is there to find. Both are of the
 * kind that passes a review, a quick look and most of the orders that one would try by hand.
 */
import { presentOrder } from './present.ts';
import type { Order } from './store.ts';

export function presentWithDefects(order: Order, origin: string): object {
  const { items, links, ...rest } = presentOrder(order, origin);
  const { payment, ...otherLinks } = links;
  return {
    ...rest,
    // An order without a payment says so by `null`; here the link is not there at all.
    links: payment === null ? otherLinks : links,
    // 19.90 as a float is a little less than 19.90: cut off instead of rounded, it becomes 19.89.
    items: items.map((item) => ({ ...item, lineTotal: Math.trunc(item.price * item.quantity * 100) / 100 })),
  };
}
