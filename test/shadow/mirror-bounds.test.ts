import { describe, expect, test } from 'vitest';
import { unshadowed } from '../../src/domain/shadow.ts';
import { get } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';
import { type MirroredFront, mirroredFront, until } from './mirrored-front.ts';

const silent = (): void => {};
const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

async function askMany(port: number, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => answerTo(port, get(`/${i}`))));
}

const reasons = ({ endings }: MirroredFront) => endings.skipped.map(({ reason }) => reason);

describe('a service that fails its copy', () => {
  test.each<[string, (exchange: Exchange) => void]>([
    ['by a reset', ({ connection }) => connection.socket.resetAndDestroy()],
    ['by ending without a word', ({ connection }) => connection.socket.end()],
    ['by what is no HTTP', (exchange) => exchange.send('garbage\r\n\r\n')],
    ['by an invalid length', (exchange) => exchange.send('HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n')],
    [
      'by breaking off',
      (exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
        exchange.connection.socket.end();
      },
    ],
    ['by saying nothing in time', silent],
    ['by not ending in time', (exchange) => exchange.send(`${chunkedHead}4\r\nhalf\r\n`)],
  ])('%s counts as failed', async (_name, onService) => {
    const { port, ended } = await mirroredFront({ onService, shadow: { timeout: 100 } });
    expect((await answerTo(port, get('/'))).text).toBe('ok');
    expect(await ended(1)).toEqual({ pairs: [], skipped: [], serviceFailed: ['legacy'] });
  });

  test('by refusing the connection counts as failed', async () => {
    const { port, service, ended } = await mirroredFront();
    await service.close();
    expect((await answerTo(port, get('/'))).text).toBe('ok');
    expect((await ended(1)).serviceFailed).toEqual(['legacy']);
  });

  test('is asked once, and never again for the same request', async () => {
    const { port, service, ended } = await mirroredFront();
    await answerTo(port, get('/1'));
    await ended(1);
    service.handler = ({ connection }) => connection.socket.destroy();
    await answerTo(port, get('/2'));
    expect((await ended(2)).serviceFailed).toHaveLength(1);
    expect(service.exchanges.map(({ target }) => target)).toEqual(['/1', '/2']);
  });

  test('does not hide that legacy failed as well', async () => {
    const held: Exchange[] = [];
    const { port, service, ended } = await mirroredFront({
      onLegacy: (exchange) => void held.push(exchange),
      onService: ({ connection }) => connection.socket.resetAndDestroy(),
    });
    const answer = answerTo(port, get('/'));
    await (await service.exchange(0)).connection.closed;
    await until(() => held.length === 1);
    held[0]!.reply(500);
    await answer;
    expect((await ended(1)).skipped).toEqual([{ arm: 'legacy', reason: 'legacy-failed' }]);
  });
});

