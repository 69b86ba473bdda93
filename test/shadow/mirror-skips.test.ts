import { describe, expect, test } from 'vitest';
import { get, message, post } from '../support/front.ts';
import { answerTo, ask, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';
import { type MirroredFrontOptions, mirroredFront, until } from './mirrored-front.ts';

/** A status and fields that are followed by nothing. */
const headOnly = (...fields: string[]) => `HTTP/1.1 200 OK\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const silent = (): void => {};

describe('what is not compared is counted by its reason:', () => {
  test.each<[string, string, MirroredFrontOptions, string]>([
    ['a method that the route does not shadow', 'unsafe-method', {}, post('/', 'x')],
    ['a write, where writes are off', 'unsafe-method', { shadow: { methods: ['POST'] } }, post('/', 'x')],
    ['a draw beyond the percent', 'not-sampled', { shadow: { percent: 50 }, chance: () => 0.5 }, get('/')],
    ['a busy event loop', 'overloaded', { governor: { admits: () => false, made: silent, close: silent } }, get('/')],
    [
      'a request that says that it is too large',
      'body-too-large',
      { shadow: { methods: ['REPORT'], body: 10 } },
      message('REPORT', '/', ['Content-Length: 11'], 'x'.repeat(11)),
    ],
    [
      'a request that turns out to be too large',
      'body-too-large',
      { shadow: { methods: ['REPORT'], body: 10 } },
      message('REPORT', '/', ['Transfer-Encoding: chunked'], 'b\r\nabcdefghijk\r\n0\r\n\r\n'),
    ],
    ['a failure of legacy’s own', 'legacy-failed', { onLegacy: (exchange) => exchange.reply(500, 'no') }, get('/')],
    [
      'an answer of legacy’s that says that it is too large',
      'body-too-large',
      { shadow: { body: 10 }, onLegacy: (exchange) => exchange.reply(200, 'x'.repeat(11)) },
      get('/'),
    ],
    [
      'an answer of legacy’s that turns out to be too large',
      'body-too-large',
      {
        shadow: { body: 10 },
        onLegacy: (exchange) => exchange.send(`${headOnly('Transfer-Encoding: chunked')}b\r\nabcdefghijk\r\n0\r\n\r\n`),
      },
      get('/'),
    ],
  ])('%s is %s', async (_name, reason, options, request) => {
    const { port, proxy, ended } = await mirroredFront(options);
    await answerTo(port, request);
    expect(await ended(1)).toEqual({ pairs: [], serviceFailed: [], skipped: [{ arm: 'legacy', reason }] });
    expect(proxy.counts.finished).toBe(1);
  });

  test('what the service does not know yet, and legacy was asked for, is a fallthrough', async () => {
    const { port, ended } = await mirroredFront({
      route: { percent: 100, fallthrough: [404] },
      live: { declared: 100, live: 100 },
      onService: (exchange) => exchange.reply(404, 'not here yet'),
    });
    expect((await answerTo(port, get('/'))).status).toBe(200);
    const skipped = [{ arm: 'service', reason: 'fallthrough' }];
    expect(await ended(1)).toEqual({ pairs: [], serviceFailed: [], skipped });
  });

  test.each(['text/event-stream', 'multipart/x-mixed-replace; boundary=x', 'application/grpc+proto'])(
    'an answer of type %s, as soon as its head says so',
    async (type) => {
      const { port, service, ended } = await mirroredFront({
        onLegacy: (exchange) => exchange.send(headOnly(`Content-Type: ${type}`, 'Transfer-Encoding: chunked')),
        onService: silent,
      });
      const caller = await RawCaller.connect(port);
      caller.send(get('/'));
      await caller.sees('chunked');
      expect((await ended(1)).skipped).toEqual([{ arm: 'legacy', reason: 'streaming' }]);
      for (const { closed } of service.connections) await closed;
      caller.destroy();
    },
  );

  test('an upgrade, and not one that is a shadow itself', async () => {
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const { port, service, ended } = await mirroredFront({ onLegacy: (exchange) => exchange.reply(200, 'no') });
    await ask(port, get('/', 'X-Strangler-Shadow: 1', ...upgrade));
    await ask(port, get('/', ...upgrade));
    expect((await ended(1)).skipped).toEqual([{ arm: 'legacy', reason: 'upgrade' }]);
    expect(service.exchanges).toEqual([]);
  });

  test.each([
    ['before the answer', silent],
    ['in the middle of it', (exchange: Exchange) => exchange.send(`${headOnly('Content-Length: 10')}half`)],
  ])('a caller who leaves %s, and the copy goes on', async (_name, onLegacy) => {
    let answerCopy = silent;
    const { port, legacy, service, ended } = await mirroredFront({
      onLegacy,
      onService: (exchange) => {
        answerCopy = () => exchange.reply(200, 'late');
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send(get('/1'));
    await legacy.exchange(0);
    const copy = await service.exchange(0);
    if (onLegacy !== silent) await caller.sees('half');
    caller.reset();
    expect((await ended(1)).skipped).toEqual([{ arm: 'legacy', reason: 'aborted' }]);

    // Had the copy been cut, its connection could not serve the next one.
    answerCopy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    legacy.handler = service.handler = (exchange) => exchange.reply(200, 'ok');
    await answerTo(port, get('/2'));
    expect((await ended(2)).pairs).toHaveLength(1);
    expect((await service.exchange(1)).connection).toBe(copy.connection);
  });

  test.each([
    ['resets', (exchange: Exchange) => exchange.connection.socket.resetAndDestroy()],
    ['ends without a word', (exchange: Exchange) => exchange.connection.socket.end()],
    ['says what is no HTTP', (exchange: Exchange) => exchange.send('SSH-2.0-OpenSSH\r\n\r\n')],
    [
      'breaks off',
      (exchange: Exchange) => {
        exchange.send(`${headOnly('Content-Length: 10')}half`);
        exchange.connection.socket.end();
      },
    ],
  ])('legacy that %s is legacy-failed', async (_name, onLegacy) => {
    const { port, ended } = await mirroredFront({ onLegacy });
    await ask(port, get('/'));
    expect((await ended(1)).skipped).toEqual([{ arm: 'legacy', reason: 'legacy-failed' }]);
  });

  test('a caller who breaks its request off', async () => {
    const { port, ended } = await mirroredFront({ shadow: { methods: ['REPORT'] }, onLegacy: silent });
    const caller = await RawCaller.connect(port);
    caller.send(message('REPORT', '/', ['Transfer-Encoding: chunked'], 'zz\r\n'));
    expect((await ended(1)).skipped).toEqual([{ arm: 'legacy', reason: 'aborted' }]);
    caller.destroy();
  });
});

describe('in reverse, when the service answers the caller,', () => {
  test.each<[string, string, MirroredFrontOptions]>([
    ['legacy’s own failure', 'legacy-failed', { onLegacy: (exchange) => exchange.reply(503) }],
    ['legacy’s reset', 'legacy-failed', { onLegacy: (exchange) => exchange.connection.socket.resetAndDestroy() }],
    [
      'an answer of legacy’s that is too large',
      'body-too-large',
      { shadow: { body: 10 }, onLegacy: (exchange) => exchange.reply(200, 'x'.repeat(11)) },
    ],
  ])('%s is %s', async (_name, reason, options) => {
    const { port, ended } = await mirroredFront({ ...options, live: { live: 100 } });
    await answerTo(port, get('/'));
    expect(await ended(1)).toEqual({ pairs: [], serviceFailed: [], skipped: [{ arm: 'service', reason }] });
  });

  test('a fifth extra request to legacy is legacy-busy', async () => {
    const held: Exchange[] = [];
    const { port, ended, legacy } = await mirroredFront({
      live: { live: 100 },
      onLegacy: (exchange) => void held.push(exchange),
    });
    for (let i = 0; i < 6; i++) await answerTo(port, get(`/${i}`));
    await until(() => held.length === 4);
    expect((await ended(2)).skipped.map(({ reason }) => reason)).toEqual(['legacy-busy', 'legacy-busy']);
    for (const exchange of held) exchange.reply(200, 'ok');
    expect((await ended(6)).pairs).toHaveLength(4);
    expect(legacy.exchanges).toHaveLength(4);
  });

  test('more of the service’s body than is kept is a pair all the same, where legacy’s is whole', async () => {
    const { port, ended } = await mirroredFront({
      live: { live: 100 },
      shadow: { body: 10 },
      onLegacy: (exchange) => exchange.reply(200, 'short'),
      onService: (exchange) => exchange.reply(200, 'x'.repeat(11)),
    });
    expect((await answerTo(port, get('/'))).body).toHaveLength(11);
    const { pairs } = await ended(1);
    expect([pairs[0]!.legacy.whole, pairs[0]!.service!.whole]).toEqual([true, false]);
  });
});
