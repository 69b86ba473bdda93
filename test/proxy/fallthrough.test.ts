import { describe, expect, test } from 'vitest';
import { type FrontOptions, front, get, message, post } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';

const order = route('order', 'orders', { path: '/orders/*', fallthrough: [404, 501] });
const circuit = { failures: 2, rate: 50, window: 10_000, volume: 20, reset: 60_000 };

const byTarget = (exchange: Exchange) => exchange.reply(Number(exchange.target.slice(-3)), 'service');

const falling = (more: FrontOptions = {}) => front({ routes: [order], onService: byTarget, ...more });

describe('an answer of a service that means "not here yet"', () => {
  test.each(['404', '501'])('%s gives way to legacy’s, and is counted by itself', async (status) => {
    const { port, legacy, service, proxy } = await falling({ debug: true });

    const answer = await answerTo(port, get(`/orders/${status}`));

    expect([answer.text, answer.get('x-strangler-fallback')]).toEqual(['ok', 'fallthrough']);
    expect([service.exchanges.length, legacy.exchanges.length]).toEqual([1, 1]);
    expect(proxy.counts.causes).toEqual(['fallthrough']);
    expect(proxy.events).toEqual([
      { type: 'answer.replaced', route: 'order', target: 'orders', status: Number(status), cause: 'fallthrough' },
    ]);
  });

  test('is no failure: no circuit opens, and nothing is tried again', async () => {
    const retry = { attempts: 3, backoff: { first: 1, longest: 2 }, budget: 20, floor: 3, methods: ['GET'], on: [501] };
    const { port, service, proxy } = await falling({ service: { circuit, retry } });

    for (let i = 0; i < 6; i++) expect((await answerTo(port, get('/orders/501'))).text).toBe('ok');

    expect([service.exchanges.length, proxy.targets.circuits()]).toEqual([6, []]);
  });

  test('holds on a route without fallback too', async () => {
    const { port } = await falling({ routes: [{ ...order, fallback: null }] });

    expect((await answerTo(port, get('/orders/404'))).text).toBe('ok');
    expect((await answerTo(port, get('/orders/503'))).text).toBe('service');
  });

  test('gives way with the whole body of the request', async () => {
    const { port, legacy } = await falling();

    await answerTo(port, message('GET', '/orders/404', ['Content-Length: 5'], 'hello'));

    expect(await (await legacy.exchange(0)).body()).toEqual(Buffer.from('hello'));
  });
});

describe('the connection of an answer that gave way', () => {
  test('is used again, where little was left of it', async () => {
    const { port, service } = await falling();

    for (let i = 0; i < 10; i++) {
      expect((await answerTo(port, get('/orders/404'))).text).toBe('ok');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }

    expect(service.connections).toHaveLength(1);
  });

  test.each([
    ['much', (exchange: Exchange) => exchange.reply(404, Buffer.alloc(1_000_000, 'x'))],
    [
      'an unknown length',
      (exchange: Exchange) => exchange.send('HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n'),
    ],
    [
      'something that never comes',
      (exchange: Exchange) => exchange.send('HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n'),
    ],
  ])('is closed where there was %s left', async (_title, onService) => {
    const { port, service } = await falling({
      onService,
      service: { timeout: { connect: 500, response: 500, idle: 100, total: 0 } },
    });

    expect((await answerTo(port, get('/orders/404'))).text).toBe('ok');

    await service.connections[0]!.closed;
  });
});

describe('it stands', () => {
  test('for a request that may not be sent twice', async () => {
    const { port, legacy } = await falling();

    expect(await answerTo(port, post('/orders/404', 'hello'))).toMatchObject({ status: 404, text: 'service' });

    expect(legacy.exchanges).toEqual([]);
  });

  test('for who asked for the service by name', async () => {
    const { port } = await falling({ override: { header: 'x-strangler-target', secret: 's3cret' } });

    const answer = await answerTo(port, get('/orders/404', 'X-Strangler-Target: orders; secret=s3cret'));

    expect(answer).toMatchObject({ status: 404, text: 'service' });
  });

  test('where it is legacy’s own', async () => {
    const { port, legacy } = await falling({ onLegacy: (exchange) => exchange.reply(404, 'legacy') });

    expect(await answerTo(port, get('/orders/404'))).toMatchObject({ status: 404, text: 'legacy' });

    expect(legacy.exchanges).toHaveLength(1);
  });
});
