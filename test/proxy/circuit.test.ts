import { describe, expect, test } from 'vitest';
import type { CircuitSettings } from '../../src/domain/policies.ts';
import { type FrontOptions, front, get, message, post } from '../support/front.ts';
import { instanceUrl, route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';
import { eventually } from '../target/wire/fixture.ts';

const circuit: CircuitSettings = { failures: 3, rate: 50, window: 10_000, volume: 20, reset: 60_000 };
const quick: CircuitSettings = { ...circuit, reset: 50 };

const order = route('order', 'orders', { path: '/orders/*' });
const stock = route('stock', 'orders', { path: '/stock/*' });
const alone = [
  { ...order, fallback: null },
  { ...stock, fallback: null },
];

const onLegacy = (exchange: Exchange) =>
  void exchange.body().then(
    (body) => exchange.reply(200, `legacy ${exchange.method} ${body}`),
    () => {},
  );

function guarded(onService: (exchange: Exchange) => void, settings: CircuitSettings, more: FrontOptions = {}) {
  const timeout = { connect: 500, response: 300, idle: 300, total: 0 };
  return front({ routes: [order, stock], onLegacy, onService, service: { circuit: settings, timeout }, ...more });
}

const elapse = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a service that keeps failing', () => {
  test.each([
    ['500', (exchange: Exchange) => exchange.reply(500, 'oh')],
    ['503', (exchange: Exchange) => exchange.reply(503, 'oh')],
    ['a reset', (exchange: Exchange) => exchange.connection.socket.resetAndDestroy()],
    ['silence', () => {}],
    ['what is no HTTP', (exchange: Exchange) => exchange.send('no HTTP at all\r\n\r\n')],
    [
      'an answer that breaks off, though its head was well',
      (exchange: Exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
        setTimeout(() => exchange.connection.socket.resetAndDestroy(), 10);
      },
    ],
  ])('with %s is asked no more, and who asks for it is told at once', async (_title, onService) => {
    const { port, service, proxy } = await guarded(onService, circuit, { routes: alone });

    for (let i = 0; i < 3; i++) await answerTo(port, get('/orders/1'));
    const asked = service.exchanges.length;
    const answer = await answerTo(port, get('/orders/1'));

    expect(answer.status).toBe(503);
    expect(answer.get('x-strangler-error')).toBe('circuit-open');
    expect(Number(answer.get('retry-after'))).toBeGreaterThan(50);
    expect([asked, service.exchanges.length]).toEqual([3, 3]);
    expect(proxy.events).toContainEqual({
      type: 'circuit.opened',
      target: 'orders',
      route: 'order',
      why: '3 failures in a row',
    });
    expect(proxy.targets.circuits()).toMatchObject([{ target: 'orders', route: 'order', phase: 'open', opened: 1 }]);
  });

  test('by breaking answers off is asked no more, however many were whole before', async () => {
    let breaks = false;
    const { port, service } = await guarded(
      (exchange) => {
        if (!breaks) exchange.reply(200, 'whole');
        else {
          exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
          setTimeout(() => exchange.connection.socket.resetAndDestroy(), 10);
        }
      },
      { ...circuit, volume: 4 },
      { routes: alone },
    );
    for (let i = 0; i < 20; i++) await answerTo(port, get('/orders/1'));

    breaks = true;
    for (let i = 0; i < 4; i++) await answerTo(port, get('/orders/1'));

    expect(service.exchanges.length).toBe(23);
  });

  test('on one route is asked for its others', async () => {
    const { port } = await guarded(
      (exchange) => exchange.reply(exchange.target.startsWith('/orders') ? 500 : 200, 'service'),
      circuit,
      { routes: alone },
    );
    for (let i = 0; i < 4; i++) await answerTo(port, get('/orders/1'));

    expect((await answerTo(port, get('/orders/1'))).status).toBe(503);
    expect((await answerTo(port, get('/stock/1'))).text).toBe('service');
  });

  test('to connect is asked for none of its routes, and closes for all of them', async () => {
    const built = await guarded(() => {}, quick, { routes: alone });
    const { port, proxy, service } = built;
    const servicePort = service.port;
    await service.close();
    for (let i = 0; i < 3; i++) await answerTo(port, get('/orders/1'));

    expect((await answerTo(port, get('/stock/1'))).get('x-strangler-error')).toBe('circuit-open');
    expect(proxy.events).toContainEqual(expect.objectContaining({ type: 'circuit.opened', route: '*' }));

    await service.reopen(servicePort);
    service.handler = (exchange) => exchange.reply(200, 'back');
    await elapse(60);
    expect((await answerTo(port, get('/stock/1'))).text).toBe('back');
    expect((await answerTo(port, get('/orders/1'))).text).toBe('back');
    expect(proxy.events.at(-1)).toEqual({ type: 'circuit.closed', target: 'orders', route: '*' });
  });

  test('is not to blame for one bad instance of several', async () => {
    const built = await guarded((exchange) => exchange.reply(200, 'well'), circuit);
    const [orders] = built.settings.services;
    const gone = await front();
    const deadPort = gone.service.port;
    await gone.service.close();
    const urls = [instanceUrl(deadPort), instanceUrl(built.service.port)];
    built.proxy.apply({ ...built.settings, services: [{ ...orders!, urls }] });

    for (let i = 0; i < 12; i++) expect((await answerTo(built.port, get('/orders/1'))).text).toBe('well');

    expect(built.proxy.targets.circuits()).toEqual([]);
  });
});

