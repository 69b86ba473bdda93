import { afterEach, describe, expect, test, vi } from 'vitest';
import type { DomainEvent } from '../../src/ports.ts';
import { Admission } from '../../src/proxy/admission.ts';
import { front, get, message, post } from '../support/front.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';

const limits = { headers: 65_536, path: 8_192, headerCount: 200, concurrent: 0, lag: 0 };

/** A proxy with two requests under way, which is as many as there may be. */
async function fullProxy() {
  const held = await front({ listen: { limits: { ...limits, concurrent: 2 } }, onLegacy: () => {} });
  const callers = [await RawCaller.connect(held.port), await RawCaller.connect(held.port)];
  for (const caller of callers) caller.send(get('/held'));
  const exchanges = [await held.legacy.exchange(0), await held.legacy.exchange(1)];
  held.legacy.handler = (exchange) => exchange.reply(200, 'ok');
  return { ...held, callers, exchanges };
}

describe('a proxy with as many requests under way as there may be', () => {
  test('refuses the next one at once, says when to ask again, and keeps its connection', async () => {
    const { port, callers, exchanges, proxy } = await fullProxy();
    const third = await RawCaller.connect(port);

    third.send(get('/third'));
    const refusal = await third.answer();

    expect([refusal?.status, refusal?.get('x-strangler-error')]).toEqual([503, 'overloaded']);
    expect(refusal?.get('retry-after')).toBe('1');
    expect(proxy.counts.refused).toEqual(['overloaded']);
    expect(proxy.events.filter(({ type }) => type === 'overload.began')).toEqual([
      { type: 'overload.began', by: 'requests', requests: 2 },
    ]);

    exchanges[0]!.reply(200, 'late but served');
    expect((await callers[0]!.answer())?.status).toBe(200);
    third.send(get('/third'));
    expect((await third.answer())?.status).toBe(200);
    for (const caller of [...callers, third]) caller.destroy();
  });

  test('answers a HEAD without a body, and closes after a request that has one', async () => {
    const { port, callers } = await fullProxy();

    const head = await RawCaller.connect(port);
    head.send(message('HEAD', '/a', [], ''));
    expect((await head.answer('HEAD'))?.status).toBe(503);

    const refused = await RawCaller.connect(port);
    refused.send(post('/a', 'x'.repeat(100_000)));
    expect((await refused.answer())?.get('x-strangler-error')).toBe('overloaded');
    await refused.closed;
    for (const caller of [...callers, head, refused]) caller.destroy();
  });

  test('refuses a WebSocket too', async () => {
    const { port, callers } = await fullProxy();
    const fields = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];

    const refusal = await answerTo(port, get('/socket', ...fields, 'Sec-WebSocket-Version: 13'));

    expect([refusal.status, refusal.get('retry-after')]).toEqual([503, '1']);
    for (const caller of callers) caller.destroy();
  });
});

describe('a proxy whose event loop is late', () => {
  test('refuses until it has caught up', async () => {
    const { port, proxy } = await front({ listen: { limits: { ...limits, lag: 20 } } });
    const statuses: number[] = [];
    for (let round = 0; round < 20 && !statuses.includes(503); round++) {
      const until = performance.now() + 200;
      while (performance.now() < until);
      statuses.push((await answerTo(port, get('/a'))).status);
    }
    expect(statuses.at(-1)).toBe(503);
    expect(proxy.events).toContainEqual({ type: 'overload.began', by: 'lag', requests: 0 });

    let status = 503;
    for (let round = 0; round < 100 && status === 503; round++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      status = (await answerTo(port, get('/a'))).status;
    }
    expect(status).toBe(200);
  });
});

describe('an overload', () => {
  afterEach(() => vi.useRealTimers());

  test('is told once when it begins, and with its count when nobody has been refused for a while', () => {
    vi.useFakeTimers();
    const told: DomainEvent[] = [];
    let underWay = 2;
    const admission = new Admission({ emit: (event) => told.push(event) }, () => underWay);
    admission.apply({ ...limits, concurrent: 2 });

    expect([admission.admits(), admission.admits(), admission.admits()]).toEqual([false, false, false]);
    underWay = 1;
    expect(admission.admits()).toBe(true);
    expect(told).toEqual([{ type: 'overload.began', by: 'requests', requests: 2 }]);

    vi.advanceTimersByTime(4_000);
    underWay = 2;
    expect(admission.admits()).toBe(false);
    vi.advanceTimersByTime(4_000);
    expect(told).toHaveLength(1);
    vi.advanceTimersByTime(2_000);
    expect(told.at(-1)).toEqual({ type: 'overload.ended', refused: 4 });
    admission.close();
  });
});
