import { describe, expect, test } from 'vitest';
import {
  isSharedCacheable,
  type Naming,
  renamedCookie,
  renamedLocation,
  responseHeaders,
} from '../../src/proxy/response-head.ts';
import { type FrontOptions, front, get } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo } from '../support/raw-caller.ts';

const naming: Naming = {
  target: { secure: false, hostname: 'internal.local', port: 3000, authority: 'internal.local:3000', basePath: '' },
  host: 'shop.example',
  secure: true,
};

describe('host: target', () => {
  test('tells the target its own name, and the caller the one that it asked for', async () => {
    const { port, legacy } = await front({
      legacy: { host: 'target' },
      onLegacy: (exchange) => {
        const self = exchange.get('host');
        exchange.reply(302, '', [
          `Location: http://${self}/next?u=http://${self}/`,
          `Content-Location: http://${self}/here`,
          'Set-Cookie: a=1; Domain=127.0.0.1; Path=/',
          'Set-Cookie: b=2',
          `X-Link: http://${self}/`,
        ]);
      },
    });
    const self = `127.0.0.1:${legacy.port}`;

    const answer = await answerTo(port, get('/a'));

    const exchange = await legacy.exchange(0);
    expect(exchange.all('host')).toEqual([self]);
    expect(exchange.get('x-forwarded-host')).toBe('shop.example');
    expect(answer.get('location')).toBe(`http://shop.example/next?u=http://${self}/`);
    expect(answer.get('content-location')).toBe('http://shop.example/here');
    expect(answer.all('set-cookie')).toEqual(['a=1; Domain=shop.example; Path=/', 'b=2']);
    expect(answer.get('x-link')).toBe(`http://${self}/`);
  });

  test('counts from a reload on, as via does, though the instances stay', async () => {
    const { port, service, proxy, settings } = await front({ routes: [route('all', 'orders', { path: '/*' })] });
    await answerTo(port, get('/before'));

    const services = settings.services.map((orders) => ({ ...orders, host: 'target' as const, via: false }));
    proxy.apply({ ...settings, services });
    await answerTo(port, get('/after'));

    expect(service.exchanges.map((exchange) => [exchange.get('host'), exchange.get('via') !== undefined])).toEqual([
      ['shop.example', true],
      [`127.0.0.1:${service.port}`, false],
    ]);
  });

  test('is not the default: nothing is renamed', async () => {
    const { port } = await front({
      onLegacy: (exchange) =>
        exchange.reply(302, '', [`Location: http://127.0.0.1/`, 'Set-Cookie: a=1; Domain=127.0.0.1']),
    });

    const answer = await answerTo(port, get('/a'));

    expect(answer.get('location')).toBe('http://127.0.0.1/');
    expect(answer.get('set-cookie')).toBe('a=1; Domain=127.0.0.1');
  });
});

describe('behind a balancer that ends TLS', () => {
  const claims = ['X-Forwarded-Proto: https', 'X-Forwarded-Host: www.shop.example'];
  const redirecting: FrontOptions = {
    legacy: { host: 'target' },
    onLegacy: (exchange) => exchange.reply(302, '', [`Location: http://${exchange.get('host')}/next`]),
  };

  test.each([
    [['127.0.0.1'], 'https://www.shop.example/next'],
    [[], 'http://shop.example/next'],
  ])('trusted %j, a Location is told as %s, to an upgrade too', async (trust, location) => {
    const { port } = await front({ ...redirecting, listen: { trust } });

    for (const more of [[], ['Upgrade: websocket', 'Connection: Upgrade']]) {
      const answer = await answerTo(port, get('/a', ...claims, ...more));
      expect(answer.get('location')).toBe(location);
    }
  });

  test.each([
    [['127.0.0.1'], true],
    [[], false],
  ])('trusted %j, a new caller’s cookie is Secure: %s', async (trust, secure) => {
    const { port } = await front({
      listen: { trust },
      routes: [route('order', 'orders', { path: '/orders', percent: 50 })],
    });

    const answer = await answerTo(port, get('/orders', ...claims));

    expect(/; Secure$/.test(answer.get('set-cookie')!)).toBe(secure);
  });
});

