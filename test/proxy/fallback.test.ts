import { describe, expect, test } from 'vitest';
import { type FrontOptions, front, get, message, post } from '../support/front.ts';
import { instanceUrl, route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';

const routes = [route('order', 'orders', { path: '/orders/*' })];
const onLegacy = (exchange: Exchange) =>
  void exchange.body().then(
    (body) => exchange.reply(200, `legacy ${exchange.method} ${body}`),
    () => {},
  );

const withService = (onService: (exchange: Exchange) => void, more: FrontOptions = {}) =>
  front({
    routes,
    onLegacy,
    onService,
    service: { timeout: { connect: 500, response: 300, idle: 300, total: 0 } },
    ...more,
  });

/** A front whose service's port answers nothing. */
async function withoutService(more: FrontOptions = {}) {
  const built = await front({ routes, onLegacy, ...more });
  await built.service.close();
  return built;
}

describe('where the service fails before its first byte, legacy answers', () => {
  test('a connection that is refused', async () => {
    const { port, proxy } = await withoutService();

    expect(await answerTo(port, get('/orders/1'))).toMatchObject({ status: 200, text: 'legacy GET ' });

    expect(proxy.counts).toMatchObject({ started: 2, finished: 2, fellBack: 1 });
    expect([proxy.outcomesOf('orders'), proxy.outcomesOf('legacy')]).toEqual([['failed'], ['2xx']]);
    expect(proxy.events).toMatchObject([{ type: 'request.failed', code: 'target-refused', target: 'orders' }]);
  });

  test.each([
    ['a reset', (exchange: Exchange) => exchange.connection.socket.resetAndDestroy()],
    ['an end', (exchange: Exchange) => exchange.connection.socket.end()],
    ['a reset in the head', (exchange: Exchange) => exchange.connection.socket.end('HTTP/1.1 200 OK\r\nX-')],
    ['silence', () => {}],
    ['what is no HTTP', (exchange: Exchange) => exchange.send('no HTTP at all\r\n\r\n')],
    ['502', (exchange: Exchange) => exchange.reply(502, 'service')],
    ['503', (exchange: Exchange) => exchange.reply(503, 'service')],
    ['504 with a long body', (exchange: Exchange) => exchange.reply(504, Buffer.alloc(1_000_000, 'service'))],
  ])('%s', async (title, onService) => {
    const { port, service, proxy } = await withService(onService);

    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const answer = await answerTo(port, message(method, '/orders/1', [], ''));
      expect(answer.status).toBe(200);
      expect(answer.text).toBe(method === 'HEAD' ? '' : `legacy ${method} `);
    }

    expect(service.exchanges).toHaveLength(3);
    if (/^50[23]/.test(title)) expect(service.openConnections).toBeGreaterThan(0);
    else await Promise.all(service.connections.map(({ closed }) => closed));
    expect(proxy.counts).toMatchObject({ started: 6, finished: 6, fellBack: 3 });
    expect(proxy.outcomesOf('orders')).toEqual(Array(3).fill(/^50[234]/.test(title) ? '5xx' : 'failed'));
    expect(proxy.outcomesOf('legacy')).toEqual(['2xx', '2xx', '2xx']);
  });

  test('legacy’s time begins when it is asked', async () => {
    const { port, proxy } = await withService((exchange) => void setTimeout(() => exchange.reply(503), 250));

    await answerTo(port, get('/orders/1'));

    const [slow, quick] = ['orders', 'legacy'].map((name) =>
      proxy.figures().find(({ route, target }) => route === 'order' && target === name),
    );
    expect(slow!.milliseconds).toBeGreaterThan(200);
    expect(quick!.milliseconds).toBeLessThan(slow!.milliseconds);
  });

  test('a GET with a body that is still in our hands, byte for byte', async () => {
    const { port, legacy } = await withService((exchange) => exchange.reply(503));
    const body = 'q'.repeat(60_000);

    const answer = await answerTo(port, message('GET', '/orders/1', [`Content-Length: ${body.length}`], body));

    expect(answer.text).toBe(`legacy GET ${body}`);
    expect((await legacy.exchange(0)).get('content-length')).toBe('60000');
  });

  test('a chunked one with trailers, and one that is still on its way when the service fails', async () => {
    const { port, legacy, service } = await withService((exchange) => exchange.reply(503));
    const caller = await RawCaller.connect(port);
    caller.send(message('PROPFIND', '/orders/1', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n'));
    await service.exchange(0);
    await legacy.exchange(0);
    caller.send('6\r\n world\r\n0\r\nX-Sum: 42\r\n\r\n');

    expect((await caller.answer('PROPFIND'))?.text).toBe('legacy PROPFIND hello world');
    expect((await legacy.exchange(0)).trailers).toEqual(['X-Sum: 42']);
    caller.destroy();
  });

  test('a POST that never reached the service', async () => {
    const { port, legacy } = await withoutService();

    expect((await answerTo(port, post('/orders/1', 'hello'))).text).toBe('legacy POST hello');

    expect(legacy.exchanges).toHaveLength(1);
  });

  test('after every instance of the service has been tried', async () => {
    const built = await withoutService();
    const [dead] = built.settings.services;
    const alive = { ...dead!, urls: [...dead!.urls, instanceUrl(built.legacy.port)] };
    built.proxy.apply({ ...built.settings, services: [alive] });

    for (let i = 0; i < 4; i++) expect((await answerTo(built.port, post('/orders/1', 'x'))).status).toBe(200);

    expect(built.proxy.counts.fellBack).toBe(0);
    expect(built.legacy.exchanges).toHaveLength(4);
  });
});

describe('legacy is not asked', () => {
  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'MKCOL'])(
    'for a %s that may have reached the service',
    async (method) => {
      for (const fail of [
        (exchange: Exchange) => exchange.connection.socket.resetAndDestroy(),
        (exchange: Exchange) => exchange.reply(503, 'service'),
        () => {},
      ]) {
        const { port, legacy, service } = await withService(fail);

        const answer = await answerTo(port, message(method, '/orders/1', ['Content-Length: 2'], 'hi'));

        expect([502, 503, 504]).toContain(answer.status);
        expect(legacy.exchanges).toEqual([]);
        expect(service.exchanges).toHaveLength(1);
      }
    },
  );

  test('where the route has no fallback', async () => {
    const plain = [route('order', 'orders', { path: '/orders/*', fallback: null })];
    const answering = await withService((exchange) => exchange.reply(503, 'service'), { routes: plain });
    const absent = await withoutService({ routes: plain });

    expect((await answerTo(answering.port, get('/orders/1'))).text).toBe('service');
    expect((await answerTo(absent.port, get('/orders/1'))).get('x-strangler-error')).toBe('target-refused');

    expect([...answering.legacy.exchanges, ...absent.legacy.exchanges]).toEqual([]);
  });

  test('for a route that legacy is retired from', async () => {
    const { port, legacy } = await withoutService({
      routes: [route('order', 'orders', { path: '/orders/*', retired: true })],
    });

    expect((await answerTo(port, get('/orders/1'))).status).toBe(502);

    expect(legacy.exchanges).toEqual([]);
  });

  test('for who asked for the service by name', async () => {
    const { port, legacy } = await withoutService({ override: { header: 'x-strangler-target', secret: 's3cret' } });

    const answer = await answerTo(port, get('/orders/1', 'X-Strangler-Target: orders; secret=s3cret'));

    expect(answer.status).toBe(502);
    expect(legacy.exchanges).toEqual([]);
  });

  test('for an answer that is not on the list', async () => {
    const { port } = await withService((exchange) => exchange.reply(Number(exchange.target.slice(-3)), 'service'), {
      routes: [route('order', 'orders', { path: '/orders/*', fallback: { on: [500] } })],
    });

    expect((await answerTo(port, get('/orders/503'))).text).toBe('service');
    expect((await answerTo(port, get('/orders/404'))).text).toBe('service');
    expect((await answerTo(port, get('/orders/500'))).text).toBe('legacy GET ');
  });

  test('once anything of the service’s answer has been sent: it is cut, and never two answers joined', async () => {
    const { port, legacy } = await withService((exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      setTimeout(() => exchange.connection.socket.resetAndDestroy(), 30);
    });

    expect(await answerTo(port, get('/orders/1'))).toMatchObject({ status: 200, text: 'half', complete: false });

    expect(legacy.exchanges).toEqual([]);
  });

  test('for a GET whose body was too long to keep', async () => {
    const { port, legacy } = await withService(
      (exchange) => void exchange.body().then(() => exchange.reply(503, 'no')),
    );
    const body = 'q'.repeat(70_000);

    const answer = await answerTo(port, message('GET', '/orders/1', [`Content-Length: ${body.length}`], body));

    expect(answer).toMatchObject({ status: 503, text: 'no' });
    expect(legacy.exchanges).toEqual([]);
  });

  test('twice: its own failure is the answer', async () => {
    const { port, legacy, service } = await withService((exchange) => exchange.reply(503, 'service'), {
      onLegacy: (exchange) => exchange.reply(503, 'legacy'),
    });

    expect(await answerTo(port, get('/orders/1'))).toMatchObject({ status: 503, text: 'legacy' });

    expect([legacy.exchanges.length, service.exchanges.length]).toEqual([1, 1]);
  });
});

