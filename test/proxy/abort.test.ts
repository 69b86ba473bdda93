import { describe, expect, test } from 'vitest';
import { front, get, message, post } from '../support/front.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';

async function eventually(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!condition()) throw new Error('it did not come about within 5 s');
}

describe('a caller that leaves', () => {
  test.each([
    ['while the target thinks', get('/a'), () => {}],
    ['in the middle of its request', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf', () => {}],
    [
      'in the middle of a chunk',
      'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf',
      () => {},
    ],
    [
      'in the middle of the answer',
      get('/a'),
      (exchange: Exchange) => exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    ],
    [
      'a stream of events',
      get('/a'),
      (e: Exchange) => e.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
    ],
  ])('%s takes its target’s connection with it', async (_title, request, onLegacy) => {
    for (const leave of ['reset', 'destroy', 'end'] as const) {
      const { port, legacy, proxy } = await front({ onLegacy });
      const caller = await RawCaller.connect(port);
      caller.send(request);
      const exchange = await legacy.exchange(0);
      const whole = exchange.body().then(
        () => true,
        () => false,
      );
      if (exchange.index === 0 && onLegacy.length > 0) await caller.sees('half');

      caller[leave]();

      await exchange.connection.closed;
      expect(await whole).toBe(request.startsWith('GET'));
      await eventually(() => proxy.proxy.inFlight() === 0 && proxy.targets.connections === 0);
      expect(proxy.counts).toMatchObject({ started: 1, finished: 1 });
      expect(proxy.events).toEqual([]);
      caller.destroy();
    }
  });

  test('takes its pipelined requests with it', async () => {
    const { port, legacy, proxy } = await front({ onLegacy: () => {} });
    const caller = await RawCaller.connect(port);
    caller.send(get('/1') + get('/2') + get('/3'));
    const exchange = await legacy.exchange(0);

    caller.reset();

    await exchange.connection.closed;
    await eventually(() => proxy.proxy.inFlight() === 0);
    expect(legacy.exchanges).toHaveLength(1);
  });

  test('only its own side still gets an answer that comes soon, and one that is on its way', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        const long = exchange.target === '/long';
        setTimeout(() => exchange.reply(200, Buffer.alloc(long ? 3_000_000 : 2, 'x')), 50);
      },
    });
    for (const [target, length] of [
      ['/short', 2],
      ['/long', 3_000_000],
    ] as const) {
      const caller = await RawCaller.connect(port);
      caller.send(get(target));
      caller.end();

      const answer = await caller.answer();
      expect(answer?.complete).toBe(true);
      expect(answer?.body.length).toBe(length);
      await caller.closed;
    }
  });
});