describe('a base path', () => {
  const inApp: Naming = { ...naming, target: { ...naming.target, basePath: '/app' } };

  test.each([
    ['/app/login?u=/app', '/login?u=/app'],
    ['/app', '/'],
    ['/app/', '/'],
    ['/app?a=b', '/?a=b'],
    ['/app#top', '/#top'],
    ['/apple', '/apple'],
    ['/other', '/other'],
    ['//app/x', '//app/x'],
    ['next', 'next'],
    ['http://internal.local:3000/app/login', 'https://shop.example/login'],
    ['http://internal.local:3000/app', 'https://shop.example/'],
    ['http://internal.local:3000/app//x', 'https://shop.example//x'],
    ['http://internal.local:3000/other', 'http://internal.local:3000/other'],
    ['http://elsewhere.example/app/x', 'http://elsewhere.example/app/x'],
  ])('is taken from the Location %s: %s', (location, told) => {
    expect(renamedLocation(location, inApp)).toBe(told);
  });

  test.each(['/app//evil.example', '/app/\\evil.example', '/app/\t/evil.example', '/app/\t\\evil.example'])(
    'leaves no Location at another host: %j',
    (location) => {
      const told = new URL(renamedLocation(location, inApp), 'https://shop.example/a');
      expect(told.host).toBe('shop.example');
      expect(told.pathname.endsWith('/evil.example')).toBe(true);
    },
  );

  test.each([
    ['a=1; Path=/app', 'a=1; Path=/'],
    ['a=1; path = /app/x ; HttpOnly', 'a=1; Path=/x; HttpOnly'],
    ['a=1; Domain=internal.local; Path=/app/', 'a=1; Domain=shop.example; Path=/'],
    ['a=1; Path=/apple', 'a=1; Path=/apple'],
    ['a=1; Path=/', 'a=1; Path=/'],
    ['path=/app', 'path=/app'],
  ])('is taken from the cookie %s: %s', (cookie, told) => {
    expect(renamedCookie(cookie, inApp)).toBe(told);
  });

  test.each(['target', 'preserve'] as const)('is taken from answers with host: target only: %s', async (host) => {
    const { port, proxy, settings, legacy } = await front({
      legacy: { host },
      onLegacy: (exchange) => exchange.reply(302, '', ['Location: /app/login', 'Set-Cookie: a=1; Path=/app']),
    });
    const urls = settings.legacy.urls.map((url) => ({ ...url, basePath: '/app' }));
    proxy.apply({ ...settings, legacy: { ...settings.legacy, urls } });

    const answer = await answerTo(port, get('/a'));

    expect((await legacy.exchange(0)).target).toBe('/app/a');
    expect(answer.get('location')).toBe(host === 'target' ? '/login' : '/app/login');
    expect(answer.get('set-cookie')).toBe(host === 'target' ? 'a=1; Path=/' : 'a=1; Path=/app');
  });
});

describe('a Location', () => {
  test.each([
    ['http://internal.local:3000/a?b#c', 'https://shop.example/a?b#c'],
    ['HTTP://INTERNAL.local:3000', 'https://shop.example'],
    ['https://internal.local:3000/a', 'https://shop.example/a'],
    ['http://internal.local/a', 'http://internal.local/a'],
    ['http://internal.local:30001/a', 'http://internal.local:30001/a'],
    [
      'http://elsewhere.example/?u=http://internal.local:3000/',
      'http://elsewhere.example/?u=http://internal.local:3000/',
    ],
    ['/a', '/a'],
    ['//internal.local:3000/a', '//internal.local:3000/a'],
    ['../a', '../a'],
    ['', ''],
    ['mailto:a@internal.local:3000', 'mailto:a@internal.local:3000'],
  ])('%s is told as %s', (location, told) => {
    expect(renamedLocation(location, naming)).toBe(told);
  });

  test('may name a default port', () => {
    const target = { ...naming.target, port: 80, authority: 'internal.local' };
    expect(renamedLocation('http://internal.local:80/a', { ...naming, target })).toBe('https://shop.example/a');
  });

  test('is left alone for a caller who named no host', () => {
    expect(renamedLocation('http://internal.local:3000/', { ...naming, host: '' })).toBe('http://internal.local:3000/');
  });
});

