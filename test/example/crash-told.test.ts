import { describe, expect, it } from 'vitest';
import { checkoutPath } from '../../example/crash/proxy.ts';
import type { Checkout } from '../../example/crash/shopper.ts';
import { checkTold, type Told } from '../../example/crash/told.ts';

const event = (id: string, order: number, status = 'paid') => ({
  specversion: '1.0' as const,
  id,
  type: 'order.created',
  source: '/strangler',
  subject: String(order),
  time: '2026-01-31T12:00:00.000Z',
  datacontenttype: 'application/json' as const,
  data: { status },
});
const open = (id: string, key: string) => ({
  id,
  at: 0,
  route: 'order-place',
  type: 'order.created',
  method: 'POST',
  path: checkoutPath(key),
  key: null,
  reason: 'the answer broke off',
  since: 0,
});
const checkout = (key: string, ending: Checkout['ending'], orderId: number | null = null, requests = 1): Checkout => ({
  key,
  ending,
  orderId,
  requests,
  milliseconds: 1,
});

/** One order had a 201; whoever placed the other one left. */
const checkouts = [checkout('a', 'confirmed', 1), checkout('b', 'left')];
const paid = new Map([
  [1, 'a'],
  [2, 'b'],
]);
function judge({ events, uncertain }: Told, made = checkouts) {
  const problems: string[] = [];
  const counts = checkTold({ events, uncertain }, made, paid, (right, problem) => right || problems.push(problem));
  return { problems, counts };
}

describe('what the crash test wants of the events that the proxy tells', () => {
  it('is content with each order told of or uncertain, and counts doubles apart', () => {
    const events = [event('e1', 1), event('e1', 1)];
    expect(judge({ events, uncertain: [open('e2', 'b')] })).toEqual({
      problems: [],
      counts: { events: 1, doubles: 1, orders: 1, uncertain: 1, untold: 1 },
    });
  });

  it('finds the order that nobody was told of', () => {
    expect(judge({ events: [event('e1', 1)], uncertain: [] }).problems).toEqual([
      'order 2 is confirmed, and neither told of nor uncertain',
    ]);
  });

  it('wants the event of an order that was answered 201, however uncertain it is', () => {
    const uncertain = [open('e1', 'a'), open('e2', 'b')];
    expect(judge({ events: [], uncertain }).problems).toEqual([
      '1 requests to /api/checkouts/a are uncertain, of 0 that can be',
      'order 1 was answered 201, and is not told of',
    ]);
    const again = [checkout('a', 'confirmed', 1, 2), checkout('b', 'left')];
    expect(judge({ events: [event('e3', 1)], uncertain }, again).problems).toEqual([]);
  });

  it('finds events of what never was, and of what is uncertain as well', () => {
    const events = [event('e1', 1), event('e2', 2), event('e3', 3), event('e4', 2, 'pending')];
    expect(judge({ events, uncertain: [open('e2', 'b'), open('e5', 'c')] }).problems).toEqual([
      'event e3 tells of order 3, which is not confirmed',
      'event e4 says of order 2 that it is pending',
      'event e2 is on the bus, and uncertain',
      '1 requests to /api/checkouts/c are uncertain, of 0 that can be',
    ]);
  });
});
