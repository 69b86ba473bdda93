import { describe, expect, test } from 'vitest';
import { front, get, message } from '../support/front.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';

const timeout = { headers: 400, body: 400, answer: 0, idle: 400 };

describe('limits', () => {
  test.each([
    ['a header of 100 KB', get('/a', `X-A: ${'a'.repeat(100_000)}`), 431, 'headers-too-large'],
    ['201 headers', get('/a', ...Array.from({ length: 200 }, (_, i) => `X-${i}: ${i}`)), 431, 'headers-too-large'],
    ['2,501 headers', get('/a', ...Array.from({ length: 2_500 }, (_, i) => `X-${i}: ${i}`)), 431, 'headers-too-large'],
    ['a path of 9 KB', get(`/${'a'.repeat(9_000)}`), 414, 'path-too-long'],
    ['a query of 9 KB', get(`/?${'a'.repeat(9_000)}`), 414, 'path-too-long'],
  ])('%s is refused', async (_title, request, status, code) => {
    const { port, legacy } = await front();

    const answer = await answerTo(port, request);

    expect(answer.status).toBe(status);
    expect(answer.get('x-strangler-error')).toBe(code);
    expect(legacy.exchanges).toEqual([]);
  });

  test('what is within them passes', async () => {
    const { port, legacy } = await front();
    const fields = Array.from({ length: 199 }, (_, i) => `X-${i}: ${'v'.repeat(200)}`);

    expect((await answerTo(port, get(`/${'a'.repeat(8_000)}`, ...fields))).status).toBe(200);

    const exchange = await legacy.exchange(0);
    expect(fields.every((field) => exchange.head.includes(`\r\n${field}\r\n`))).toBe(true);
  });

  test('a target’s head of 60 KB passes, and one of 200 KB is an error of the target', async () => {
    const { port } = await front({
      onLegacy: (e) => e.reply(200, 'ok', [`X-A: ${'a'.repeat(Number(e.target.slice(1)) * 1_000)}`]),
    });

    expect((await answerTo(port, get('/60'))).get('x-a')?.length).toBe(60_000);
    expect((await answerTo(port, get('/200'))).get('x-strangler-error')).toBe('target-invalid');
    expect((await answerTo(port, get('/1'))).status).toBe(200);
  });
});

describe('a caller that is slow', () => {
  test('with its head is told so', async () => {
    const { port } = await front({ listen: { timeout } });
    const caller = await RawCaller.connect(port);
    caller.send('GET /a HTTP/1.1\r\nHost: a\r\nX-A');
    const drip = setInterval(() => caller.send('a'), 50);

    const answer = await caller.answer();

    clearInterval(drip);
    expect(answer?.status).toBe(408);
    expect(answer?.get('x-strangler-error')).toBe('request-timeout');
    await caller.closed;
    caller.destroy();
  });

  test.each([
    ['with a length', 'Content-Length: 100\r\n\r\nx'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n'],
    ['from the start', 'Content-Length: 100\r\n\r\n'],
  ])('with its body, %s, is told so, and the target is let go of', async (_title, rest) => {
    const { port, legacy } = await front({ listen: { timeout } });
    const caller = await RawCaller.connect(port);
    caller.send(`POST /a HTTP/1.1\r\nHost: shop.example\r\n${rest}`);
    const exchange = await legacy.exchange(0);

    const answer = await caller.answer('POST');

    expect(answer?.status).toBe(408);
    expect(answer?.get('connection')).toBe('close');
    await exchange.connection.closed;
    await expect(exchange.body()).rejects.toThrow();
    caller.destroy();
  });

  test('but steady may take as long as it likes', async () => {
    const { port } = await front({ listen: { timeout } });
    const caller = await RawCaller.connect(port);
    caller.send(message('POST', '/a', ['Content-Length: 8'], ''));
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      caller.send('x');
    }

    expect((await caller.answer('POST'))?.status).toBe(200);
    caller.destroy();
  });

  test('to ask again is let go of', async () => {
    const { port } = await front({ listen: { timeout } });
    const caller = await RawCaller.connect(port);
    caller.send(get('/a'));
    expect((await caller.answer())?.status).toBe(200);

    expect(await caller.closed).toBe('ended');
    expect(caller.unread).toBe('');
    caller.destroy();
  });

  test('in hundreds does not hold up anyone else', async () => {
    const { port } = await front({ listen: { timeout: { ...timeout, headers: 5_000 } } });
    const slow = await Promise.all(Array.from({ length: 300 }, () => RawCaller.connect(port)));
    for (const caller of slow) caller.send('GET /a HTTP/1.1\r\nHost: a\r\nX-A');

    expect((await answerTo(port, get('/a'))).status).toBe(200);

    for (const caller of slow) caller.reset();
  });
});
