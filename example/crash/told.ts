/** Holds what the proxy has told of the checkouts against what came of them. */
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import type { Uncertain } from '../../src/domain/publishing/intent.ts';
import { checkoutPath } from './proxy.ts';
import type { Checkout } from './shopper.ts';

export interface Told {
  /** From the bus, doubles and all. */
  readonly events: readonly CloudEvent[];
  readonly uncertain: readonly Uncertain[];
}

export interface ToldCounts {
  /** By their ids; and those that the bus has more than once. */
  readonly events: number;
  readonly doubles: number;
  /** Orders that are told of. */
  readonly orders: number;
  readonly uncertain: number;
  /** Of those: the order was placed, and no event tells of it. */
  readonly untold: number;
}

type Expect = (right: boolean, problem: string) => void;

/** `paid`: the orders that are confirmed, and the key of each. */
export function checkTold(
  { events, uncertain }: Told,
  checkouts: readonly Checkout[],
  paid: ReadonlyMap<number, string>,
  expect: Expect,
): ToldCounts {
  const byId = new Map(events.map((event) => [event.id, event]));
  const told = new Map<number, number>();
  for (const { id, subject, data } of byId.values()) {
    const order = Number(subject);
    told.set(order, (told.get(order) ?? 0) + 1);
    expect(paid.has(order), `event ${id} tells of order ${subject}, which is not confirmed`);
    const { status } = (data ?? {}) as { status?: string };
    expect(status === 'paid', `event ${id} says of order ${subject} that it is ${status}`);
  }

  const openBy = new Map<string, number>();
  for (const { id, path } of uncertain) {
    openBy.set(path, (openBy.get(path) ?? 0) + 1);
    expect(!byId.has(id), `event ${id} is on the bus, and uncertain`);
  }
  let untold = 0;
  for (const [order, key] of paid) {
    if (told.has(order)) continue;
    const isUncertain = openBy.has(checkoutPath(key));
    expect(isUncertain, `order ${order} is confirmed, and neither told of nor uncertain`);
    if (isUncertain) untold += 1;
  }

  const asked = new Map(checkouts.map((checkout) => [checkoutPath(checkout.key), checkout]));
  for (const [path, count] of openBy) {
    const { requests = 0, ending } = asked.get(path) ?? {};
    // Whoever had a 201 had it after its event was written down: that request at least is certain.
    const most = ending === 'confirmed' ? requests - 1 : requests;
    expect(count <= most, `${count} requests to ${path} are uncertain, of ${most} that can be`);
  }
  for (const { ending, orderId } of checkouts) {
    if (ending === 'confirmed') expect(told.has(orderId!), `order ${orderId} was answered 201, and is not told of`);
  }
  return {
    events: byId.size,
    doubles: events.length - byId.size,
    orders: told.size,
    uncertain: uncertain.length,
    untold,
  };
}
