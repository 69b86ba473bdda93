/** Whether the target of a request's own arm failed it: the evidence of rollouts and guards goes by this. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Attempt } from '../../src/proxy/attempt.ts';
import { type FrontOptions, front, get } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';
import { eventually } from '../target/wire/fixture.ts';

const order = route('order', 'orders', { path: '/orders/*', fallthrough: [404, 501] });
const alone = { ...order, fallback: null };
const reset = (exchange: Exchange) => exchange.connection.socket.resetAndDestroy();
const retry = { attempts: 2, backoff: { first: 1, longest: 2 }, budget: 20, floor: 3, methods: ['GET'], on: [503] };
const circuit = { failures: 1, rate: 50, window: 10_000, volume: 20, reset: 60_000 };
const timeout = { connect: 500, response: 100, idle: 100, total: 0 };

/** What is said of each request in the end. */
function said(): () => boolean[] {
  const finish = vi.spyOn(Attempt.prototype, 'finish');
  onTestFinished(() => finish.mockRestore());
  return () => finish.mock.contexts.map((attempt) => (attempt as Attempt).serviceFailed);
}

async function judged(onService: (exchange: Exchange) => void, more: FrontOptions = {}, times = 1): Promise<boolean[]> {
  const { port } = await front({ routes: [order], onService, service: { timeout }, ...more });
  const verdicts = said();
  for (let i = 0; i < times; i++) await answerTo(port, get('/orders/1'));
  await eventually(() => verdicts().length === times);
  return verdicts();
}

describe('a service has failed a request', () => {
  test.each<[string, (exchange: Exchange) => void, FrontOptions]>([
    ['that it reset, though legacy answered', reset, {}],
    ['that it answered with 503, though legacy answered', (exchange) => exchange.reply(503), {}],
    ['that it answered with 500, though that is the answer', (exchange) => exchange.reply(500), {}],
    ['that it kept waiting, though legacy answered', () => {}, {}],
    ['whose answer is no HTTP', (exchange) => exchange.send('nonsense\r\n\r\n'), { routes: [alone] }],
    [
      'whose answer broke off behind its head',
      (exchange) => exchange.connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
      {},
    ],
  ])('%s', async (_title, onService, more) => {
    expect(await judged(onService, more)).toEqual([true]);
  });

  test('that its circuit refused', async () => {
    expect(await judged((exchange) => exchange.reply(500), { service: { circuit } }, 2)).toEqual([true, true]);
  });

  test('that its bulkhead refused', async () => {
    const { port, service, proxy } = await front({
      routes: [order],
      onService: () => {},
      service: { bulkhead: { concurrent: 1, queue: 0, wait: 0 } },
    });
    const caller = await RawCaller.connect(port);
    caller.send(get('/orders/1'));
    await service.exchange(0);
    const verdicts = said();
    expect((await answerTo(port, get('/orders/2'))).text).toBe('ok');
    expect(verdicts()).toEqual([true]);
    caller.reset();
    await eventually(() => proxy.proxy.inFlight() === 0);
  });

  test('that it answered well only when it was asked again', async () => {
    let asked = 0;
    const once = (exchange: Exchange) => (asked++ === 0 ? exchange.reply(503) : exchange.reply(200));
    expect(await judged(once, { service: { retry } })).toEqual([true]);
  });
});

describe('it has not failed one', () => {
  test.each<[string, (exchange: Exchange) => void]>([
    ['that it answered', (exchange) => exchange.reply(200)],
    ['whose caller asked for nothing', (exchange) => exchange.reply(400)],
    ['that fell through', (exchange) => exchange.reply(501)],
  ])('%s', async (_title, onService) => {
    expect(await judged(onService)).toEqual([false]);
  });

  test('that fell through to a legacy that fails', async () => {
    expect(await judged((exchange) => exchange.reply(404), { onLegacy: reset })).toEqual([false]);
  });

  test('on a connection that had gone stale', async () => {
    const { port, service } = await front({ routes: [order] });
    await answerTo(port, get('/orders/1'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    const verdicts = said();
    service.handler = (exchange) => (exchange.index > 0 ? reset(exchange) : exchange.reply(200));
    expect((await answerTo(port, get('/orders/1'))).status).toBe(200);
    expect(verdicts()).toEqual([false]);
  });

  test('whose caller left', async () => {
    const { port, service } = await front({ routes: [order], onService: () => {} });
    const verdicts = said();
    const caller = await RawCaller.connect(port);
    caller.send(get('/orders/1'));
    await service.exchange(0);
    caller.reset();
    await eventually(() => verdicts().length === 1);
    expect(verdicts()).toEqual([false]);
  });
});