describe('what is no failure', () => {
  test('is a 4xx', async () => {
    const { port, service } = await guarded((exchange) => exchange.reply(404, 'no'), circuit);

    for (let i = 0; i < 10; i++) expect((await answerTo(port, get('/orders/1'))).text).toBe('no');

    expect(service.exchanges).toHaveLength(10);
  });

  test('is a caller who leaves', async () => {
    const { port, service, proxy } = await guarded(() => {}, circuit);
    for (let i = 0; i < 6; i++) {
      const caller = await RawCaller.connect(port);
      caller.send(get('/orders/1'));
      await service.exchange(i);
      caller.reset();
      await service.exchanges[i]!.connection.closed;
    }

    await eventually(() => proxy.proxy.inFlight() === 0);
    expect(proxy.targets.circuits()).toEqual([]);
  });

  test('is a kept connection that was closed meanwhile, of what may not be sent twice', async () => {
    const { port, proxy } = await guarded(
      (exchange) => {
        if (exchange.index > 0) exchange.connection.socket.resetAndDestroy();
        else void exchange.body().then(() => exchange.reply(200, 'well'));
      },
      { ...circuit, volume: 4 },
      { routes: alone },
    );

    const answers = [];
    for (let i = 0; i < 20; i++) {
      answers.push((await answerTo(port, post('/orders/1', 'hi'))).status);
      // Until it has been put aside for the next one.
      await elapse(10);
    }

    expect(answers.filter((status) => status === 502).length).toBeGreaterThan(5);
    expect(proxy.targets.circuits()).toEqual([]);
  });

  test('is not a service that dies of each such request, though the connections that it breaks were kept', async () => {
    const { port, service } = await guarded(
      (exchange) => {
        if (exchange.method === 'POST') exchange.connection.socket.resetAndDestroy();
        else exchange.reply(200, 'well');
      },
      circuit,
      { routes: alone },
    );

    for (let i = 0; i < 8; i++) {
      await answerTo(port, get('/stock/1'));
      await elapse(10);
      await answerTo(port, post('/orders/1', 'hi'));
    }

    expect(service.exchanges.filter(({ method, index }) => method === 'POST' && index > 0)).toHaveLength(4);
    expect((await answerTo(port, post('/orders/1', 'hi'))).get('x-strangler-error')).toBe('circuit-open');
  });

  test('is what was under way before the circuit opened', async () => {
    const { port, service, proxy } = await guarded(
      (exchange) => void (exchange.target === '/orders/slow' || exchange.reply(500)),
      quick,
      { routes: alone },
    );
    const slow = [];
    for (let i = 0; i < 3; i++) {
      const caller = await RawCaller.connect(port);
      caller.send(get('/orders/slow'));
      slow.push(caller);
    }
    await service.exchange(2);
    for (let i = 0; i < 3; i++) await answerTo(port, get('/orders/1'));
    expect(proxy.targets.circuits()).toMatchObject([{ phase: 'open' }]);
    await elapse(60);
    service.handler = (exchange) => exchange.reply(200);
    await answerTo(port, get('/orders/1'));

    // They time out now, on a circuit that has closed again.
    for (const caller of slow) expect((await caller.answer())?.status).toBe(504);

    expect(proxy.targets.circuits()).toMatchObject([{ phase: 'closed', opened: 1 }]);
    for (const caller of slow) caller.destroy();
  });
});

