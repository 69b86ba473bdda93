import { describe, expect, test } from 'vitest';
import { unshadowed } from '../../src/domain/shadow.ts';
import type { Pair } from '../../src/shadow/pair.ts';
import { get, post } from '../support/front.ts';
import { instanceUrl, route } from '../support/proxy.ts';
import { answerTo } from '../support/raw-caller.ts';
import { type Exchange, RawTarget } from '../support/raw-target.ts';
import { mirroredFront, textOf, until } from './mirrored-front.ts';

const honouring = (exchange: Exchange) =>
  void exchange.body().then(() => exchange.reply(201, 'would be', ['X-Strangler-Shadow: honoured']));
const answerWith = (status: number, body: string) => (exchange: Exchange) =>
  void exchange.body().then(() => exchange.reply(status, body));

const header = { methods: ['GET', 'POST'], writes: { mode: 'header' } } as const;

describe('writes: header', () => {
  test('copies a write once legacy has carried it out', async () => {
    let copies = 0;
    const { port, service, ended } = await mirroredFront({
      shadow: header,
      onLegacy: (exchange) =>
        void exchange.body().then(() => {
          copies = service.exchanges.length;
          exchange.reply(201, 'is');
        }),
      onService: honouring,
    });
    expect((await answerTo(port, post('/', 'a write'))).text).toBe('is');
    const { pairs } = await ended(1);
    expect(copies).toBe(0);
    expect((await service.exchanges[0]!.body()).toString()).toBe('a write');
    expect(service.exchanges[0]!.get('x-strangler-shadow')).toBe('1');
    expect([textOf(pairs[0]!.legacy), textOf(pairs[0]!.service!)]).toEqual(['is', 'would be']);
    expect(Buffer.concat(pairs[0]!.requestBody!).toString()).toBe('a write');
    expect(pairs[0]!.look).toBe(null);
  });

  test('copies none that legacy refused', async () => {
    const { port, service, ended } = await mirroredFront({ shadow: header, onLegacy: answerWith(422, 'no') });
    await answerTo(port, post('/', 'x'));
    expect((await ended(1)).skipped).toEqual([{ arm: 'legacy', reason: 'legacy-failed' }]);
    expect(service.exchanges).toEqual([]);
  });

  test('stops by itself at the first answer that does not honour it, and says so once', async () => {
    const { port, proxy, service, apply, ended } = await mirroredFront({
      shadow: header,
      onService: answerWith(201, 'done'),
    });
    for (let i = 1; i <= 3; i++) {
      await answerTo(port, post('/', 'x'));
      await ended(i);
    }
    const { skipped, serviceFailed } = await ended(3);
    expect(serviceFailed).toHaveLength(1);
    expect(skipped.map(({ reason }) => reason)).toEqual(['unsafe-method', 'unsafe-method']);
    expect(service.exchanges).toHaveLength(1);
    expect(proxy.events).toEqual([
      {
        type: 'shadow.stopped',
        route: 'r',
        reason: 'orders answered the copy of a write without "x-strangler-shadow: honoured"',
      },
    ]);
    // Reads go on, a shift changes nothing, and turning it off and on begins anew.
    await answerTo(port, get('/'));
    expect((await ended(4)).pairs).toHaveLength(1);
    apply({ shadowLive: 50 });
    apply({ shadowLive: 100 });
    await answerTo(port, post('/', 'x'));
    expect((await ended(5)).skipped).toHaveLength(3);
    apply({ shadowLive: 0 });
    apply({ shadowLive: 100 });
    service.handler = honouring;
    await answerTo(port, post('/', 'x'));
    expect((await ended(6)).pairs).toHaveLength(2);
  });

  test('risks one write at a time until the service has shown that it honours it', async () => {
    const { port, service, ended } = await mirroredFront({ shadow: header, onService: () => {} });
    await answerTo(port, post('/1', 'x'));
    const first = await service.exchange(0);
    await answerTo(port, post('/2', 'x'));
    expect((await ended(1)).skipped).toEqual([{ arm: 'legacy', reason: 'queue-full' }]);
    first.reply(201, '', ['x-strangler-shadow: honoured']);
    await ended(2);
    await Promise.all([answerTo(port, post('/3', 'x')), answerTo(port, post('/4', 'x'))]);
    await until(() => service.exchanges.length === 3);
  });

  test('goes on a connection of its own, since a service may be closing the one that is idle', async () => {
    const { port, service, ended } = await mirroredFront({
      shadow: header,
      onService: (exchange) => {
        // As if it had closed the connection just before the copy came.
        if (exchange.index > 0) exchange.connection.socket.resetAndDestroy();
        else honouring(exchange);
      },
    });
    await answerTo(port, get('/'));
    await ended(1);
    for (let i = 2; i <= 4; i++) {
      await answerTo(port, post('/', 'x'));
      await ended(i);
    }
    const { pairs, serviceFailed } = await ended(4);
    expect([pairs.length, serviceFailed]).toEqual([4, []]);
    expect(service.exchanges.map(({ index }) => index)).toEqual([0, 0, 0, 0]);
  });

  test('tries again after a service that only failed', async () => {
    const { port, service, ended } = await mirroredFront({
      shadow: header,
      onService: ({ connection }) => connection.socket.resetAndDestroy(),
    });
    await answerTo(port, post('/1', 'x'));
    expect((await ended(1)).serviceFailed).toHaveLength(1);
    service.handler = honouring;
    await answerTo(port, post('/2', 'x'));
    expect((await ended(2)).pairs).toHaveLength(1);
  });
});

