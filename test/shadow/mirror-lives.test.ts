/** The mirror with callers of every kind, through changes of the settings, and at the proxy's end. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCertificate } from '../support/certificate.ts';
import { get } from '../support/front.ts';
import { instanceUrl, targetSettings } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import { RawTarget } from '../support/raw-target.ts';
import { mirroredFront, textOf, until } from './mirrored-front.ts';

const silent = (): void => {};

describe('callers', () => {
  test('of HTTP/2 are shadowed alike', async () => {
    const certificate = await createCertificate();
    const front = await mirroredFront({ listen: { tls: certificate }, shadow: { methods: ['GET', 'REPORT'] } });
    const session = connect(front.proxy.url, { ca: certificate.cert });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':method': 'REPORT', ':path': '/a' });
    stream.end('body');
    stream.resume();
    await once(stream, 'end');
    const { pairs } = await front.ended(1);
    expect(Buffer.concat(pairs[0]!.requestBody!).toString()).toBe('body');
    const copy = front.service.exchanges[0]!;
    expect([copy.target, copy.get('content-length'), copy.get('transfer-encoding')]).toEqual(['/a', '4', undefined]);

    front.legacy.handler = silent;
    const left = session.request({ ':path': '/b' });
    left.on('error', silent);
    await front.legacy.exchange(1);
    left.close(8);
    expect((await front.ended(2)).skipped).toEqual([{ arm: 'legacy', reason: 'aborted' }]);
  });

  test('of a server that the proxy is embedded in are shadowed alike', async () => {
    const front = await mirroredFront();
    const server = createServer((request, response) => front.proxy.proxy.handle(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await answerTo((server.address() as AddressInfo).port, get('/'));
    expect((await front.ended(1)).pairs).toHaveLength(1);
  });

  test('who pipeline get their answers in order, and a pair for each', async () => {
    const { port, ended } = await mirroredFront({ onLegacy: (exchange) => exchange.reply(200, exchange.target) });
    const caller = await RawCaller.connect(port);
    caller.send(get('/1') + get('/2') + get('/3'));
    for (const expected of ['/1', '/2', '/3']) expect((await caller.answer('GET'))!.text).toBe(expected);
    const { pairs } = await ended(3);
    expect(pairs.map(({ url, legacy }) => [url, textOf(legacy)])).toEqual([
      ['/1', '/1'],
      ['/2', '/2'],
      ['/3', '/3'],
    ]);
    caller.destroy();
  });
});

describe('other settings', () => {
  test('leave what is under way to its old target, and send the next to the new one', async () => {
    const front = await mirroredFront({ onService: silent });
    const moved = await RawTarget.start();
    onTestFinished(() => moved.close());
    await answerTo(front.port, get('/old'));
    const old = await front.service.exchange(0);
    front.apply({}, { ...front.settings, services: [targetSettings('orders', moved.port)] });
    await answerTo(front.port, get('/new'));
    await front.ended(1);
    old.reply(200, 'old');
    const { pairs } = await front.ended(2);
    expect(pairs.map(({ url, service }) => [url, textOf(service!)])).toEqual([
      ['/new', 'ok'],
      ['/old', 'old'],
    ]);
    expect(moved.exchanges).toHaveLength(1);
    await old.connection.closed;
  });

  test('that shadow no more leave nothing behind', async () => {
    const front = await mirroredFront({ onService: silent });
    await answerTo(front.port, get('/'));
    const copy = await front.service.exchange(0);
    front.apply({ shadowLive: 0 });
    await answerTo(front.port, get('/'));
    copy.reply(200, 'ok');
    expect((await front.ended(1)).pairs).toHaveLength(1);
    expect(front.service.exchanges).toHaveLength(1);
  });
});

test('the proxy’s end cuts what is under way, and counts each once', async () => {
  const front = await mirroredFront({ onService: silent, onLegacy: (exchange) => exchange.reply(200, 'ok') });
  for (let i = 0; i < 3; i++) await answerTo(front.port, get('/'));
  await until(() => front.service.exchanges.length === 3);
  front.legacy.handler = silent;
  const caller = await RawCaller.connect(front.port);
  caller.send(get('/'));
  await front.legacy.exchange(3);
  await front.proxy.close();
  for (const { closed } of front.service.connections) await closed;
  await caller.closed;
  const { pairs, skipped, serviceFailed } = await front.ended(4);
  expect([pairs, serviceFailed]).toEqual([[], []]);
  expect(skipped).toEqual(Array.from({ length: 4 }, () => ({ arm: 'legacy', reason: 'shut-down' })));
  expect(front.proxy.events).toEqual([]);
});

test('the proxy’s end counts each that waits, is asked for, or is still on its way to legacy, through a reload', async () => {
  const front = await mirroredFront({
    onService: silent,
    onLegacy: (exchange) =>
      void exchange.body().then(
        () => exchange.reply(200, 'ok'),
        () => {},
      ),
    shadow: { methods: ['GET', 'POST', 'PUT'], writes: { mode: 'url', url: instanceUrl(1) } },
  });
  // More than may be under way at a time.
  for (let i = 0; i < 70; i++) await answerTo(front.port, get('/'));
  await until(() => front.service.exchanges.length === 64);
  front.apply({}, { ...front.settings, services: [targetSettings('orders', 1)] });
  const callers = await Promise.all(
    ['Content-Length: 9\r\n\r\nhalf', 'Content-Length: 4\r\n\r\nhalf'].map(async (rest) => {
      const caller = await RawCaller.connect(front.port);
      front.legacy.handler = silent;
      caller.send(`POST /w HTTP/1.1\r\nHost: shop.example\r\n${rest}`);
      return caller;
    }),
  );
  await front.legacy.exchange(71);
  await front.proxy.close();
  await Promise.all(callers.map(({ closed }) => closed));
  const { pairs, skipped, serviceFailed } = await front.ended(72);
  expect([pairs, serviceFailed]).toEqual([[], []]);
  expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(['shut-down']));
});

test('a fault of ours costs the shadow that it met, and no caller an answer', async () => {
  let faults = 100;
  const front = await mirroredFront({
    onCompare: () => {
      if (faults-- > 0) throw new Error('a fault of ours');
    },
  });
  for (let i = 0; i < 100; i++) expect((await answerTo(front.port, get('/'))).text).toBe('ok');
  const { skipped } = await front.ended(100);
  expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(['compare-failed']));
  expect(front.proxy.events).toHaveLength(100);
  expect(front.proxy.events[0]).toMatchObject({ type: 'request.failed', code: 'internal-error', route: 'r' });
  // More of them than there are places: every place was given back.
  await answerTo(front.port, get('/'));
  expect((await front.ended(101)).pairs).toHaveLength(1);
});