describe('the probe', () => {
  /** A front whose circuit is open, and due for its probe. */
  async function due(more: FrontOptions = {}) {
    const built = await guarded((exchange) => exchange.reply(500), quick, { routes: alone, ...more });
    for (let i = 0; i < 3; i++) await answerTo(built.port, get('/orders/1'));
    built.service.handler = () => {};
    await elapse(60);
    return built;
  }

  test('is one request; while it is out everyone else is refused at once', async () => {
    const { port, service } = await due();
    const probe = await RawCaller.connect(port);
    probe.send(get('/orders/probe'));
    await service.exchange(3);

    const others = await Promise.all(Array.from({ length: 20 }, () => answerTo(port, get('/orders/1'))));

    expect(others.map((answer) => answer.get('x-strangler-error'))).toEqual(Array(20).fill('circuit-open'));
    expect(service.exchanges).toHaveLength(4);
    service.exchanges[3]!.reply(200, 'well');
    expect((await probe.answer())?.text).toBe('well');
    service.handler = (exchange) => exchange.reply(200, 'again');
    expect((await answerTo(port, get('/orders/1'))).text).toBe('again');
    probe.destroy();
  });

  test('gives its place to the next where its caller leaves', async () => {
    const { port, service, proxy } = await due();
    const probe = await RawCaller.connect(port);
    probe.send(get('/orders/probe'));
    await service.exchange(3);
    probe.reset();
    await eventually(() => proxy.proxy.inFlight() === 0);
    service.handler = (exchange) => exchange.reply(200, 'well');

    expect((await answerTo(port, get('/orders/1'))).text).toBe('well');
  });

  test('keeps nobody out for good where its caller never ends its body', async () => {
    const { port, service, proxy } = await due();
    const probe = await RawCaller.connect(port);
    probe.send('POST /orders/probe HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 100\r\n\r\nhalf');
    await service.exchange(3);
    service.handler = (exchange) => exchange.reply(200, 'well');
    expect((await answerTo(port, get('/orders/1'))).get('x-strangler-error')).toBe('circuit-open');
    await elapse(900);

    expect((await answerTo(port, get('/orders/1'))).text).toBe('well');

    expect(proxy.targets.circuits()).toMatchObject([{ phase: 'closed', opened: 1 }]);
    probe.destroy();
  });

  test('that hangs ends by its timeout, and the circuit is open again', async () => {
    const { port, proxy } = await due();

    expect((await answerTo(port, get('/orders/probe'))).status).toBe(504);

    expect(proxy.targets.circuits()).toMatchObject([{ phase: 'open', opened: 1 }]);
    expect(proxy.events.filter(({ type }) => type === 'circuit.opened')).toHaveLength(1);
  });
});