test('writes: url sends the copy of a write to the sister instance, and reads to the service', async () => {
  const sister = await RawTarget.start(answerWith(201, 'sister'));
  const { port, service, ended } = await mirroredFront({
    shadow: { methods: ['GET', 'POST'], writes: { mode: 'url', url: instanceUrl(sister.port) } },
  });
  await answerTo(port, post('/w', 'x'));
  await ended(1);
  await answerTo(port, get('/r'));
  const { pairs } = await ended(2);
  expect(sister.exchanges.map(({ target }) => target)).toEqual(['/w']);
  expect(service.exchanges.map(({ target }) => target)).toEqual(['/r']);
  expect(textOf(pairs[0]!.service!)).toBe('sister');
  await sister.close();
});

describe('writes: readback', () => {
  const shadow = {
    methods: ['GET', 'POST'],
    writes: { mode: 'readback', get: '/orders/{id}', within: 5_000 },
  } as const;
  const looked = (pair: Pair, path: string | null) =>
    new Promise<readonly string[] | null>((resolve) =>
      pair.look!.ask(1, path, (both) => resolve(both && [textOf(both.legacy), textOf(both.service)])),
    );

  test('sends nothing of the write, and asks both for what it left behind', async () => {
    const { port, service, legacy, ended } = await mirroredFront({
      shadow,
      onLegacy: (exchange) => void exchange.body().then(() => exchange.reply(200, `legacy ${exchange.target}`)),
      onService: (exchange) => exchange.reply(200, `service ${exchange.target}`),
    });
    await answerTo(port, post('/orders', '{}', 'Content-Type: application/json', 'If-Match: x', 'Cookie: a=b'));
    const { pairs } = await ended(1);
    expect(service.exchanges).toEqual([]);
    expect([pairs[0]!.service, pairs[0]!.again]).toEqual([null, null]);

    expect(await looked(pairs[0]!, '/orders/7')).toEqual(['legacy /orders/7', 'service /orders/7']);
    for (const { exchanges } of [legacy, service]) {
      const exchange = exchanges.at(-1)!;
      expect(exchange.method).toBe('GET');
      expect(exchange.get('x-strangler-shadow')).toBe('1');
      expect(exchange.get('cookie')).toBe('a=b');
      expect([exchange.get('content-type'), exchange.get('content-length'), exchange.get('if-match')]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  test('asks the service for its own path, by the route that reads it', async () => {
    const { port, service, ended } = await mirroredFront({
      routes: [
        route('w', 'orders', {
          path: '/api/orders',
          methods: ['POST'],
          percent: 0,
          rewrite: '/v2',
          shadow: { ...unshadowed, ...shadow, percent: 100 },
        }),
        route('read', 'orders', { path: '/api/orders/:id', percent: 0, rewrite: '/v2/:id' }),
      ],
    });
    await answerTo(port, post('/api/orders', 'x'));
    const { pairs } = await ended(1);
    await looked(pairs[0]!, '/api/orders/7?full=1');
    await looked(pairs[0]!, '/other/7');
    expect(service.exchanges.map(({ target }) => target)).toEqual(['/v2/7?full=1', '/other/7']);
  });

  test.each(['/a b', '/a\r\nX: y', 'a', '/é', '/a#b', `/${'x'.repeat(9_000)}`])(
    'asks for no path that a request line can’t have: %j',
    async (path) => {
      const { port, service, legacy, ended } = await mirroredFront({ shadow });
      await answerTo(port, post('/orders', '{}'));
      const { pairs } = await ended(1);
      expect(await looked(pairs[0]!, path)).toBe(null);
      expect([legacy.exchanges.length, service.exchanges.length]).toEqual([1, 0]);
    },
  );

  test('has nothing to read back of a write that legacy refused', async () => {
    const { port, ended } = await mirroredFront({ shadow, onLegacy: answerWith(409, 'no') });
    await answerTo(port, post('/orders', '{}'));
    expect((await ended(1)).skipped).toEqual([{ arm: 'legacy', reason: 'legacy-failed' }]);
  });
});
