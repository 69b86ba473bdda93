import { describe, expect, test } from 'vitest';
import { answerJson, type ComposedFrontOptions, composedFront } from '../support/composed-front.ts';
import { get } from '../support/front.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';

const withoutPayment = '{"order":{"id":7},"stock":["a","b"],"_partial":["payment"]}';

const hangs = (): void => {};
const resets = (exchange: Exchange): void => void exchange.connection.socket.resetAndDestroy();

/** What a part may be answered by that is of no use. */
const useless: readonly [what: string, (exchange: Exchange) => void][] = [
  ['that hangs', hangs],
  ['that resets', resets],
  ['that answers 500', (exchange) => answerJson(exchange, { error: 1 }, 500)],
  ['that answers 401', (exchange) => answerJson(exchange, { error: 1 }, 401)],
  ['that answers 302', (exchange) => exchange.reply(302, '', ['Location: /login'])],
  ['that answers a page with 200', (exchange) => exchange.reply(200, '{}', ['Content-Type: text/html'])],
  ['whose body is no JSON', (exchange) => answerJson(exchange, '{"a":1}{"b":2}')],
  ['whose body would add keys', (exchange) => answerJson(exchange, '1,"order":{"id":8}')],
  ['whose body is empty', (exchange) => answerJson(exchange, '')],
  ['whose body has a byte order mark', (exchange) => answerJson(exchange, '\ufeff{"a":1}')],
  [
    'whose text is no UTF-8',
    (exchange) => exchange.reply(200, Buffer.from('"\xff"', 'latin1'), ['Content-Type: application/json']),
  ],
  ['that compresses', (exchange) => answerJson(exchange, '{}', 200, ['Content-Encoding: gzip'])],
  [
    'that nests deeper than readers can follow',
    (exchange) => answerJson(exchange, '['.repeat(500_000) + ']'.repeat(500_000)),
  ],
  ['whose body is too large by its length', (exchange) => answerJson(exchange, `"${'x'.repeat(2_000_000)}"`)],
  [
    'whose body turns out to be too large',
    (exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n');
      exchange.send(`"${'x'.repeat(2_000_000)}"`);
    },
  ],
  [
    'whose body stalls',
    (exchange) => exchange.send('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"'),
  ],
  [
    'whose body breaks off',
    (exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"');
      exchange.connection.socket.end();
    },
  ],
  ['that is no HTTP', (exchange) => exchange.send('hello\r\n\r\n')],
];

const short = { timeout: 150 };

describe('an optional part', () => {
  test.each(useless)('%s is left out, and named in the head and in the body', async (_, onPayments) => {
    const { port, proxy } = await composedFront({ onPayments, parts: { payment: short } });

    const answer = await answerTo(port, get('/details/7'));

    expect([answer.status, answer.text]).toEqual([200, withoutPayment]);
    expect(answer.get('x-strangler-partial')).toBe('payment');
    expect(answer.get('cache-control')).toBe('no-store');
    const told = proxy.events.filter(({ type }) => type === 'part.failed');
    expect(told).toMatchObject([{ route: 'details', part: 'payment', target: 'payments' }]);
  });

  test('whose service is down costs nobody more than its own time, and legacy is not asked', async () => {
    const { port, payments, legacy } = await composedFront({ onPayments: hangs, parts: { payment: { timeout: 300 } } });
    const began = performance.now();
    expect((await answerTo(port, get('/details/7'))).text).toBe(withoutPayment);
    // A generous bound for a busy machine: the service's own timeout is 2 s.
    expect(performance.now() - began).toBeLessThan(1_500);
    expect([payments.exchanges.length, legacy.exchanges.length]).toEqual([1, 0]);
    await payments.exchanges[0]!.connection.closed;
  });

  test.each([404, 410])('that is not there (%d) is null, and nothing has failed', async (status) => {
    const { port, proxy } = await composedFront({ onPayments: (exchange) => exchange.reply(status, 'no') });
    const answer = await answerTo(port, get('/details/7'));
    expect(answer.text).toBe('{"order":{"id":7},"payment":null,"stock":["a","b"]}');
    expect(answer.get('x-strangler-partial')).toBeUndefined();
    expect(proxy.events).toEqual([]);
  });

  test('without content is null', async () => {
    const { port } = await composedFront({
      onPayments: (exchange) => exchange.send('HTTP/1.1 204 No Content\r\n\r\n'),
    });
    expect((await answerTo(port, get('/details/7'))).text).toContain('"payment":null');
  });

  test('that is spread gives its members, and nothing where there is none', async () => {
    const { port, payments } = await composedFront({
      onOrders: (exchange) => answerJson(exchange, '{"id":7,"_partial":["lie"],"__proto__":{"admin":true},"id":8}'),
      parts: { order: { spread: true }, payment: { spread: true } },
    });
    expect((await answerTo(port, get('/details/7'))).text).toBe(
      '{"id":8,"__proto__":{"admin":true},"paid":true,"stock":["a","b"]}',
    );
    payments.handler = (exchange) => exchange.reply(404);
    expect((await answerTo(port, get('/details/7'))).text).toBe(
      '{"id":8,"__proto__":{"admin":true},"stock":["a","b"]}',
    );
    payments.handler = (exchange) => answerJson(exchange, [1]);
    expect((await answerTo(port, get('/details/7'))).get('x-strangler-partial')).toBe('payment');
  });

  test('fails alone: one after the other they are left out, down to an answer that only says so', async () => {
    const { port } = await composedFront({
      onOrders: resets,
      onPayments: resets,
      onStock: resets,
      parts: { order: { required: false } },
    });
    const answer = await answerTo(port, get('/details/7'));
    expect(answer.text).toBe('{"_partial":["order","payment","stock"]}');
    expect(answer.get('x-strangler-partial')).toBe('order, payment, stock');
  });
});

