import { describe, expect, test } from 'vitest';
import { front, get } from '../support/front.ts';
import { instanceUrl, route } from '../support/proxy.ts';
import { answerTo } from '../support/raw-caller.ts';

describe('the request target', () => {
  test.each([
    '/a/%2e%2e/b',
    '/a/../b/./c',
    '/a%2Fb',
    '//evil.example/x',
    '/a//b///',
    '/\\a\\..\\b',
    '/?',
    '/??a=b&&c',
    '/a?x=%zz&y=[1]&z={}|^`"<>',
    '/%0d%0aX-Injected:%20yes',
    '/..',
    '/.',
    '/a;b=c,d@e:f',
    '/http://other.example/',
  ])('%s goes on as it came', async (target) => {
    const { port, legacy } = await front();

    expect((await answerTo(port, get(target))).status).toBe(200);

    expect((await legacy.exchange(0)).target).toBe(target);
  });

  test.each([
    ['http://other.example:81/a?b', '/a?b', 'other.example:81'],
    ['HTTP://other.example', '/', 'other.example'],
    ['http://other.example?q=1', '/?q=1', 'other.example'],
    ['https://[::1]:8443//x', '//x', '[::1]:8443'],
  ])('in absolute form, %s, is made one of origin form, and its authority the Host', async (target, path, host) => {
    const { port, legacy } = await front();

    await answerTo(port, get(target));

    const exchange = await legacy.exchange(0);
    expect(exchange.target).toBe(path);
    expect(exchange.all('host')).toEqual([host]);
    expect(exchange.get('x-forwarded-host')).toBe(host);
  });

  test('may leave the Host empty where its own authority counts', async () => {
    const { port, legacy } = await front();

    await answerTo(port, 'GET http://other.example/ HTTP/1.1\r\nHost:\r\n\r\n');

    expect((await legacy.exchange(0)).get('host')).toBe('other.example');
  });

  test.each(['shop.example:', '[2001:db8::1]:80', '127.0.0.1', 'a_b.example', 'xn--caf-dma.example', 'a'])(
    'may come with the Host %s',
    async (host) => {
      const { port, legacy } = await front();

      expect((await answerTo(port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status).toBe(200);

      expect((await legacy.exchange(0)).get('host')).toBe(host);
    },
  );

  test.each(['*', 'http://shop.example'])('OPTIONS %s asks the server as a whole', async (target) => {
    const legacy = { urls: [] as ReturnType<typeof instanceUrl>[] };
    const { port, legacy: seen, settings, proxy } = await front();
    legacy.urls = [{ ...instanceUrl(seen.port), basePath: '/base' }];
    proxy.apply({ ...settings, legacy: { ...settings.legacy, ...legacy } });

    await answerTo(port, `OPTIONS ${target} HTTP/1.1\r\nHost: shop.example\r\n\r\n`);

    expect((await seen.exchange(0)).target).toBe('*');
  });

  test('is put behind the path of the instance', async () => {
    const { port, legacy, settings, proxy } = await front();
    const urls = [{ ...instanceUrl(legacy.port), basePath: '/base' }];
    proxy.apply({ ...settings, legacy: { ...settings.legacy, urls } });

    await answerTo(port, get('/%61?b'));

    expect((await legacy.exchange(0)).target).toBe('/base/%61?b');
  });

  test('is matched by what it means and forwarded as it was written', async () => {
    const { port, service } = await front({ routes: [route('order', 'orders', { path: '/api/orders/:id' })] });

    await answerTo(port, get('/%61pi/x/../orders//./7?a=%2F'));

    expect((await service.exchange(0)).target).toBe('/%61pi/x/../orders//./7?a=%2F');
  });

  test('is rewritten for the service, and not for legacy that stands in for it', async () => {
    const { port, service, legacy } = await front({
      routes: [route('order', 'orders', { path: '/api/orders/:id', rewrite: '/orders/:id' })],
      onService: (exchange) => exchange.reply(503),
    });

    await answerTo(port, get('/api/orders/a%20b?x=1'));

    expect((await service.exchange(0)).target).toBe('/orders/a%20b?x=1');
    expect((await legacy.exchange(0)).target).toBe('/api/orders/a%20b?x=1');
  });
});

describe('Max-Forwards', () => {
  const options = (value: string) => `OPTIONS /a HTTP/1.1\r\nHost: shop.example\r\nMax-Forwards: ${value}\r\n\r\n`;

  test('counts down on OPTIONS', async () => {
    const { port, legacy } = await front();

    await answerTo(port, options('7'));

    expect((await legacy.exchange(0)).get('max-forwards')).toBe('6');
  });

  test('of 0 is answered here', async () => {
    const { port, legacy, proxy } = await front({ accessLog: true });

    expect(await answerTo(port, options('0'))).toMatchObject({ status: 200, text: '' });

    expect(legacy.exchanges).toEqual([]);
    expect(proxy.counts).toMatchObject({ started: 1, finished: 1 });
    expect(proxy.lines).toMatchObject([{ method: 'OPTIONS', path: '/a', status: 200, route: '-', target: '-' }]);
  });

  test('means nothing on other methods', async () => {
    const { port, legacy } = await front();

    await answerTo(port, get('/a', 'Max-Forwards: 0'));

    expect((await legacy.exchange(0)).get('max-forwards')).toBe('0');
  });
});

describe('Via', () => {
  test('is appended to', async () => {
    const { port, legacy } = await front();

    await answerTo(port, get('/a', 'Via: 1.1 cdn'));

    expect((await legacy.exchange(0)).all('via')).toEqual(['1.1 cdn', expect.stringMatching(/^1\.1 strangler-/)]);
  });

  test('is not sent where the target can’t bear it', async () => {
    const { port, legacy } = await front({ legacy: { via: false } });

    await answerTo(port, get('/a'));

    expect((await legacy.exchange(0)).get('via')).toBeUndefined();
  });

  test('tells a request that comes back', async () => {
    const { port, legacy } = await front();
    await answerTo(port, get('/a'));
    const via = (await legacy.exchange(0)).get('via')!;

    const answer = await answerTo(port, get('/a', `Via: 1.1 other, ${via}`));

    expect(answer.status).toBe(508);
    expect(legacy.exchanges).toHaveLength(1);
  });
});
