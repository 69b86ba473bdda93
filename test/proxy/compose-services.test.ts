import { describe, expect, test } from 'vitest';
import { answerJson, composedFront } from '../support/composed-front.ts';
import { freePort } from '../support/free-port.ts';
import { get } from '../support/front.ts';
import { instanceUrl } from '../support/proxy.ts';
import { answerTo } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';

const whole = '{"order":{"id":7},"payment":{"paid":true},"stock":["a","b"]}';
const circuit = { failures: 3, rate: 100, window: 10_000, volume: 1_000, reset: 60_000 };
const retry = {
  attempts: 3,
  backoff: { first: 5, longest: 20 },
  budget: 20,
  floor: 3,
  methods: ['GET'],
  on: [502, 503, 504],
};

const partial = async (port: number) => (await answerTo(port, get('/details/7'))).get('x-strangler-partial');
const tries = (exchanges: readonly Exchange[]) => exchanges.length;

describe('a part', () => {
  test('is asked of another instance where one is down', async () => {
    const front = await composedFront();
    const down = await freePort();
    const services = front.settings.services.map((service) => ({
      ...service,
      urls: [instanceUrl(down), ...service.urls],
    }));
    front.proxy.apply({ ...front.settings, services });
    for (let i = 0; i < 4; i++) expect((await answerTo(front.port, get('/details/7'))).text).toBe(whole);
  });

  test('has a circuit of its own: open, its service is not asked for it, and is for everything else', async () => {
    const { port, proxy, payments, settings } = await composedFront({
      onPayments: (exchange) => answerJson(exchange, {}, 500),
      service: { circuit },
    });
    for (let i = 0; i < 3; i++) expect(await partial(port)).toBe('payment');
    expect(proxy.targets.circuits()).toMatchObject([{ target: 'payments', route: 'details.payment', phase: 'open' }]);

    expect(await partial(port)).toBe('payment');
    expect(tries(payments.exchanges)).toBe(3);

    // A reload that leaves the route as it was closes no circuit; one that changes its parts does.
    proxy.apply({ ...settings, debug: true });
    expect(await partial(port)).toBe('payment');
    expect(tries(payments.exchanges)).toBe(3);
    const [route] = settings.routes;
    proxy.apply({ ...settings, routes: [{ ...route!, fingerprint: 'another' }] });
    await partial(port);
    expect(tries(payments.exchanges)).toBe(4);
  });

  test('that is no JSON opens its circuit too', async () => {
    const { port, proxy } = await composedFront({
      onPayments: (exchange) => exchange.reply(200, 'hello', ['Content-Type: text/html']),
      service: { circuit },
    });
    for (let i = 0; i < 3; i++) await partial(port);
    expect(proxy.targets.circuits()).toMatchObject([{ route: 'details.payment', phase: 'open' }]);
  });

  test('is asked again after a reset or a 503, but not after a timeout', async () => {
    let failures = 0;
    const { port, payments, stock } = await composedFront({
      service: { retry },
      parts: { stock: { timeout: 150 } },
      onPayments: (exchange) => {
        if (++failures === 1) exchange.connection.socket.resetAndDestroy();
        else if (failures === 2) answerJson(exchange, {}, 503);
        else answerJson(exchange, { paid: true });
      },
      onStock: () => {},
    });
    expect((await answerTo(port, get('/details/7'))).text).toContain('"payment":{"paid":true}');
    expect([tries(payments.exchanges), tries(stock.exchanges)]).toEqual([3, 1]);
  });

  test('is sent once more where its service closed the idle connection just then', async () => {
    const { port, payments } = await composedFront({
      onPayments: (exchange) => {
        if (exchange.index === 1) exchange.connection.socket.resetAndDestroy();
        else answerJson(exchange, { paid: true });
      },
    });
    await answerTo(port, get('/details/7'));
    await expect
      .poll(async () => {
        const { text } = await answerTo(port, get('/details/7'));
        expect(text).toBe(whole);
        return payments.exchanges.some(({ index }) => index === 1);
      })
      .toBe(true);
  });

  test('waits for its place in the bulkhead no longer than its own time', async () => {
    const bulkhead = { concurrent: 1, queue: 10, wait: 5_000 };
    const { port, payments } = await composedFront({
      service: { bulkhead },
      parts: { payment: { timeout: 200 } },
      onPayments: () => {},
    });
    const first = answerTo(port, get('/details/7'));
    await payments.exchange(0);
    expect(await partial(port)).toBe('payment');
    expect((await first).get('x-strangler-partial')).toBe('payment');
    payments.handler = (exchange) => answerJson(exchange, { paid: true });
    expect(await partial(port)).toBeUndefined();
  });
});

describe('a composed route', () => {
  const caller = { caller: [{ from: 'header', name: 'x-user-id' }] } as const;

  test('splits its callers like any other, and counts for their arms', async () => {
    const { port, legacy, orders, proxy } = await composedFront({ ...caller, route: { percent: 50 } });
    for (let i = 0; i < 40; i++) await answerTo(port, get('/details/7', `X-User-Id: u${i}`));
    expect(legacy.exchanges.length + orders.exchanges.length).toBe(40);
    expect(Math.min(legacy.exchanges.length, orders.exchanges.length)).toBeGreaterThan(5);
    const arms = Object.fromEntries(proxy.takeArms().map(({ arm, requests }) => [arm, requests]));
    expect(arms).toEqual({ service: orders.exchanges.length, legacy: legacy.exchanges.length });
  });

  test('is legacy’s at 0, and asks nobody else', async () => {
    const { port, orders } = await composedFront({ route: { percent: 0 } });
    expect((await answerTo(port, get('/details/7'))).text).toBe('legacy');
    expect(orders.exchanges).toEqual([]);
  });

  test('is asked for by its id by who knows the secret', async () => {
    const { port } = await composedFront({
      route: { percent: 0 },
      override: { header: 'x-strangler-target', secret: 's3cret' },
    });
    const fields = 'X-Strangler-Target: details; secret=s3cret';
    expect((await answerTo(port, get('/details/7', fields))).text).toBe(whole);
  });

  test('follows its services: an address that changes is asked at once', async () => {
    const { port, proxy, settings, stock, payments } = await composedFront();
    await answerTo(port, get('/details/7'));
    const services = settings.services.map((service) =>
      service.name === 'payments' ? { ...service, urls: [instanceUrl(stock.port)] } : service,
    );
    proxy.apply({ ...settings, services });
    expect((await answerTo(port, get('/details/7'))).text).toContain('"payment":["a","b"]');
    expect(payments.exchanges).toHaveLength(1);
  });
});
