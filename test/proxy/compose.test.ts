import { describe, expect, test } from 'vitest';
import { answerJson, composedFront } from '../support/composed-front.ts';
import { get, message } from '../support/front.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';

const whole = '{"order":{"id":7},"payment":{"paid":true},"stock":["a","b"]}';

describe('a composed answer', () => {
  test('is one JSON of what all parts say, in file order, with the very text of each', async () => {
    const { port, legacy, orders, payments, stock } = await composedFront({
      onOrders: (exchange) => setImmediate(() => answerJson(exchange, '\n{ "total": 12345678901234567890.10 } ')),
    });

    const answer = await answerTo(port, get('/details/7'));

    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      '{"order":{ "total": 12345678901234567890.10 },"payment":{"paid":true},"stock":["a","b"]}',
    );
    expect(answer.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.framing).toBe('length');
    expect(answer.get('x-strangler-partial')).toBeUndefined();
    const asked = [orders, payments, stock].map(({ exchanges }) => exchanges.map(({ target }) => target));
    expect(asked).toEqual([['/orders/7'], ['/payments/7'], ['/stock/7']]);
    expect(legacy.exchanges).toEqual([]);
  });

  test('asks all parts at once, and not one after the other', async () => {
    const waiting: (() => void)[] = [];
    const together = (value: unknown) => (exchange: Parameters<typeof answerJson>[0]) => {
      waiting.push(() => answerJson(exchange, value));
      if (waiting.length === 3) for (const reply of waiting) reply();
    };
    const { port } = await composedFront({
      onOrders: together({ id: 7 }),
      onPayments: together({ paid: true }),
      onStock: together(['a', 'b']),
    });
    expect((await answerTo(port, get('/details/7'))).text).toBe(whole);
  });

  test('asks each part as its service would be asked, but for what speaks of a body, ranges or conditions', async () => {
    const { port, orders } = await composedFront({
      listen: { trust: ['127.0.0.1'] },
      service: { host: 'target' },
      debug: true,
    });

    const fields = [
      'X-Forwarded-For: 10.1.1.1',
      'Authorization: Bearer t',
      'Cookie: a=b',
      'Traceparent: 00-1',
      'X-Secret: s',
      'Connection: x-secret',
      'If-None-Match: "x"',
      'Range: bytes=0-1',
      'Accept: text/html',
      'Accept-Encoding: gzip, br',
      'Accept-Language: de',
      'TE: trailers',
      'Content-Length: 2',
      'Content-Type: text/plain',
    ];
    await answerTo(port, `${get('/details/7', ...fields)}hi`);

    const asked = orders.exchanges[0]!;
    const field = (name: string) => asked.get(name);
    expect(asked.head.split('\r\n')[0]).toBe('GET /orders/7 HTTP/1.1');
    expect(field('host')).toBe(`127.0.0.1:${orders.port}`);
    expect(field('x-forwarded-for')).toBe('10.1.1.1, 127.0.0.1');
    expect([field('authorization'), field('cookie'), field('traceparent')]).toEqual(['Bearer t', 'a=b', '00-1']);
    expect([field('accept'), field('accept-encoding')]).toEqual(['application/json, */*;q=0.5', 'identity']);
    expect(field('accept-language')).toBe('de');
    for (const name of ['if-none-match', 'range', 'content-length', 'content-type', 'te', 'connection', 'x-secret']) {
      expect(field(name), name).toBeUndefined();
    }
    expect(field('via')).toMatch(/^1\.1 strangler-/);
  });

  test('fills its parts’ queries from path, query and headers, and leaves out what is not there', async () => {
    const { port, orders } = await composedFront({
      parts: {
        order: {
          query: [
            ['of', { from: 'path', name: 'id' }],
            ['tag', { from: 'query', name: 'tag' }],
            ['tenant', { from: 'header', name: 'x-tenant' }],
            ['full', { from: 'text', text: 'yes & no' }],
            ['page', { from: 'query', name: 'page' }],
          ],
        },
      },
    });

    await answerTo(port, get('/details/a%2Fb?tag=x%26y&tag=2', 'X-Tenant: a&b=c#d'));

    expect(orders.exchanges[0]!.target).toBe(
      '/orders/a%2Fb?of=a%2Fb&tag=x%26y&tag=2&tenant=a%26b%3Dc%23d&full=yes%20%26%20no',
    );
  });

  test('lets nothing of its caller out of its place in a part’s address', async () => {
    const { port, orders } = await composedFront({
      parts: { order: { query: [['q', { from: 'query', name: 'q' }]] } },
    });
    for (const [asked, expected] of [
      ['/details/%2e%2e%2fadmin', '/orders/..%2Fadmin'],
      ['/details/a%0d%0aX:1', '/orders/a%0D%0AX:1'],
      ['/details/a%3Fadmin=1%23', '/orders/a%3Fadmin=1%23'],
      ['/details/a;b?q=%0d%0aX%3A1', '/orders/a;b?q=%0D%0AX%3A1'],
      ['/details/a?q=1%26r=2%23%2F..%2F', '/orders/a?q=1%26r%3D2%23%2F..%2F'],
    ]) {
      await answerTo(port, get(asked!));
      expect(orders.exchanges.at(-1)!.target).toBe(expected);
    }
  });

  test('refuses a part whose address would be longer than any path', async () => {
    const { port, orders, legacy } = await composedFront({
      parts: { order: { query: [['q', { from: 'header', name: 'x-long' }]] } },
    });
    expect((await answerTo(port, get('/details/7', `X-Long: ${'&'.repeat(4_000)}`))).text).toBe('legacy');
    expect([orders.exchanges.length, legacy.exchanges.length]).toEqual([0, 1]);
  });

  test('to HEAD is the head alone, with the length that GET would have', async () => {
    const { port, orders } = await composedFront();
    const answer = await answerTo(port, message('HEAD', '/details/7', [], ''));
    expect([answer.status, answer.text, answer.get('content-length')]).toEqual([200, '', String(whole.length)]);
    expect(orders.exchanges[0]!.method).toBe('GET');
  });

  test('keeps its place among pipelined requests', async () => {
    const { port } = await composedFront({
      onOrders: (exchange) => setTimeout(() => answerJson(exchange, { id: exchange.target.slice(8) }), 20),
    });
    const caller = await RawCaller.connect(port);
    caller.send(get('/details/1') + get('/elsewhere') + get('/details/2'));
    expect((await caller.answer())!.text).toContain('"id":"1"');
    expect((await caller.answer())!.text).toBe('legacy');
    expect((await caller.answer())!.text).toContain('"id":"2"');
    caller.destroy();
  });

  test('has neither the cookies nor the tags of its parts, and is kept by caches no longer than any part may be', async () => {
    const control = { order: 'max-age=60', payment: 'max-age=60', stock: 'max-age=60' };
    const fields = (name: keyof typeof control) => [
      `Cache-Control: ${control[name]}`,
      'Set-Cookie: a=b',
      'ETag: "x"',
      `Vary: ${name === 'stock' ? 'Accept-Encoding, Authorization' : 'Accept-Language'}`,
      'Access-Control-Allow-Origin: https://shop.example',
    ];
    const { port } = await composedFront({
      onOrders: (exchange) => answerJson(exchange, 1, 200, fields('order')),
      onPayments: (exchange) => answerJson(exchange, 2, 200, fields('payment')),
      onStock: (exchange) => answerJson(exchange, 3, 200, fields('stock')),
    });

    const open = await answerTo(port, get('/details/7'));
    expect([open.get('set-cookie'), open.get('etag')]).toEqual([undefined, undefined]);
    expect(open.get('cache-control')).toBe('max-age=60');
    expect(open.get('vary')).toBe('Accept-Language, Authorization');
    expect(open.all('access-control-allow-origin')).toEqual(['https://shop.example']);

    control.stock = 'private';
    expect((await answerTo(port, get('/details/7'))).get('cache-control')).toBe('no-store');
  });

  test('to a body that comes along is the same: nobody is sent it', async () => {
    const { port, orders } = await composedFront();
    const caller = await RawCaller.connect(port);
    caller.send(message('GET', '/details/7', ['Content-Length: 5'], 'hello') + get('/elsewhere'));
    expect((await caller.answer())!.text).toBe(whole);
    expect((await caller.answer())!.text).toBe('legacy');
    expect(orders.exchanges[0]!.get('content-length')).toBeUndefined();
    caller.destroy();
  });

  test('to a preflight is what the leading part’s service says of it', async () => {
    const { port, orders, payments } = await composedFront({
      onOrders: (exchange) => exchange.reply(204, '', ['Access-Control-Allow-Origin: *', 'Set-Cookie: a=b']),
    });
    const fields = ['Origin: https://shop.example', 'Access-Control-Request-Method: GET'];
    const answer = await answerTo(port, message('OPTIONS', '/details/7', fields, ''));
    expect([answer.status, answer.get('access-control-allow-origin'), answer.get('set-cookie')]).toEqual([
      204,
      '*',
      undefined,
    ]);
    expect(orders.exchanges[0]).toMatchObject({ method: 'OPTIONS', target: '/orders/7' });
    expect(payments.exchanges).toEqual([]);
  });

  test('to a request that would switch protocols is the plain answer', async () => {
    const { port } = await composedFront();
    const fields = ['Connection: Upgrade', 'Upgrade: websocket'];
    const answer = await answerTo(port, message('GET', '/details/7', fields, ''));
    expect([answer.status, answer.text]).toEqual([200, whole]);
  });

  test('says by whom it came where the facts are asked for, and counts its parts one by one', async () => {
    const { port, proxy, partFigures } = await composedFront({ debug: true });
    const answer = await answerTo(port, get('/details/7'));
    expect(answer.get('x-strangler-target')).toBe('details');
    expect(proxy.outcomesOf('details')).toEqual(['2xx']);
    expect(partFigures()).toEqual({ order: ['2xx'], payment: ['2xx'], stock: ['2xx'] });
  });
});
