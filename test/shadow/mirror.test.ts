import { describe, expect, test } from 'vitest';
import { get, post } from '../support/front.ts';
import { answerTo } from '../support/raw-caller.ts';
import { mirroredFront, textOf } from './mirrored-front.ts';

const traceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;

describe('a shadow', () => {
  test('asks the service what legacy answers, and makes a pair of the two', async () => {
    const { port, service, ended } = await mirroredFront({
      onLegacy: (exchange) => exchange.reply(200, 'control', ['X-By: legacy']),
      onService: (exchange) => exchange.reply(201, 'candidate', ['X-By: service']),
    });

    const answer = await answerTo(port, get('/a?b=c', 'X-One: 1'));

    expect(answer.body.toString()).toBe('control');
    const { pairs, skipped, serviceFailed } = await ended(1);
    expect([skipped, serviceFailed]).toEqual([[], []]);
    const pair = pairs[0]!;
    expect(pair).toMatchObject({
      route: 'r',
      arm: 'legacy',
      method: 'GET',
      url: '/a?b=c',
      headers: ['Host', 'shop.example', 'X-One', '1'],
      clientIp: '127.0.0.1',
      requestBody: null,
      legacy: { status: 200, whole: true },
      service: { status: 201, whole: true },
      again: null,
      look: null,
    });
    expect([textOf(pair.legacy), textOf(pair.service!)]).toEqual(['control', 'candidate']);
    expect(pair.legacy.headers).toContain('legacy');
    expect(pair.service!.headers).toContain('service');
    expect(pair.legacy.milliseconds).toBeGreaterThan(0);
    expect(pair.service!.milliseconds).toBeGreaterThan(0);
    expect(service.exchanges[0]!.get('x-strangler-shadow')).toBe('1');
    expect(service.exchanges[0]!.get('traceparent')).toBe(pair.traceparent);
    expect(pair.traceparent).toMatch(traceparent);
  });

  test('is the request as legacy got it, but for the two fields that say what it is', async () => {
    const { port, legacy, service, ended } = await mirroredFront();
    await answerTo(port, get('/a%2Fb//c?x=%20', 'x-MiXed: Case', 'Accept: */*', 'X-Forwarded-For: 6.6.6.6'));
    await ended(1);
    const own = /\r\n(?:x-strangler-shadow|traceparent): [^\r]*/g;
    expect(service.exchanges[0]!.head.replace(own, '')).toBe(legacy.exchanges[0]!.head);
  });

  test('goes to the service’s own path, where the route rewrites it', async () => {
    const { port, service, ended } = await mirroredFront({
      route: { matches: [{ methods: null, path: '/api/:id', host: null, headers: [], query: [] }], rewrite: '/v2/:id' },
    });
    await answerTo(port, get('/api/7?q=1'));
    await ended(1);
    expect(service.exchanges[0]!.target).toBe('/v2/7?q=1');
  });

  test('keeps the caller’s own trace', async () => {
    const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { port, service, ended } = await mirroredFront();
    await answerTo(port, get('/', `Traceparent: ${given}`));
    const { pairs } = await ended(1);
    expect(pairs[0]!.traceparent).toBe(given);
    expect(service.exchanges[0]!.all('traceparent')).toEqual([given]);
  });

  test('of a request with a body is sent with its length, though it came in chunks', async () => {
    const { port, legacy, service, ended } = await mirroredFront({ shadow: { methods: ['REPORT'] } });
    const chunks = '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n';
    await answerTo(
      port,
      `REPORT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    );
    const { pairs } = await ended(1);
    const copy = service.exchanges[0]!;
    expect((await copy.body()).toString()).toBe('abcdefg');
    expect([copy.get('content-length'), copy.get('transfer-encoding'), copy.get('expect')]).toEqual([
      '7',
      undefined,
      undefined,
    ]);
    expect(legacy.exchanges[0]!.get('expect')).toBe('100-continue');
    expect(Buffer.concat(pairs[0]!.requestBody!).toString()).toBe('abcdefg');
  });

  test('follows no redirect', async () => {
    const { port, service, ended } = await mirroredFront({
      onService: (exchange) => exchange.reply(302, '', ['Location: /elsewhere']),
    });
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    expect(pairs[0]!.service!.status).toBe(302);
    expect(service.exchanges).toHaveLength(1);
  });

  test('has connections of its own, and uses them again', async () => {
    const { port, service, proxy, ended } = await mirroredFront();
    for (let i = 1; i <= 5; i++) {
      await answerTo(port, get('/'));
      await ended(i);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(service.connections).toHaveLength(1);
    expect(proxy.targets.connections).toBe(1);
  });

  test('tells a Location in the caller’s terms on both sides', async () => {
    const { port, legacy, service, ended } = await mirroredFront({ legacy: { host: 'target' } });
    legacy.handler = (exchange) => exchange.reply(302, '', [`Location: http://127.0.0.1:${legacy.port}/x`]);
    service.handler = (exchange) => exchange.reply(302, '', ['Location: http://shop.example/x']);
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    expect(pairs[0]!.legacy.headers).toContain('http://shop.example/x');
    expect(pairs[0]!.service!.headers).toContain('http://shop.example/x');
  });

  test('shows what the target said, without the proxy’s own cookie and facts', async () => {
    const { port, ended } = await mirroredFront({ debug: true, live: { live: 50 } });
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    expect(pairs[0]!.legacy.headers.join()).not.toMatch(/strangler/);
  });
});

describe('a request that is not shadowed and not counted', () => {
  test.each([
    ['a shadow itself', {}, get('/', 'X-Strangler-Shadow: 1')],
    [
      'an override',
      { override: { header: 'x-strangler-target', secret: 's' } },
      get('/', 'X-Strangler-Target: legacy; secret=s'),
    ],
    ['of no route', { routes: [] }, get('/')],
    ['of a route that is retired', { route: { retired: true, percent: 100 } }, get('/')],
    ['of a route whose shadow percent is 0', { shadow: { percent: 0 } }, get('/')],
    ['of a route whose live shadow percent is 0', { live: { shadowLive: 0 } }, get('/')],
  ])('%s', async (_name, options, request) => {
    const { port, service, legacy, endings } = await mirroredFront(options);
    await answerTo(port, request);
    await answerTo(port, request);
    expect(service.exchanges.length + legacy.exchanges.length).toBe(2);
    expect(endings).toEqual({ pairs: [], skipped: [], serviceFailed: [] });
  });
});

describe('the shadow percent', () => {
  test('is the live one, while that belongs to the route’s service', async () => {
    const { port, apply, ended } = await mirroredFront({ shadow: { percent: 0 }, live: { shadowLive: 100 } });
    await answerTo(port, get('/'));
    expect((await ended(1)).pairs).toHaveLength(1);
    apply({ shadowLive: 100, service: 'another' });
    await answerTo(port, get('/'));
    apply({ shadowLive: 100 });
    await answerTo(port, get('/'));
    expect((await ended(2)).pairs).toHaveLength(2);
  });

  test('leaves out what lies beyond it, to two decimals', async () => {
    const draws = [0.1233, 0.1234, 0.1235];
    const { port, ended } = await mirroredFront({ shadow: { percent: 12.35 }, chance: () => draws.shift()! });
    for (let i = 1; i <= 3; i++) {
      await answerTo(port, get('/'));
      await ended(i);
    }
    const { pairs, skipped } = await ended(3);
    expect(pairs).toHaveLength(2);
    expect(skipped).toEqual([{ arm: 'legacy', reason: 'not-sampled' }]);
  });
});

describe('a split', () => {
  test('is shadowed in both arms, each by the other target', async () => {
    const { port, apply, legacy, service, ended } = await mirroredFront({
      onLegacy: (exchange) => exchange.reply(200, 'legacy'),
      onService: (exchange) => exchange.reply(200, 'service'),
      live: { live: 100 },
    });
    expect((await answerTo(port, get('/1'))).body.toString()).toBe('service');
    await ended(1);
    expect(legacy.exchanges[0]!.get('x-strangler-shadow')).toBe('1');
    apply({ live: 0 });
    expect((await answerTo(port, get('/2'))).body.toString()).toBe('legacy');
    const { pairs } = await ended(2);
    expect(service.exchanges[1]!.get('x-strangler-shadow')).toBe('1');
    expect(pairs.map(({ arm }) => arm)).toEqual(['service', 'legacy']);
    for (const { legacy: control, service: candidate } of pairs) {
      expect([textOf(control), textOf(candidate!)]).toEqual(['legacy', 'service']);
    }
  });

  test('counts what fell back to legacy as failed by the service', async () => {
    const { port, service, legacy, ended } = await mirroredFront({ live: { live: 100 } });
    service.handler = (exchange) => exchange.reply(503, 'no');
    expect((await answerTo(port, get('/'))).body.toString()).toBe('ok');
    service.handler = (exchange) => exchange.connection.socket.resetAndDestroy();
    expect((await answerTo(port, get('/'))).body.toString()).toBe('ok');
    const { serviceFailed } = await ended(2);
    expect(serviceFailed).toEqual(['service', 'service']);
    expect(legacy.exchanges.filter((one) => one.get('x-strangler-shadow') === undefined)).toHaveLength(2);
  });

  test('never copies the service’s writes to legacy', async () => {
    const { port, legacy, ended } = await mirroredFront({
      live: { live: 100 },
      shadow: { methods: ['POST'], writes: { mode: 'header' } },
    });
    await answerTo(port, post('/', 'x'));
    expect((await ended(1)).skipped).toEqual([{ arm: 'service', reason: 'unsafe-method' }]);
    expect(legacy.exchanges).toEqual([]);
  });
});