describe('a required part', () => {
  const failing = useless.filter(([what]) => what !== 'that answers 401');

  test.each(failing)(
    '%s gets the caller legacy’s own answer, and the other parts are let go of',
    async (_, onOrders) => {
      const front = await composedFront({ onOrders, onStock: hangs, parts: { order: short }, debug: true });

      const answer = await answerTo(front.port, get('/details/7'));

      expect([answer.status, answer.text]).toEqual([200, 'legacy']);
      expect(answer.get('x-strangler-fallback')).toMatch(/^(?:timeout|reset|invalid)$/);
      expect(answer.get('x-strangler-partial')).toBeUndefined();
      expect(front.legacy.exchanges[0]!.target).toBe('/details/7');
      await front.stock.exchange(0).then(({ connection }) => connection.closed);
      expect(front.partFigures()).toMatchObject({ stock: ['aborted'] });
    },
  );

  test('that failed is 504 where its time was up, and else 502, where nobody stands in', async () => {
    const alone: ComposedFrontOptions = { route: { fallback: null }, parts: { order: short } };
    for (const [onOrders, status, code] of [
      [hangs, 504, 'response-timeout'],
      [resets, 502, 'target-reset'],
      [(exchange: Exchange) => answerJson(exchange, 'no'), 502, 'part-failed'],
      [(exchange: Exchange) => answerJson(exchange, {}, 503), 502, 'part-failed'],
    ] as const) {
      const { port, legacy } = await composedFront({ ...alone, onOrders });
      const answer = await answerTo(port, get('/details/7'));
      expect([answer.status, answer.get('x-strangler-error')]).toEqual([status, code]);
      expect(legacy.exchanges).toEqual([]);
    }
  });

  test('that says 4xx is the answer, as it stands', async () => {
    const { port, legacy } = await composedFront({
      onOrders: (exchange) => exchange.reply(404, 'no such order', ['Content-Type: text/plain', 'Set-Cookie: a=b']),
      onStock: hangs,
    });
    const answer = await answerTo(port, get('/details/7'));
    expect([answer.status, answer.text, answer.get('content-type')]).toEqual([404, 'no such order', 'text/plain']);
    expect(answer.get('set-cookie')).toBeUndefined();
    expect(legacy.exchanges).toEqual([]);
  });

  test('that says 404 falls through to legacy where the route says so', async () => {
    const { port, proxy } = await composedFront({
      onOrders: (exchange) => exchange.reply(404),
      route: { fallthrough: [404] },
    });
    expect((await answerTo(port, get('/details/7'))).text).toBe('legacy');
    expect(proxy.counts.causes).toEqual(['fallthrough']);
  });
});

describe('a caller', () => {
  test('who leaves takes all parts along', async () => {
    const { port, orders, payments, stock, partFigures, proxy } = await composedFront({
      onOrders: hangs,
      onPayments: hangs,
      onStock: hangs,
    });
    const caller = await RawCaller.connect(port);
    caller.send(get('/details/7'));
    const asked = await Promise.all([orders, payments, stock].map((service) => service.exchange(0)));
    caller.reset();
    await Promise.all(asked.map(({ connection }) => connection.closed));
    expect(partFigures()).toEqual({ order: ['aborted'], payment: ['aborted'], stock: ['aborted'] });
    await expect.poll(() => proxy.outcomesOf('details')).toEqual(['aborted']);
  });
});
