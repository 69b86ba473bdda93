import { describe, expect, test } from 'vitest';
import { front, get } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';

const expecting = 'POST /up HTTP/1.1\r\nHost: shop.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
const goOn = 'HTTP/1.1 100 Continue\r\n\r\n';

describe('Expect: 100-continue', () => {
  test('is handed through, and the 100 comes from the target', async () => {
    const { port, legacy } = await front({
      onLegacy: (exchange) => void exchange.body().then((body) => exchange.reply(201, body)),
    });
    const caller = await RawCaller.connect(port);
    caller.send(expecting);
    const exchange = await legacy.exchange(0);
    expect(exchange.get('expect')).toBe('100-continue');
    expect(caller.unread).toBe('');

    exchange.send(goOn);
    await caller.sees(goOn);
    caller.send('hello');

    expect(await caller.answer('POST')).toMatchObject({ status: 201, text: 'hello' });
    caller.destroy();
  });

  test('lets the target refuse the upload before it is sent; the connection ends with that', async () => {
    const { port } = await front({ onLegacy: (exchange) => exchange.reply(413, 'too big') });
    const caller = await RawCaller.connect(port);
    caller.send(expecting);

    const answer = await caller.answer('POST');

    expect(answer).toMatchObject({ status: 413, text: 'too big', interims: [] });
    expect(answer?.get('connection')).toBe('close');
    expect(await caller.closed).toBe('ended');
    caller.destroy();
  });

  test('is not waited for with a caller that sends at once', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        void exchange.body().then((body) => exchange.reply(200, body));
      },
    });

    expect((await answerTo(port, `${expecting}hello`)).text).toBe('hello');
  });

  test('may be answered later than a caller may pause within a body', async () => {
    const { port } = await front({
      listen: { timeout: { headers: 3_000, body: 200, answer: 0, idle: 5_000 } },
      onLegacy: (exchange) => {
        setTimeout(() => exchange.send(goOn), 700);
        void exchange.body().then((body) => exchange.reply(200, body));
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send(expecting);
    await caller.sees(goOn);
    caller.send('hello');

    expect(await caller.answer('POST')).toMatchObject({ status: 200, text: 'hello' });
    caller.destroy();
  });

  test('that the target leaves unanswered is the target’s fault', async () => {
    const { port, proxy } = await front({
      listen: { timeout: { headers: 3_000, body: 5_000, answer: 0, idle: 5_000 } },
      legacy: { timeout: { connect: 1_000, response: 300, idle: 300, total: 0 } },
      onLegacy: () => {},
    });
    const caller = await RawCaller.connect(port);
    caller.send(expecting);

    const answer = await caller.answer('POST');

    expect(answer?.status).toBe(504);
    expect(answer?.get('x-strangler-error')).toBe('response-timeout');
    expect(proxy.events).toMatchObject([{ type: 'request.failed', code: 'response-timeout' }]);
    caller.destroy();
  });

  test('means nothing without a body, and nothing from a caller of HTTP/1.0', async () => {
    const { port, legacy } = await front();

    await answerTo(port, get('/a', 'Expect: 100-continue'));
    await answerTo(port, `${expecting.replace('1.1', '1.0')}hello`);

    expect((await legacy.exchange(0)).get('expect')).toBeUndefined();
    expect((await legacy.exchange(1)).get('expect')).toBeUndefined();
  });

  test('is never handed to legacy too where the service may have acted on it', async () => {
    const { port, legacy } = await front({
      routes: [route('up', 'orders', { path: '/up' })],
      onService: (exchange) => exchange.reply(503),
      onLegacy: (exchange) => exchange.reply(200, 'legacy'),
    });

    // A POST that may have reached the service is never sent twice: the service's own answer counts.
    const answer = await answerTo(port, expecting);

    expect(answer.status).toBe(503);
    expect(legacy.exchanges).toEqual([]);
  });
});

describe('interim answers', () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n\r\n';

  test('reach the caller before the answer is there, fields and all', async () => {
    const { port, legacy } = await front({ onLegacy: (exchange) => exchange.send(hints) });
    const caller = await RawCaller.connect(port);
    caller.send(get('/a'));

    await caller.sees(hints);
    (await legacy.exchange(0)).reply(200, 'ok');

    const answer = await caller.answer();
    expect(answer).toMatchObject({ status: 200, text: 'ok' });
    expect(answer?.interims[0]?.all('link')).toEqual(['</a.css>; rel=preload', '</b.js>; rel=preload']);
    caller.destroy();
  });

  test('may be several and of unknown kinds', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(`HTTP/1.1 102 Processing\r\n\r\n${hints}HTTP/1.1 199 Whatever\r\nX-A: 1\r\n\r\n`);
        exchange.reply(200, 'ok');
      },
    });

    const answer = await answerTo(port, get('/a'));

    expect(answer.interims.map(({ status, reason }) => `${status} ${reason}`)).toEqual([
      '102 Processing',
      '103 Early Hints',
      '199 Whatever',
    ]);
    expect(answer.text).toBe('ok');
  });

  test('of 100 that nobody asked for are kept from the caller', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(goOn);
        exchange.reply(200, 'ok');
      },
    });

    expect(await answerTo(port, get('/a'))).toMatchObject({ status: 200, interims: [] });
  });

  test('are kept from callers of HTTP/1.0', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(hints);
        exchange.reply(200, 'ok');
      },
    });

    expect(await answerTo(port, 'GET /a HTTP/1.0\r\n\r\n')).toMatchObject({ status: 200, interims: [] });
  });

  test('of pipelined requests stay with their own', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(`HTTP/1.1 103 Early Hints\r\nX-For: ${exchange.target}\r\n\r\n`);
        exchange.reply(200, exchange.target.padEnd(200_000));
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send(['/1', '/2', '/3', '/4'].map((target) => get(target)).join(''));

    for (const target of ['/1', '/2', '/3', '/4']) {
      const answer = await caller.answer();
      expect(answer?.interims.map((interim) => interim.get('x-for'))).toEqual([target]);
      expect(answer?.text.trimEnd()).toBe(target);
    }
    caller.destroy();
  });

  test.each([
    ['that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
    ['without an Upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno'],
  ])('of 101 %s are an error of the target', async (_title, raw) => {
    const { port, legacy } = await front({ onLegacy: (exchange) => exchange.send(raw) });

    const answer = await answerTo(port, get('/a'));

    expect(answer.status).toBe(502);
    expect(answer.get('x-strangler-error')).toBe('target-invalid');
    await legacy.connections[0]!.closed;
  });
});