describe('a target that breaks its answer off', () => {
  test.each([
    ['with a length', 'Content-Length: 100\r\n\r\nhalf'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['in a chunk', 'Transfer-Encoding: chunked\r\n\r\n64\r\nhalf'],
    ['in its trailers', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX-A'],
    ['with a broken chunk', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n'],
  ])('%s is seen to do so', async (_title, rest) => {
    for (const breakOff of ['end', 'resetAndDestroy'] as const) {
      const { port, proxy } = await front({
        onLegacy: (exchange) => {
          exchange.send(`HTTP/1.1 200 OK\r\n${rest}`);
          setTimeout(() => exchange.connection.socket[breakOff](), 30);
        },
      });
      const caller = await RawCaller.connect(port);
      caller.send(get('/a', 'TE: trailers') + get('/never'));

      expect(await caller.answer()).toMatchObject({ status: 200, text: 'half', complete: false });
      await caller.closed;

      await eventually(() => proxy.proxy.inFlight() === 0);
      expect(proxy.events).toMatchObject([{ type: 'request.failed', target: 'legacy' }]);
    }
  });

  test('is seen to do so by a caller of HTTP/1.0, for whom an end is an end', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
        setTimeout(() => exchange.connection.socket.destroy(), 50);
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send('GET /a HTTP/1.0\r\n\r\n');
    await caller.sees('half');

    expect(await caller.closed).toBe('reset');
  });
});

describe('a target that answers an upload before its end', () => {
  const upload = 'POST /up HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 50000000\r\n';

  test.each(['', 'Connection: close\r\n'])('is heard, though the caller is still sending [%s]', async (field) => {
    const { port, legacy } = await front({
      onLegacy: (exchange) => {
        exchange.send('HTTP/1.1 413 Too Large\r\nContent-Length: 6\r\nConnection: close\r\n\r\ntoobig');
        exchange.connection.socket.end();
      },
    });
    const caller = await RawCaller.connect(port);
    caller.socket.pause();
    caller.send(`${upload}${field}\r\n`);
    for (let i = 0; i < 20; i++) caller.send(Buffer.alloc(1_000_000));
    await legacy.exchange(0);
    // Long enough for a reset to take the answer away from a caller that reads late.
    await new Promise((resolve) => setTimeout(resolve, 200));
    caller.socket.resume();

    expect(await caller.answer('POST')).toMatchObject({ status: 413, text: 'toobig', complete: true });
    caller.destroy();
  });

  test('and lets the connection live gets the next request on it', async () => {
    const { port } = await front({ onLegacy: (exchange) => exchange.reply(200, exchange.target) });
    const caller = await RawCaller.connect(port);
    caller.send(message('POST', '/1', ['Content-Length: 200000'], 'x'.repeat(100_000)));
    expect((await caller.answer('POST'))?.text).toBe('/1');

    caller.send('x'.repeat(100_000) + get('/2'));

    expect((await caller.answer())?.text).toBe('/2');
    caller.destroy();
  });

  test('does not keep a caller for ever that never ends its upload', async () => {
    const { port, proxy } = await front({ onLegacy: (exchange) => exchange.reply(200, 'early') });
    const caller = await RawCaller.connect(port);
    caller.send(`${upload}\r\nsome`);
    expect((await caller.answer('POST'))?.text).toBe('early');

    await caller.closed;
    await eventually(() => proxy.proxy.inFlight() === 0);
  });
});

describe('a caller whose body breaks', () => {
  test.each(['zz\r\n', '5\r\nhello6\r\n', '0x5\r\nhello\r\n', '5 5\r\nhello\r\n', '-1\r\n', 'fffffffffffffffff\r\n'])(
    'its framing, %j, is told so; the target never gets a whole request',
    async (chunk) => {
      const { port, legacy } = await front();
      const caller = await RawCaller.connect(port);
      caller.send('POST /a HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
      const exchange = await legacy.exchange(0);

      caller.send(`${chunk}${get('/smuggled')}`);

      const answer = await caller.answer('POST');
      expect(answer?.status).toBe(400);
      expect(answer?.get('x-strangler-error')).toBe('bad-body');
      await expect(exchange.body()).rejects.toThrow();
      await caller.closed;
      expect(caller.unread).toBe('');
      expect(legacy.exchanges).toHaveLength(1);
      caller.destroy();
    },
  );

  test('off while the answer is already on its way has it cut', async () => {
    const { port } = await front({
      onLegacy: (exchange) => exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    });
    const caller = await RawCaller.connect(port);
    caller.send('POST /a HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
    await caller.sees('half');

    caller.send('zz\r\n');

    expect(await caller.answer('POST')).toMatchObject({ status: 200, complete: false });
  });
});

describe('many callers that leave', () => {
  /** `ABORTS=20000` runs as many as the project promises to survive. */
  const count = Number(process.env.ABORTS ?? 1_000);

  test('leave no request, no connection and no memory behind', { timeout: 300_000 }, async () => {
    const { port, legacy, proxy } = await front({
      onLegacy: (exchange) => void (exchange.target === '/' && exchange.reply(200)),
    });
    const requests = [
      get('/hang'),
      post('/hang', 'x'.repeat(10)).slice(0, -5),
      'POST /hang HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n',
      get('/hang', 'Upgrade: websocket', 'Connection: Upgrade'),
      get('/hang') + get('/hang'),
    ];
    const one = async (i: number) => {
      const caller = await RawCaller.connect(port);
      const sent = new Promise((resolve) => caller.socket.write(requests[i % requests.length]!, resolve));
      await sent;
      if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      if (i % 2 === 0) caller.reset();
      else caller.destroy();
    };
    const batch = async (from: number, to: number) => {
      for (let i = from; i < to; i += 50) {
        await Promise.all(Array.from({ length: Math.min(50, to - i) }, (_, k) => one(i + k)));
      }
      await eventually(() => proxy.proxy.inFlight() === 0 && proxy.targets.connections === 0);
      legacy.exchanges.length = 0;
      legacy.connections.length = 0;
    };
    await batch(0, count / 10);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;

    await batch(0, count);

    globalThis.gc?.();
    // Without `--expose-gc` garbage counts too, so that only a gross leak shows.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(count * 4_096 + 32 * 1024 * 1024);
    expect((await answerTo(port, get('/'))).status).toBe(200);
  });
});
