import { describe, expect, test } from 'vitest';
import { front, get, message, post } from '../support/front.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';

const names = (headers: readonly (readonly [string, string])[]) => headers.map(([name]) => name);

describe('a request', () => {
  test('reaches the target with its fields in their order and case, repeated ones apart', async () => {
    const { port, legacy } = await front();

    await answerTo(
      port,
      'GET /a HTTP/1.1\r\nX-First: 1\r\nhOsT: shop.example\r\nx-b: 2\r\nX-First: 3\r\nX-Empty:\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n',
    );

    const { headers } = await legacy.exchange(0);
    expect(headers.slice(0, 7)).toEqual([
      ['X-First', '1'],
      ['hOsT', 'shop.example'],
      ['x-b', '2'],
      ['X-First', '3'],
      ['X-Empty', ''],
      ['Cookie', 'a=1'],
      ['Cookie', 'b=2'],
    ]);
    expect(names(headers.slice(7))).toEqual([
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X-Forwarded-Host',
      'Forwarded',
      'Via',
    ]);
  });

  test('may have fields with names from Object.prototype and bytes beyond ASCII', async () => {
    const { port, legacy } = await front();

    await answerTo(port, get('/a', '__proto__: x', 'constructor: y', 'X-Latin: gr\xfc\xdfe', 'X-Raw: \x80\xff\t!'));

    const exchange = await legacy.exchange(0);
    expect(exchange.get('__proto__')).toBe('x');
    expect(exchange.get('constructor')).toBe('y');
    expect(exchange.get('x-latin')).toBe('gr\xfc\xdfe');
    expect(exchange.get('x-raw')).toBe('\x80\xff\t!');
  });

  test.each(['PROPFIND', 'MKCOL', 'LOCK', 'REPORT', 'PATCH', 'DELETE', 'OPTIONS', 'GET', 'M-SEARCH', 'PURGE'])(
    '%s takes its body along',
    async (method) => {
      const { port, legacy } = await front();

      const answer = await answerTo(port, message(method, '/dav', ['Content-Length: 5'], 'hello'));

      expect(answer.status).toBe(200);
      const exchange = await legacy.exchange(0);
      expect(exchange.method).toBe(method);
      expect((await exchange.body()).toString()).toBe('hello');
    },
  );

  test.each(['MKCOL', 'MOVE', 'DELETE', 'POST', 'UNLOCK'])('%s without a body is sent without one', async (method) => {
    const { port, legacy } = await front();

    expect((await answerTo(port, message(method, '/dav', [], ''))).status).toBe(200);

    const exchange = await legacy.exchange(0);
    expect(exchange.get('content-length')).toBeUndefined();
    expect(exchange.get('transfer-encoding')).toBeUndefined();
  });

  test('in chunks stays in chunks, its extensions dropped and its trailers kept', async () => {
    const { port, legacy } = await front();
    const chunks = '5;name=value;q="a b"\r\nhello\r\n00006\r\n world\r\n0\r\nX-Sum: 42\r\nContent-Type: a/b\r\n\r\n';

    await answerTo(port, message('POST', '/a', ['Trailer: X-Sum', 'Transfer-Encoding: chunked'], chunks));

    const exchange = await legacy.exchange(0);
    expect((await exchange.body()).toString()).toBe('hello world');
    expect(exchange.trailers).toEqual(['X-Sum: 42']);
    expect(exchange.get('trailer')).toBe('X-Sum');
    expect(exchange.get('content-length')).toBeUndefined();
  });

  test('sent byte by byte arrives as one', async () => {
    const { port, legacy } = await front();
    const caller = await RawCaller.connect(port);

    for (const byte of post('/slow', 'hello', 'X-Slow: yes')) {
      caller.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect((await caller.answer('POST'))?.status).toBe(200);
    expect((await (await legacy.exchange(0)).body()).toString()).toBe('hello');
    caller.destroy();
  });

  test('of HTTP/1.0 needs no Host; the target is asked in HTTP/1.1 and told its own', async () => {
    const { port, legacy } = await front();

    const answer = await answerTo(port, 'GET /old HTTP/1.0\r\n\r\n');

    expect(answer).toMatchObject({ status: 200, text: 'ok' });
    expect(answer.get('connection')).toBe('close');
    const exchange = await legacy.exchange(0);
    expect(exchange.version).toBe('1.1');
    expect(exchange.get('host')).toBe(`127.0.0.1:${legacy.port}`);
    expect(exchange.get('via')).toMatch(/^1\.0 strangler-/);
  });
});

describe('an answer', () => {
  test('reaches the caller with its reason and its fields in their order and case', async () => {
    const { port } = await front({
      onLegacy: (exchange) =>
        exchange.send(
          'HTTP/1.1 299 Fine & dandy\r\nx-b: 2\r\nSet-Cookie: a=1; Path=/\r\nX-A: 1\r\nSet-Cookie: b=2\r\nX-Empty:\r\nx-b: 3\r\n__proto__: z\r\nX-Latin: \xe9\r\nDate: then\r\nContent-Length: 2\r\n\r\nok',
        ),
    });

    const answer = await answerTo(port, get('/a'));

    expect(answer.status).toBe(299);
    expect(answer.reason).toBe('Fine & dandy');
    expect(answer.headers.filter(([name]) => !/^(?:connection|keep-alive)$/i.test(name))).toEqual([
      ['x-b', '2'],
      ['Set-Cookie', 'a=1; Path=/'],
      ['X-A', '1'],
      ['Set-Cookie', 'b=2'],
      ['X-Empty', ''],
      ['x-b', '3'],
      ['__proto__', 'z'],
      ['X-Latin', '\xe9'],
      ['Date', 'then'],
      ['Content-Length', '2'],
    ]);
    expect(answer.text).toBe('ok');
  });

  test('without a Date is given one, and with one keeps it', async () => {
    const { port } = await front({
      onLegacy: (exchange) => exchange.reply(200, '', exchange.target === '/dated' ? ['date: yesterday'] : []),
    });

    expect((await answerTo(port, get('/dated'))).all('date')).toEqual(['yesterday']);
    const [added, ...others] = (await answerTo(port, get('/undated'))).all('date');
    expect(others).toEqual([]);
    expect(Date.parse(added!)).not.toBeNaN();
  });

  test.each([
    ['HEAD with a length', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n', '999'],
    ['HEAD without one', 'HEAD', 'HTTP/1.1 200 OK\r\n\r\n', undefined],
    ['HEAD in chunks', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n', undefined],
    ['304 with a length', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\nETag: "a"\r\n\r\n', '999'],
    ['304 in chunks', 'GET', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n', undefined],
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', undefined],
    ['204 with a length', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', undefined],
  ])('to %s has no body, and the connection goes on', async (_title, method, raw, length) => {
    const { port } = await front({
      onLegacy: (exchange) => (exchange.target === '/a' ? exchange.send(raw) : exchange.reply(200, 'next')),
    });
    const caller = await RawCaller.connect(port);

    caller.send(message(method, '/a', ['TE: trailers'], ''));
    const answer = await caller.answer(method);
    caller.send(get('/next'));

    expect(answer?.get('content-length')).toBe(length);
    expect(answer?.get('transfer-encoding')).toBeUndefined();
    expect((await caller.answer())?.text).toBe('next');
    caller.destroy();
  });

  test.each([
    ['a length', 'Content-Length: 5\r\n\r\nhello', 'length'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5;x="y z"\r\nhello\r\n0\r\n\r\n', 'chunked'],
    ['no length', 'Connection: close\r\n\r\nhello', 'chunked'],
    ['an empty body in chunks', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'chunked'],
    ['length zero', 'Content-Length: 0\r\n\r\n', 'length'],
  ])('with %s is framed as such', async (_title, rest, framing) => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(`HTTP/1.1 200 OK\r\n${rest}`);
        if (rest.includes('close')) exchange.connection.socket.end();
      },
    });

    const answer = await answerTo(port, get('/a'));

    expect(answer).toMatchObject({ complete: true, framing, text: rest.includes('hello') ? 'hello' : '' });
  });

  test.each([
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
    ],
    ['no length, from a target of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhello'],
  ])('with %s ends with the connection for a caller of HTTP/1.0', async (_title, raw) => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(raw);
        if (raw.startsWith('HTTP/1.0')) exchange.connection.socket.end();
      },
    });

    const answer = await answerTo(port, 'GET /a HTTP/1.0\r\nConnection: keep-alive\r\nTE: trailers\r\n\r\n');

    expect(answer).toMatchObject({ framing: 'close', text: 'hello', trailers: [] });
    expect(answer.get('connection')).toBe('close');
  });

  test('with a length lets a caller of HTTP/1.0 that asks for it stay', async () => {
    const { port } = await front();
    const caller = await RawCaller.connect(port);

    caller.send('GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect((await caller.answer())?.get('connection')).toBe('keep-alive');
    caller.send('GET /b HTTP/1.0\r\n\r\n');

    expect((await caller.answer())?.text).toBe('ok');
    expect(await caller.closed).toBe('ended');
    caller.destroy();
  });

  test('brings its trailers to a caller that takes them, and to no other', async () => {
    const { port } = await front({
      onLegacy: (exchange) =>
        exchange.send(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\nSet-Cookie: a=1\r\n\r\n',
        ),
    });

    const taking = await answerTo(port, get('/a', 'TE: trailers', 'Connection: TE'));
    expect(taking.trailers).toEqual(['X-Sum: 42']);
    expect(taking.get('trailer')).toBe('X-Sum');
    expect(taking.get('set-cookie')).toBeUndefined();

    const declining = await answerTo(port, get('/a'));
    expect(declining).toMatchObject({ trailers: [], text: 'ok', complete: true });
    expect(declining.get('trailer')).toBeUndefined();
  });
});
