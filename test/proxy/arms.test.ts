import { describe, expect, test } from 'vitest';
import { bucketOf } from '../../src/domain/caller.ts';
import type { Route } from '../../src/domain/settings.ts';
import { aRow } from '../domain/a-row.ts';
import { type Front, type FrontOptions, front, get, post } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';

const users = Array.from({ length: 100 }, (_, index) => `user-${index}`);
const onService = `X-User: ${users.find((user) => bucketOf('orders', user) < 5_000)!}`;
const onLegacy = `X-User: ${users.find((user) => bucketOf('orders', user) >= 5_000)!}`;

const reply = (status: number) => (exchange: Exchange) => exchange.reply(status, 'said');

const rollout: Route['rollout'] = {
  steps: [{ percent: 100, hold: 1_000, approve: false }],
  gates: { errors: null, p99: null, match: null, minRequests: 1, prometheus: [] },
  onFailure: 'rollback',
};

/** Half of the callers on the service. */
function halved({ more = {}, ...rest }: FrontOptions & { readonly more?: Partial<Route> } = {}): Promise<Front> {
  return front({
    routes: [route('order', 'orders', { path: '/orders/*', percent: 50, ...more })],
    caller: [{ from: 'header', name: 'x-user' }],
    override: { header: 'x-strangler-target', secret: 'let-me' },
    service: { timeout: { connect: 500, response: 300, idle: 300, total: 0 } },
    onLegacy: reply(200),
    onService: reply(200),
    ...rest,
  });
}

/** `arm: requests/failures`, of the arms in which anything was counted. */
const counted = ({ proxy }: Front): Record<string, string> =>
  Object.fromEntries(proxy.takeArms().map(({ arm, requests, failures }) => [arm, `${requests}/${failures}`]));

describe('a request counts for the arm that its bucket chose', () => {
  test('and for no other', async () => {
    const it = await halved();
    for (const field of [onService, onService, onLegacy]) await answerTo(it.port, get('/orders/1', field));
    const arms = it.proxy.takeArms();
    expect(arms.map(({ route, arm, requests, failures }) => [route, arm, requests, failures])).toEqual([
      ['order', 'service', 2, 0],
      ['order', 'legacy', 1, 0],
    ]);
    expect(arms.map(({ latency }) => latency.filter((_, index) => index % 2 === 1).reduce((a, b) => a + b))).toEqual([
      2, 1,
    ]);
  });

  test.each([
    ['503', reply(503)],
    ['a reset', (exchange: Exchange) => exchange.connection.socket.resetAndDestroy()],
    ['silence', () => {}],
    ['what is no HTTP', (exchange: Exchange) => exchange.send('no HTTP at all\r\n\r\n')],
  ])('though legacy answers in the place of %s: fallback hides nothing', async (_, handler) => {
    const it = await halved({ onService: handler });
    expect(await answerTo(it.port, get('/orders/1', onService))).toMatchObject({ status: 200 });
    expect(counted(it)).toEqual({ service: '1/1' });
  });

  test('though the service can not be reached', async () => {
    const it = await halved();
    await it.service.close();
    expect(await answerTo(it.port, get('/orders/1', onService))).toMatchObject({ status: 200 });
    expect(await answerTo(it.port, post('/orders/1', 'x', onService))).toMatchObject({ status: 200 });
    expect(counted(it)).toEqual({ service: '2/2' });
  });

  test('with what it waited for the service in its latency, though legacy answered at once', async () => {
    const it = await halved({ onService: () => {} });
    await answerTo(it.port, get('/orders/1', onService));
    const { latency } = it.proxy.takeArms()[0]!;
    // The bound below is 300 ms less a bucket: the service's response timeout.
    expect(0.25 * 2 ** (latency[0]! / 8)).toBeGreaterThan(250);
  });

  test.each([
    [500, '1/1'],
    [501, '1/1'],
    [404, '1/0'],
    [429, '1/0'],
    [301, '1/0'],
  ])('%i of either target makes %s', async (status, figures) => {
    const it = await halved({ onService: reply(status), onLegacy: reply(status) });
    await answerTo(it.port, get('/orders/1', onService));
    await answerTo(it.port, get('/orders/1', onLegacy));
    expect(counted(it)).toEqual({ service: figures, legacy: figures });
  });

  test("with no fallback, the proxy's own answer in its place is its failure", async () => {
    const it = await halved({
      more: { fallback: null },
      onService: (exchange) => exchange.connection.socket.resetAndDestroy(),
    });
    expect(await answerTo(it.port, post('/orders/1', 'x', onService))).toMatchObject({ status: 502 });
    expect(counted(it)).toEqual({ service: '1/1' });
  });

  test('and legacy that fails in the stead of the service is counted for the service once', async () => {
    const it = await halved({ onService: reply(503), onLegacy: reply(500) });
    await answerTo(it.port, get('/orders/1', onService));
    expect(counted(it)).toEqual({ service: '1/1' });
  });

  test('as a failure when it breaks off behind its head', async () => {
    const broken = (exchange: Exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      exchange.connection.socket.end();
    };
    const it = await halved({ onService: broken, onLegacy: broken });
    await answerTo(it.port, get('/orders/1', onService));
    await answerTo(it.port, get('/orders/1', onLegacy));
    expect(counted(it)).toEqual({ service: '1/1', legacy: '1/1' });
  });

  test('as no failure where the service says that it does not know this yet, whatever legacy answers then', async () => {
    for (const status of [200, 500]) {
      const it = await halved({ more: { fallthrough: [404] }, onService: reply(404), onLegacy: reply(status) });
      expect(await answerTo(it.port, get('/orders/1', onService))).toMatchObject({ status });
      expect(counted(it)).toEqual({ service: '1/0' });
    }
  });

  test('as a failure of the service that was not even asked, its circuit being open', async () => {
    const circuit = { failures: 1, rate: 100, window: 60_000, volume: 1_000, reset: 60_000 };
    const it = await halved({ service: { circuit }, onService: reply(503) });
    for (let index = 0; index < 3; index++) {
      expect(await answerTo(it.port, get('/orders/1', onService))).toMatchObject({ status: 200 });
    }
    expect(it.service.exchanges).toHaveLength(1);
    expect(counted(it)).toEqual({ service: '3/3' });
  });

  test('by its handshake when it switches protocols', async () => {
    const handshake = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: x',
      'Sec-WebSocket-Version: 13',
    ];
    const it = await halved({
      more: { fallback: null },
      onService: (exchange) =>
        exchange.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
      onLegacy: reply(503),
    });
    for (const [field, status] of [
      [onService, '101'],
      [onLegacy, '503'],
    ] as const) {
      const caller = await RawCaller.connect(it.port);
      caller.send(get('/orders/1', field, ...handshake));
      await caller.sees(`HTTP/1.1 ${status}`);
      caller.destroy();
    }
    expect(counted(it)).toEqual({ service: '1/0', legacy: '1/1' });
  });
});

