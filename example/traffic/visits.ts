/** What the shop's visitors do, made up from a seed: the same seed, the same requests. Nothing is sent from here. */
import { articles, customerNames, emailOf, orderTags } from '../../legacy-monolith/data/catalog.ts';
import { type Dice, seededDice } from '../../legacy-monolith/data/random.ts';
import { demoPassword, seededOrders } from '../../legacy-monolith/data/seed.ts';
import type { Body, Step, Visitor } from './step.ts';

const apps = 400;
const browsers = 40;
/** How soon somebody looks at what has just been written: what was written, the answer has said already. */
const lookAgainAfter = 1_000;
/** So many visits are under way at any time; whose turn it is, is chance. */
const visitsAtOnce = 24;

/** A visit by a dice's leave. `known`: browsers that have logged in before. */
type Visit = (dice: Dice, known: Set<number>) => Step[];

/** How often each kind of visit happens, in parts of all. */
const visits: readonly (readonly [parts: number, visit: Visit])[] = [
  [60, followOrders],
  [12, lookAtGoods],
  [10, buy],
  [13, browse],
  [5, goAstray],
];

/** All requests to come; there is no last one. */
export function* trafficOf(seed: number): Generator<Step, never> {
  const dice = seededDice(seed);
  const known = new Set<number>();
  const wheel = visits.flatMap(([parts, visit]) => Array<Visit>(parts).fill(visit));
  const begin = (): Step[] => dice.pick(wheel)(dice, known).reverse();
  const underWay = Array.from({ length: visitsAtOnce }, begin);
  for (;;) {
    const turn = dice.between(0, visitsAtOnce - 1);
    yield underWay[turn]!.pop()!;
    if (underWay[turn]!.length === 0) underWay[turn] = begin();
  }
}

/** An app shows somebody's orders, some of them more than once. */
function followOrders(dice: Dice): Step[] {
  const as = visitorOf('app', dice.between(1, apps));
  const orders = Array.from({ length: dice.between(2, 6) }, () => `/api/orders/${dice.between(1, seededOrders)}`);
  const [first] = orders as [string, ...string[]];
  return [
    ...chance(dice, 25, as.get(`/api/orders?customer=${dice.between(1, customerNames.length)}&perPage=5`)),
    ...orders.map((path) => as.get(path)),
    ...chance(dice, 20, as.getAgain(first)),
    ...chance(dice, 10, as.head(first)),
    ...chance(dice, 20, as.get(`/api/payments/${dice.between(1, 160)}`)),
    ...chance(dice, 40, as.get(`/api/order-details/${dice.between(1, seededOrders)}`)),
  ];
}

function lookAtGoods(dice: Dice): Step[] {
  const as = visitorOf('app', dice.between(1, apps));
  const { sku, category } = dice.pick(articles);
  return [
    as.get(`/api/products?category=${category}&perPage=10`),
    as.get(`/api/products/${sku}`),
    as.get(`/api/inventory/${sku}`),
    ...chance(dice, 30, as.getAgain(`/api/products/${sku}`)),
    ...chance(dice, 15, as.head(`/api/inventory/${sku}`)),
  ];
}

/** An order, and a moment later what became of it. */
function buy(dice: Dice): Step[] {
  const as = visitorOf('app', dice.between(1, apps));
  const order = {
    customerId: dice.between(1, customerNames.length),
    items: dice.sample(articles, dice.between(1, 4)).map(({ sku }) => ({ sku, quantity: dice.between(1, 3) })),
    tags: dice.sample(orderTags, dice.between(0, 3)),
  };
  // A card that ends in 0000 is declined.
  const cardNumber = dice.pick(['4242424242424242', '5555555555554444', '4000000000000000']);
  const payment = dice.pick([{ method: 'invoice' }, { method: 'card', cardNumber }]);
  const placed =
    dice.between(1, 4) === 1
      ? [as.post('/api/checkout', json({ ...order, payment })), later(as.get('/api/payments/{payment}'))]
      : [as.post('/api/orders', json(order))];
  return [
    ...placed,
    later(as.get('/api/orders/{order}')),
    ...chance(dice, 50, later(as.getAgain('/api/orders/{order}'))),
    ...chance(dice, 30, later(as.get('/api/order-details/{order}'))),
    ...chance(dice, 25, as.post('/api/orders/{order}/cancel', null), later(as.get('/api/orders/{order}'))),
  ];
}

/** Somebody with a browser: pages, pictures, a cart, an account. */
function browse(dice: Dice, known: Set<number>): Step[] {
  const number = dice.between(1, browsers);
  const as = visitorOf('browser', number);
  const { sku, slug, category } = dice.pick(articles);
  const steps = [
    as.get('/'),
    as.get(`/products?category=${category}`),
    as.get(`/products/${slug}`),
    as.get(`/products/${slug}/image.svg`),
  ];
  if (dice.between(1, 2) === 1)
    steps.push(as.post('/cart/items', form({ sku, quantity: String(dice.between(1, 3)) })), as.get('/cart'));
  if (number > customerNames.length) return steps;
  if (!known.has(number)) {
    known.add(number);
    const email = emailOf(customerNames[number - 1]!);
    steps.push(as.get('/login'), as.post('/login', form({ email, password: demoPassword })));
  }
  steps.push(as.get('/account/orders'), as.get('/account/orders/{own}'), as.get('/api/orders/{own}'));
  return steps;
}

/** What every shop is asked for and doesn't have. */
function goAstray(dice: Dice): Step[] {
  const as = visitorOf('app', dice.between(1, apps));
  const nowhere = ['/favicon.ico', '/api/products/XXX-999', '/wp-login.php', '/api/inventory/NOT-1'];
  return [as.get(`/api/orders/${dice.between(700_000, 799_999)}`), as.get(dice.pick(nowhere))];
}

const json = (value: unknown): Body => ({ kind: 'json', value });
const form = (fields: Readonly<Record<string, string>>): Body => ({ kind: 'form', fields });

const chance = (dice: Dice, percent: number, ...steps: Step[]): Step[] =>
  dice.between(1, 100) <= percent ? steps : [];

const later = (step: Step): Step => ({ ...step, pause: lookAgainAfter });

function visitorOf(kind: Visitor['kind'], number: number) {
  const plain = { visitor: { kind, number }, revalidate: false, body: null, pause: 0 };
  return {
    get: (path: string): Step => ({ ...plain, method: 'GET', path }),
    getAgain: (path: string): Step => ({ ...plain, method: 'GET', path, revalidate: true }),
    head: (path: string): Step => ({ ...plain, method: 'HEAD', path }),
    post: (path: string, body: Body | null): Step => ({ ...plain, method: 'POST', path, body }),
  };
}