describe('an answer of the service that is larger than is kept', () => {
  test('is read no further, and makes a pair that says so', async () => {
    const { port, service, ended } = await mirroredFront({
      shadow: { body: 1_000 },
      onService: (exchange) => {
        exchange.send(chunkedHead);
        const piece = `3e8\r\n${'x'.repeat(1_000)}\r\n`;
        const more = () => {
          while (!exchange.connection.socket.destroyed && exchange.connection.socket.write(piece));
        };
        exchange.connection.socket.on('drain', more);
        more();
      },
    });
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    expect(pairs[0]!.service!.whole).toBe(false);
    expect(Buffer.concat(pairs[0]!.service!.body)).toHaveLength(1_000);
    await (await service.exchange(0)).connection.closed;
  });

  test('is not read at all where its head says so', async () => {
    const { port, service, ended } = await mirroredFront({
      shadow: { body: 10 },
      onService: (exchange) => exchange.reply(200, 'x'.repeat(11)),
    });
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    expect(pairs[0]!.service).toMatchObject({ status: 200, whole: false });
    await (await service.exchange(0)).connection.closed;
  });

  test('may be as large as is kept to the byte, in as many pieces as it likes', async () => {
    const { port, ended } = await mirroredFront({
      shadow: { body: 3_000 },
      onService: (exchange) => exchange.send(`${chunkedHead}${'1\r\nx\r\n'.repeat(3_000)}0\r\n\r\n`),
    });
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    expect(pairs[0]!.service!.whole).toBe(true);
    expect(Buffer.concat(pairs[0]!.service!.body).toString()).toBe('x'.repeat(3_000));
    expect(pairs[0]!.service!.body.length).toBeLessThan(30);
  });

  test('of a HEAD announces a length that has no body', async () => {
    const { port, ended } = await mirroredFront({
      shadow: { body: 10 },
      onLegacy: (exchange) => exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'),
      onService: (exchange) => exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'),
    });
    await answerTo(port, 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    const { pairs } = await ended(1);
    expect([pairs[0]!.legacy.whole, pairs[0]!.service!.whole]).toEqual([true, true]);
  });
});

describe('a service that hangs', () => {
  test('is given 64 copies, 256 wait for 2 s, and no more', async () => {
    const front = await mirroredFront({ onService: silent, shadow: { timeout: 60_000 } });
    await askMany(front.port, 330);
    await until(() => front.endings.skipped.length === 10);
    expect(front.service.exchanges).toHaveLength(64);
    await until(() => front.endings.skipped.length === 266);
    expect(new Set(reasons(front))).toEqual(new Set(['queue-full']));
    expect(front.service.exchanges).toHaveLength(64);
  });

  test('lets those that wait have their turn as soon as it answers', async () => {
    const front = await mirroredFront({ onService: silent, shadow: { timeout: 60_000 } });
    await askMany(front.port, 80);
    await until(() => front.service.exchanges.length === 64);
    front.service.handler = (exchange) => exchange.reply(200, 'ok');
    for (const exchange of front.service.exchanges.slice()) exchange.reply(200, 'ok');
    expect((await front.ended(80)).pairs).toHaveLength(80);
  });

  test('holds no more bytes of legacy’s than 16 MiB, the comparer’s among them', async () => {
    const front = await mirroredFront({
      onService: silent,
      onLegacy: (exchange) => exchange.reply(200, Buffer.alloc(200_000)),
      shadow: { timeout: 60_000 },
    });
    front.held = 16 * 1024 * 1024 - 1_000_000;
    for (let i = 0; i < 8; i++) await askMany(front.port, 1);
    const skipped = front.endings.skipped.length;
    expect(skipped).toBeGreaterThanOrEqual(3);
    expect(skipped).toBeLessThanOrEqual(4);
    front.held = 16 * 1024 * 1024 + 1;
    await askMany(front.port, 1);
    await until(() => front.endings.skipped.length === skipped + 1);
    expect(new Set(reasons(front))).toEqual(new Set(['queue-full']));
  });
});

describe('a service that fails five times in a row', () => {
  async function opened() {
    const front = await mirroredFront({ onService: ({ connection }) => connection.socket.resetAndDestroy() });
    for (let i = 1; i <= 5; i++) {
      await answerTo(front.port, get('/'));
      await front.ended(i);
    }
    expect(front.endings.serviceFailed).toHaveLength(5);
    return front;
  }

  test('is left alone for 5 s, and tried by one copy then', async () => {
    const front = await opened();
    await answerTo(front.port, get('/'));
    await front.ended(6);
    front.now += 4_999;
    await answerTo(front.port, get('/'));
    await front.ended(7);
    expect(reasons(front)).toEqual(['circuit-open', 'circuit-open']);

    front.now += 1;
    front.service.handler = silent;
    await answerTo(front.port, get('/'));
    const probe = await front.service.exchange(5);
    await answerTo(front.port, get('/'));
    await front.ended(8);
    expect(reasons(front)).toHaveLength(3);
    front.service.handler = (exchange) => exchange.reply(200, 'ok');
    probe.reply(200, 'ok');
    await front.ended(9);
    await answerTo(front.port, get('/'));
    expect((await front.ended(10)).pairs).toHaveLength(2);
  });

  test('is left alone for twice as long when that copy fails too', async () => {
    const front = await opened();
    front.now += 5_000;
    await answerTo(front.port, get('/'));
    await front.ended(6);
    front.now += 9_999;
    await answerTo(front.port, get('/'));
    await front.ended(7);
    front.now += 1;
    await answerTo(front.port, get('/'));
    await front.ended(8);
    expect(front.endings.serviceFailed).toHaveLength(7);
    expect(reasons(front)).toEqual(['circuit-open']);
  });

  test('on one route is asked on the others all the same', async () => {
    const shadow = { ...unshadowed, percent: 100 };
    const front = await mirroredFront({
      routes: [
        route('bad', 'orders', { path: '/bad', percent: 0, shadow }),
        route('good', 'orders', { path: '/good', percent: 0, shadow }),
      ],
      onService: (exchange) => {
        if (exchange.target === '/bad') exchange.connection.socket.resetAndDestroy();
        else exchange.reply(200, 'ok');
      },
    });
    for (let i = 1; i <= 6; i++) {
      await answerTo(front.port, get('/bad'));
      await front.ended(i);
    }
    await answerTo(front.port, get('/good'));
    expect((await front.ended(7)).pairs).toHaveLength(1);
    expect(reasons(front)).toEqual(['circuit-open']);
  });

  test('starts anew with other settings of its own', async () => {
    const front = await opened();
    const [orders] = front.settings.services;
    front.service.handler = (exchange) => exchange.reply(200, 'ok');
    front.apply({}, { ...front.settings, services: [{ ...orders!, via: false }] });
    await answerTo(front.port, get('/'));
    expect((await front.ended(6)).pairs).toHaveLength(1);
  });
});