describe('a request counts for neither arm', () => {
  test('when nothing tells its caller from others, or an override chose its target', async () => {
    const it = await halved({ onLegacy: reply(500), onService: reply(500) });
    await answerTo(it.port, get('/orders/1'));
    for (const target of ['legacy', 'orders']) {
      await answerTo(it.port, get('/orders/1', onService, `x-strangler-target: ${target}; secret=let-me`));
    }
    expect(it.legacy.exchanges.length + it.service.exchanges.length).toBe(3);
    expect(counted(it)).toEqual({});
  });

  test('when its caller left before there was a head to give', async () => {
    const it = await halved({ onService: () => {} });
    const caller = await RawCaller.connect(it.port);
    caller.send(get('/orders/1', onService));
    const exchange = await it.service.exchange(0);
    caller.reset();
    await exchange.connection.closed;
    expect(counted(it)).toEqual({});
  });

  test('when its own message is broken', async () => {
    const it = await halved({
      onService: () => {},
      listen: { timeout: { headers: 500, body: 200, answer: 0, idle: 500 } },
    });
    const caller = await RawCaller.connect(it.port);
    caller.send(`PUT /orders/1 HTTP/1.1\r\nHost: a\r\n${onService}\r\nContent-Length: 9\r\n\r\nhalf`);
    expect(await caller.answer()).toMatchObject({ status: 408 });
    expect(counted(it)).toEqual({});
  });

  test('where the route is in no split', async () => {
    const it = await halved();
    for (const live of [0, 100]) {
      it.proxy.apply(it.settings, [aRow({ live })]);
      await answerTo(it.port, get('/orders/1', onService));
    }
    expect(counted(it)).toEqual({});
  });
});

test('at the last step of a rollout everybody is in the arm of the service, known or not', async () => {
  const it = await halved({ more: { rollout }, onService: reply(503) });
  it.proxy.apply(it.settings, [aRow({ live: 100 })]);
  for (const fields of [[onService], [onLegacy], []]) await answerTo(it.port, get('/orders/1', ...fields));
  await answerTo(it.port, get('/orders/1', 'x-strangler-target: orders; secret=let-me'));
  expect(counted(it)).toEqual({ service: '3/3' });
});
