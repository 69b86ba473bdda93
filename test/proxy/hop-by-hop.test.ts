import { describe, expect, test } from 'vitest';
import { front, get, post } from '../support/front.ts';
import { answerTo } from '../support/raw-caller.ts';

describe('fields of the caller’s connection', () => {
  test.each([
    ['one', ['Connection: X-Mine', 'X-Mine: 1']],
    ['in another case', ['Connection: x-mINE', 'X-Mine: 1']],
    ['in a list', ['Connection: keep-alive,X-Mine ,, X-Other', 'X-Mine: 1', 'X-Mine: 2', 'X-Other: 3']],
    ['on several lines', ['Connection: X-Other', 'Connection: X-Mine', 'X-Mine: 1', 'X-Other: 3']],
    ['that was sent before Connection', ['X-Mine: 1', 'Connection: X-Mine']],
  ])('are not forwarded when Connection names %s', async (_title, fields) => {
    const { port, legacy } = await front();

    await answerTo(port, get('/a', ...fields, 'X-Kept: yes'));

    const exchange = await legacy.exchange(0);
    expect(exchange.get('x-mine')).toBeUndefined();
    expect(exchange.get('x-other')).toBeUndefined();
    expect(exchange.get('connection')).toBeUndefined();
    expect(exchange.get('x-kept')).toBe('yes');
  });

  test.each([
    'Keep-Alive: timeout=5',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic abc',
    'TE: gzip',
    'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
    'Upgrade: h2c',
    'Transfer_Encoding: chunked',
    'Content_Length: 5',
    'X_Forwarded_For: 1.2.3.4',
    'X-Forwarded_For: 1.2.3.4',
    'x_strangler_target: legacy',
  ])('are not forwarded: %s', async (field) => {
    const { port, legacy } = await front();

    expect((await answerTo(port, get('/a', field))).status).toBe(200);

    expect((await legacy.exchange(0)).get(field.slice(0, field.indexOf(':')))).toBeUndefined();
  });

  test('can’t take away what the proxy says, nor what frames the message', async () => {
    const { port, legacy } = await front();
    const names = 'X-Forwarded-For, X-Forwarded-Host, Forwarded, Via, Host, Content-Length';

    await answerTo(port, post('/a', 'hello', `Connection: ${names}`));

    const exchange = await legacy.exchange(0);
    expect(exchange.get('x-forwarded-for')).toBe('127.0.0.1');
    expect(exchange.get('x-forwarded-host')).toBe('shop.example');
    expect(exchange.get('forwarded')).toBe('for=127.0.0.1;host="shop.example";proto=http');
    expect(exchange.get('via')).toMatch(/^1\.1 strangler-/);
    expect(exchange.get('host')).toBe('shop.example');
    expect((await exchange.body()).toString()).toBe('hello');
  });

  test('TE: trailers is asked for anew', async () => {
    const { port, legacy } = await front();

    await answerTo(port, get('/a', 'TE: gzip;q=1, trailers', 'Connection: TE'));

    const exchange = await legacy.exchange(0);
    expect(exchange.all('te')).toEqual(['trailers']);
    expect(exchange.all('connection')).toEqual(['TE']);
  });
});

describe('fields of the target’s connection', () => {
  test.each([
    ['Connection: X-Mine', 'X-Mine: 1'],
    ['connection: x-other, x-MINE', 'X-Mine: 1'],
    ['Keep-Alive: timeout=77', 'X-None: 1'],
    ['Proxy-Connection: keep-alive', 'X-None: 1'],
    ['Upgrade: h2c', 'X-None: 1'],
  ])('are not handed on: %s', async (first, second) => {
    const { port } = await front({ onLegacy: (exchange) => exchange.reply(200, 'ok', [first, second, 'X-Kept: yes']) });

    const answer = await answerTo(port, get('/a'));

    expect(answer.get('x-mine')).toBeUndefined();
    expect(answer.get('proxy-connection')).toBeUndefined();
    expect(answer.get('upgrade')).toBeUndefined();
    expect(answer.get('keep-alive') ?? '').not.toContain('77');
    expect(answer.get('connection')).toBe('keep-alive');
    expect(answer.get('x-kept')).toBe('yes');
    expect(answer.text).toBe('ok');
  });

  test('don’t close the caller’s', async () => {
    const { port } = await front({ onLegacy: (exchange) => exchange.reply(200, 'ok', ['Connection: close']) });

    expect((await answerTo(port, get('/a'))).get('connection')).toBe('keep-alive');
  });

  test('can’t take Content-Length away', async () => {
    const { port } = await front({ onLegacy: (e) => e.reply(200, 'hello', ['Connection: Content-Length']) });

    expect(await answerTo(port, get('/a'))).toMatchObject({ framing: 'length', text: 'hello' });
  });
});