describe('a cookie', () => {
  test.each([
    ['a=1; Domain=internal.local; Path=/', 'a=1; Domain=shop.example; Path=/'],
    ['a=1;domain=.INTERNAL.local;Secure', 'a=1; Domain=shop.example;Secure'],
    ['a=1; Domain=other.example', 'a=1; Domain=other.example'],
    ['a=domain=internal.local', 'a=domain=internal.local'],
    ['a=1', 'a=1'],
    ['', ''],
  ])('%s is told as %s', (cookie, told) => {
    expect(renamedCookie(cookie, naming)).toBe(told);
  });

  test.each(['localhost:8080', '127.0.0.1', '[::1]:8080', ''])('for the host %s has no Domain', (host) => {
    expect(renamedCookie('a=1; Domain=internal.local; Path=/', { ...naming, host })).toBe('a=1; Path=/');
  });
});

describe('whether a shared cache may keep an answer', () => {
  test.each([
    [['Cache-Control', 'public'], true],
    [['Cache-Control', 'max-age=60'], true],
    [['cache-control', 'MAX-AGE=60, must-revalidate'], true],
    [['Cache-Control', 's-maxage=60, max-age=0'], true],
    [['Cache-Control', 'max-age=0'], false],
    [['Cache-Control', 'max-age=000'], false],
    [['Cache-Control', 'private, max-age=60'], false],
    [['Cache-Control', 'max-age=60', 'Cache-Control', 'private'], false],
    [['Cache-Control', 'no-store'], false],
    [['Cache-Control', 'no-store, max-age=60'], false],
    [['Cache-Control', 'no-cache, max-age=60'], true],
    [['Cache-Control', 'public, no-cache'], true],
    [['Cache-Control', 'no-cache="set-cookie", max-age=60'], true],
    [['Cache-Control', 'no-cache'], false],
    [['Cache-Control', 'x-private-max-age=60'], false],
    [['Expires', 'Thu, 01 Jan 2032 00:00:00 GMT'], true],
    [['Expires', 'Thu, 01 Jan 2032 00:00:00 GMT', 'Date', 'Thu, 01 Jan 2032 00:00:00 GMT'], false],
    [['Expires', '0'], false],
    [['Expires', '-1'], false],
    [['Content-Type', 'text/html'], false],
    [[], false],
  ])('%j: %s', (headers, expected) => {
    expect(isSharedCacheable(headers)).toBe(expected);
  });
});

describe('the fields of an answer', () => {
  test('are the very same list where nothing has to change', () => {
    const headers = ['X-A', '1', 'Content-Length', '5'];
    expect(responseHeaders(headers, 200, false, null)).toBe(headers);
  });

  test('lose a length on 204 and an announcement of trailers that won’t come', () => {
    expect(responseHeaders(['Content-Length', '0', 'X-A', '1'], 204, false, null)).toEqual(['X-A', '1']);
    expect(responseHeaders(['trailer', 'X-Sum', 'X-A', '1'], 200, true, null)).toEqual(['X-A', '1']);
    expect(responseHeaders(['trailer', 'X-Sum', 'X-A', '1'], 200, false, null)).toEqual([
      'trailer',
      'X-Sum',
      'X-A',
      '1',
    ]);
  });
});
