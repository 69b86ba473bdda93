/** One checkout, sent under one key until there is an answer that ends it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Dice } from '../../legacy-monolith/data/random.ts';
import { checkoutPath } from './proxy.ts';

export type Ending = 'confirmed' | 'declined' | 'out of stock' | 'unavailable' | 'left' | 'given up';

export interface Checkout {
  readonly key: string;
  readonly ending: Ending;
  /** As the answer had it; `null` for one that was not confirmed. */
  readonly orderId: number | null;
  /** Requests that it took. */
  readonly requests: number;
  readonly milliseconds: number;
}

export interface Order {
  readonly customerId: number;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly payment: { readonly method: 'card'; readonly cardNumber: string };
}

export interface Shopper {
  readonly order: Order;
  /** Leaves for good when the first request breaks off, without ever hearing what came of it. */
  readonly impatient: boolean;
}

/** One in twelve has a card that is declined. */
const orderOf = (dice: Dice, skus: readonly string[]): Order => ({
  customerId: dice.between(1, 20),
  items: dice.sample(skus, dice.between(1, 3)).map((sku) => ({ sku, quantity: dice.between(1, 3) })),
  payment: { method: 'card', cardNumber: dice.between(1, 12) === 1 ? '4000000000000000' : '4242424242424242' },
});

/** One in three is impatient. */
export const shopperOf = (dice: Dice, skus: readonly string[]): Shopper => ({
  order: orderOf(dice, skus),
  impatient: dice.between(1, 3) === 1,
});

const [shortestPause, longestPause] = [50, 500];
const patience = 180_000;

export async function buy(url: string, { order, impatient }: Shopper, signal: AbortSignal): Promise<Checkout> {
  const key = randomUUID();
  const began = performance.now();
  let requests = 0;
  const ended = (ending: Ending, orderId: number | null = null): Checkout => ({
    key,
    ending,
    orderId,
    requests,
    milliseconds: performance.now() - began,
  });
  for (let wait = shortestPause; performance.now() - began < patience; wait = Math.min(wait * 2, longestPause)) {
    requests += 1;
    const answer = await ask(url, order, key, signal);
    if (typeof answer === 'object') {
      if (answer.status === 201) return ended('confirmed', answer.body.id);
      const ending = endings[answer.body?.error?.code ?? ''];
      if (ending) return ended(ending);
    } else if (answer === 'broke off' && impatient && requests === 1) return ended('left');
    await pause(wait * (0.5 + Math.random()), undefined, { signal });
  }
  return ended('given up');
}

/** Whatever else is answered (in progress, still under way, nobody there) is asked again. */
const endings: Readonly<Record<string, Ending>> = {
  payment_declined: 'declined',
  out_of_stock: 'out of stock',
  payment_unavailable: 'unavailable',
  stock_unavailable: 'unavailable',
};

interface Answer {
  readonly status: number;
  readonly body: { readonly id: number; readonly error?: { readonly code: string } };
}

async function ask(
  url: string,
  order: Order,
  key: string,
  signal: AbortSignal,
): Promise<Answer | 'broke off' | 'nobody there'> {
  try {
    const response = await fetch(`${url}${checkoutPath(key)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(order),
      signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  } catch (error) {
    if (signal.aborted) throw error;
    const { cause } = error as { cause?: NodeJS.ErrnoException };
    return cause?.code === 'ECONNREFUSED' ? 'nobody there' : 'broke off';
  }
}