describe('a target connection that had gone stale', () => {
  /** Answers once, and resets the connection at its second request. */
  const onceOnly = (exchange: Exchange) => {
    if (exchange.index === 0) exchange.reply(200, 'fresh');
    else exchange.connection.socket.resetAndDestroy();
  };

  const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

  test('costs a GET one more try on a fresh one', async () => {
    const { port, legacy } = await front({ onLegacy: onceOnly });
    await answerTo(port, get('/1'));
    await settled();

    expect((await answerTo(port, get('/2'))).text).toBe('fresh');

    expect(legacy.exchanges.map(({ target, index }) => [target, index])).toEqual([
      ['/1', 0],
      ['/2', 1],
      ['/2', 0],
    ]);
  });

  test('costs a POST its answer: it may have been done', async () => {
    const { port, legacy } = await front({ onLegacy: onceOnly });
    await answerTo(port, get('/1'));
    await settled();

    const answer = await answerTo(port, post('/2', 'hello'));

    expect(answer.get('x-strangler-error')).toBe('target-reset');
    expect(legacy.exchanges).toHaveLength(2);
  });

  test('is tried again once and no more', async () => {
    const { port, legacy } = await front({ onLegacy: (exchange) => exchange.connection.socket.resetAndDestroy() });
    legacy.handler = onceOnly;
    await answerTo(port, get('/1'));
    await settled();
    legacy.handler = (exchange) => exchange.connection.socket.resetAndDestroy();

    expect((await answerTo(port, get('/2'))).status).toBe(502);

    expect(legacy.exchanges.filter(({ target }) => target === '/2')).toHaveLength(2);
  });

  test('costs no try where any of the answer had come', async () => {
    const { port, legacy } = await front({ onLegacy: (exchange) => exchange.reply(200) });
    await answerTo(port, get('/1'));
    await settled();
    legacy.handler = (exchange) => exchange.connection.socket.end('HTTP/1.1 200');

    expect((await answerTo(port, get('/2'))).status).toBe(502);

    expect(legacy.exchanges).toHaveLength(2);
  });
});