describe('where legacy stands in', () => {
  test('it answers at once what an open circuit refuses, whatever the method, byte for byte', async () => {
    const { port, service, proxy, legacy } = await guarded((exchange) => exchange.reply(500), circuit, {
      debug: true,
      routes: [{ ...order, fallback: { on: [503] } }],
    });
    for (let i = 0; i < 3; i++) await answerTo(port, get('/orders/1'));
    const body = 'q'.repeat(100_000);

    const answer = await answerTo(port, post('/orders/1', body));

    expect(answer.text).toBe(`legacy POST ${body}`);
    expect(answer.get('x-strangler-fallback')).toBe('circuit-open');
    expect(answer.get('x-strangler-target')).toBe('legacy');
    expect([service.exchanges.length, legacy.exchanges.length]).toEqual([3, 1]);
    expect(proxy.counts.causes).toEqual(['circuit-open']);
  });

  test('not for who asked for the service by name', async () => {
    const { port, legacy } = await guarded((exchange) => exchange.reply(500), circuit, {
      override: { header: 'x-strangler-target', secret: 's3cret' },
    });
    const asked = get('/orders/1', 'X-Strangler-Target: orders; secret=s3cret');
    for (let i = 0; i < 3; i++) expect((await answerTo(port, asked)).status).toBe(500);

    expect((await answerTo(port, asked)).get('x-strangler-error')).toBe('circuit-open');
    expect(legacy.exchanges).toEqual([]);
  });

  test('a service that fails everything gets few of the requests, its callers none of its failures', async () => {
    for (const fail of [
      (exchange: Exchange) => exchange.reply(503),
      (exchange: Exchange) => exchange.connection.socket.resetAndDestroy(),
    ]) {
      const retry = {
        attempts: 3,
        backoff: { first: 5, longest: 20 },
        budget: 20,
        floor: 3,
        methods: ['GET'],
        on: [502, 503, 504],
      };
      const { port, service } = await guarded(
        fail,
        { ...circuit, failures: 5 },
        {
          service: { circuit: { ...circuit, failures: 5 }, retry },
        },
      );
      let answered = 0;

      const worker = async () => {
        for (let i = 0; i < 10; i++) if ((await answerTo(port, get('/orders/1'))).status === 200) answered++;
      };
      await Promise.all(Array.from({ length: 10 }, worker));

      expect(answered).toBe(100);
      expect(service.exchanges.length).toBeLessThanOrEqual(20);
    }
  });
});

describe('a circuit', () => {
  test('outlives a reload that leaves its target and its route as they were, and no other', async () => {
    const { port, settings, proxy } = await guarded((exchange) => exchange.reply(500), circuit, { routes: alone });
    for (let i = 0; i < 3; i++) await answerTo(port, get('/orders/1'));
    const isOpen = async () => (await answerTo(port, get('/orders/1'))).status === 503;

    proxy.apply({ ...settings, debug: true, routes: [...settings.routes].reverse() });
    expect(await isOpen()).toBe(true);
    proxy.apply({ ...settings, routes: settings.routes.filter(({ id }) => id === 'stock') });
    proxy.apply(settings);
    expect(await isOpen()).toBe(false);
    for (let i = 0; i < 2; i++) await answerTo(port, get('/orders/1'));
    expect(await isOpen()).toBe(true);
    proxy.apply({ ...settings, services: settings.services.map((service) => ({ ...service, via: false })) });
    expect(await isOpen()).toBe(false);
  });

  test('stands before an upgrade too, and opens by what upgrades come to', async () => {
    const { port, service, legacy } = await guarded((exchange) => exchange.reply(500, 'no'), circuit, {
      routes: [{ ...order, fallback: { on: [503] } }],
    });
    const upgrade = message('GET', '/orders/ws', ['Connection: Upgrade', 'Upgrade: websocket'], '');
    for (let i = 0; i < 3; i++) expect((await answerTo(port, upgrade)).text).toBe('no');

    expect((await answerTo(port, upgrade)).text).toBe('legacy GET ');

    expect([service.exchanges.length, legacy.exchanges.length]).toEqual([3, 1]);
  });
});
