import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bucketOf } from '../../src/domain/caller.ts';
import { front, get } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';

const claims = [
  'X-Forwarded-For: 1.1.1.1',
  'X-Forwarded-For: 2.2.2.2, 3.3.3.3',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: spoofed.example',
  'X-Forwarded-Port: 443',
  'X-Forwarded-Prefix: /x',
  'X-Real-IP: 4.4.4.4',
  'Forwarded: for=1.1.1.1;proto=https',
];

describe('what a caller claims about who it asks for', () => {
  test('is replaced', async () => {
    const { port, legacy } = await front();

    await answerTo(port, get('/a', ...claims));

    const exchange = await legacy.exchange(0);
    expect(exchange.all('x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(exchange.all('x-forwarded-proto')).toEqual(['http']);
    expect(exchange.all('x-forwarded-host')).toEqual(['shop.example']);
    expect(exchange.all('forwarded')).toEqual(['for=127.0.0.1;host="shop.example";proto=http']);
    for (const name of ['x-forwarded-port', 'x-forwarded-prefix', 'x-real-ip']) {
      expect(exchange.get(name)).toBeUndefined();
    }
  });

  test('is appended to where the caller is trusted', async () => {
    const { port, legacy } = await front({ listen: { trust: ['127.0.0.0/8'] } });

    await answerTo(port, get('/a', ...claims));

    const exchange = await legacy.exchange(0);
    expect(exchange.all('x-forwarded-for')).toEqual(['1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1']);
    expect(exchange.all('x-forwarded-proto')).toEqual(['https']);
    expect(exchange.all('x-forwarded-host')).toEqual(['spoofed.example']);
    expect(exchange.all('forwarded')).toEqual([
      'for=1.1.1.1;proto=https, for=127.0.0.1;host="shop.example";proto=http',
    ]);
    expect(exchange.get('x-forwarded-port')).toBe('443');
    expect(exchange.get('x-real-ip')).toBe('4.4.4.4');
  });

  test('is filled in where a trusted caller claims nothing', async () => {
    const { port, legacy } = await front({ listen: { trust: ['127.0.0.1'] } });

    await answerTo(port, get('/a'));

    const exchange = await legacy.exchange(0);
    expect(exchange.get('x-forwarded-for')).toBe('127.0.0.1');
    expect(exchange.get('x-forwarded-proto')).toBe('http');
    expect(exchange.get('x-forwarded-host')).toBe('shop.example');
  });

  test('is told of each request’s own host, also where one connection asks for several', async () => {
    const { port, legacy } = await front();
    const caller = await RawCaller.connect(port);
    const hosts = ['a.example', 'a.example', 'b.example', 'a.example'];

    for (const [i, host] of hosts.entries()) {
      caller.send(`GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await caller.answer();
      const exchange = await legacy.exchange(i);
      expect(exchange.all('x-forwarded-host')).toEqual([host]);
      expect(exchange.all('forwarded')).toEqual([`for=127.0.0.1;host="${host}";proto=http`]);
    }
    caller.destroy();
  });

  test('is nothing in HTTP/1.0 without a Host', async () => {
    const { port, legacy } = await front();

    await answerTo(port, 'GET / HTTP/1.0\r\n\r\n');

    const exchange = await legacy.exchange(0);
    expect(exchange.get('x-forwarded-host')).toBeUndefined();
    expect(exchange.get('forwarded')).toBe('for=127.0.0.1;proto=http');
  });
});

test('a caller of IPv6 is named in brackets where RFC 7239 asks for them', async (context) => {
  const { port, legacy } = await front({ listen: { host: '::' } }).catch(() => context.skip());
  const caller = await RawCaller.connect(port, '::1').catch(() => context.skip());
  caller.send(get('/a'));
  await caller.answer();

  const exchange = await legacy.exchange(0);
  expect(exchange.get('x-forwarded-for')).toBe('::1');
  expect(exchange.get('forwarded')).toMatch(/^for="\[::1\]";/);
  caller.destroy();
});

test('a caller of IPv4 on a socket of both kinds is named as one of IPv4', async (context) => {
  const { port, legacy } = await front({ listen: { host: '::', trust: ['127.0.0.0/8'] } }).catch(() => context.skip());

  await answerTo(port, get('/a', 'X-Forwarded-For: 9.9.9.9'));

  expect((await legacy.exchange(0)).get('x-forwarded-for')).toBe('9.9.9.9, 127.0.0.1');
});

test('a balancer that becomes trusted, or no longer is, is heard accordingly on the connection that it keeps', async () => {
  const { port, legacy, proxy, settings } = await front();
  const trusting = { ...settings, listen: { ...settings.listen, trust: ['127.0.0.1'] } };
  const caller = await RawCaller.connect(port);
  const seen: (string | undefined)[] = [];

  for (const [index, next] of [settings, trusting, settings].entries()) {
    proxy.apply(next);
    caller.send(get('/a', 'X-Forwarded-For: 1.2.3.4'));
    await caller.answer();
    seen.push((await legacy.exchange(index)).get('x-forwarded-for'));
  }

  expect(seen).toEqual(['127.0.0.1', '1.2.3.4, 127.0.0.1', '127.0.0.1']);
  caller.destroy();
});

test.each(['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: a', 'Forwarded: for=1.2.3.4'])(
  'a neighbour that is not trusted is named for %s',
  async (field) => {
    const { port, proxy } = await front();
    await answerTo(port, get('/a', field));
    expect(proxy.events).toEqual([{ type: 'forwarding.untrusted', peer: '127.0.0.1' }]);
  },
);

test.each([
  '1.2.3.4',
  '1.2.3.4:5555',
  '::ffff:1.2.3.4',
  '[::ffff:1.2.3.4]:80',
  '1.2.3.4, 127.0.0.1:80, ::ffff:127.0.0.2',
])('the caller behind balancers is known by its address in %s', async (hops) => {
  const { port } = await front({
    listen: { trust: ['127.0.0.0/8'] },
    routes: [route('order', 'orders', { path: '/orders', percent: 50 })],
    caller: [{ from: 'ip' }],
    debug: true,
  });
  const answer = await answerTo(port, get('/orders', `X-Forwarded-For: ${hops}`));
  expect(answer.get('x-strangler-bucket')).toBe(String(bucketOf('orders', '1.2.3.4')));
});

test('two proxies in one server each go by their own trust, on one connection', async () => {
  const trusting = await front({ listen: { trust: ['127.0.0.1'] } });
  const wary = await front();
  const server = createServer((request, response) =>
    (request.url === '/trusting' ? trusting : wary).proxy.proxy.handle(request, response),
  ).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const caller = await RawCaller.connect((server.address() as AddressInfo).port);

  for (const path of ['/trusting', '/wary']) {
    caller.send(get(path, 'X-Forwarded-For: 1.2.3.4'));
    await caller.answer();
  }

  expect((await trusting.legacy.exchange(0)).get('x-forwarded-for')).toBe('1.2.3.4, 127.0.0.1');
  expect((await wary.legacy.exchange(0)).get('x-forwarded-for')).toBe('127.0.0.1');
  caller.destroy();
});
