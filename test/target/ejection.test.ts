import { describe, expect, test } from 'vitest';
import { get, message, post } from '../support/front.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';
import { ejection, several } from './several.ts';
import { eventually } from './wire/fixture.ts';

const failing = (exchange: Exchange) => exchange.reply(500, 'no');
const hanging = () => {};
const resetting = (exchange: Exchange) => exchange.connection.socket.resetAndDestroy();
const quick = { connect: 500, response: 200, idle: 200, total: 0 };

async function statuses(port: number, count: number, request = get('/a')): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push((await answerTo(port, request)).status);
  return all;
}

describe('one of three instances that is gone', () => {
  test.each([
    ['GET', get('/a')],
    ['POST', post('/a', 'body')],
  ])('fails no caller of %s, and is left alone after five refusals', async (_, request) => {
    const { port, instances, told, known, proxy } = await several([null, null, null]);
    await instances[1]!.close();

    expect(await statuses(port, 30, request)).toEqual(Array(30).fill(200));

    expect(told()).toEqual(['ejected 1']);
    expect(known(1)).toMatchObject({ ejected: 1, leftAlone: 1, ejections: 1 });
    expect(proxy.events).toMatchObject([{ type: 'instance.ejected', target: 'orders', failures: 5, time: 30_000 }]);
    expect(instances[0]!.exchanges.length + instances[2]!.exchanges.length).toBe(30);
    for (const index of [0, 2]) expect(instances[index]!.exchanges.length).toBeGreaterThan(10);
  });

  test('fails no caller though nothing is ever ejected', async () => {
    const { port, instances, told } = await several([null, null, null], { ejection: null });
    await instances[0]!.close();

    expect(await statuses(port, 12)).toEqual(Array(12).fill(200));
    expect(told()).toEqual([]);
  });

  test('fails no caller where a second one is gone too, whichever is asked first', async () => {
    for (const balance of ['round-robin', 'least-pending'] as const) {
      const { port, instances } = await several([null, null, null], { balance });
      await instances[0]!.close();
      await instances[2]!.close();

      expect(await statuses(port, 20)).toEqual(Array(20).fill(200));
    }
  });
});

test('a request asks five instances that are gone, and not a thousand', async () => {
  const { port, instances, told } = await several(Array(12).fill(null), {
    ejection: { ...ejection, failures: 1, most: 100 },
  });
  for (const instance of instances) await instance.close();

  expect((await answerTo(port, get('/a'))).status).toBe(502);

  expect(told()).toHaveLength(5);
});

describe('one of three instances that fails what it is asked', () => {
  test.each([
    ['answers 500', failing],
    ['resets each request', resetting],
    ['hangs', hanging],
    [
      'breaks off its answers',
      (exchange: Exchange) => exchange.connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    ],
    ['speaks no HTTP', (exchange: Exchange) => exchange.send('hello\r\n\r\n')],
  ])('is asked five times and no more, where it %s', async (_, handler) => {
    const { port, instances, told } = await several([null, handler, null], { timeout: quick });

    const all = await Promise.all(Array.from({ length: 15 }, () => answerTo(port, get('/a')).catch(() => null)));
    expect(all.filter((answer) => answer?.status === 200 && answer.text === 'ok')).toHaveLength(10);
    expect(await statuses(port, 20)).toEqual(Array(20).fill(200));

    expect(told()).toEqual(['ejected 1']);
    expect(instances[1]!.exchanges).toHaveLength(5);
  });

  test('fails no caller whose request legacy may answer', async () => {
    const { port, instances } = await several([null, failing, null], {}, { fallback: { on: [500] } });

    expect(await statuses(port, 30)).toEqual(Array(30).fill(200));
    expect(instances[1]!.exchanges).toHaveLength(5);
  });

  test('is not left alone when it answers in between', async () => {
    let asked = 0;
    const sometimes = (exchange: Exchange) => exchange.reply(++asked % 5 === 0 ? 404 : 503, '');
    const { port, told, known } = await several([null, sometimes], {});

    await statuses(port, 60);

    expect(asked).toBe(30);
    expect(told()).toEqual([]);
    expect(known(1)).toMatchObject({ ejections: 0 });
  });
});

describe('what is no failure of an instance', () => {
  test('a caller who leaves', async () => {
    const { port, instances, told, known } = await several([null, hanging], { ejection: { ...ejection, failures: 1 } });

    for (let i = 0; i < 8; i++) {
      const caller = await RawCaller.connect(port);
      const before = instances[0]!.exchanges.length + instances[1]!.exchanges.length;
      caller.send(get('/a'));
      await eventually(() => instances[0]!.exchanges.length + instances[1]!.exchanges.length > before);
      caller.destroy();
    }
    await eventually(() => known(1).pending === 0);

    expect(instances[1]!.exchanges.length).toBe(4);
    expect(told()).toEqual([]);
  });

  test('an answer that falls through', async () => {
    const unknown = (exchange: Exchange) => exchange.reply(501, 'not yet');
    const { port, told } = await several([unknown, unknown], {}, { fallthrough: [404, 501] });

    expect(await statuses(port, 20)).toEqual(Array(20).fill(200));
    expect(told()).toEqual([]);
  });

  test('an idle connection that it closes', async () => {
    const closing = (exchange: Exchange) => {
      if (exchange.index === 0) exchange.reply(200, 'ok');
      else exchange.connection.socket.end();
    };
    const { port, told } = await several([closing, closing], { ejection: { ...ejection, failures: 1 } });

    expect(await statuses(port, 12)).toEqual(Array(12).fill(200));
    expect(told()).toEqual([]);
  });
});

describe('an instance is held to', () => {
  test('timeout.total, where that is over before its own is', async () => {
    const { port, told } = await several([null, hanging], {
      timeout: { connect: 500, response: 30_000, idle: 500, total: 100 },
      ejection: { ...ejection, failures: 2 },
    });

    await statuses(port, 6);

    expect(told()).toEqual(['ejected 1']);
  });

  test('timeout.total for as long as it is the one who is waited for', async () => {
    const { port, told, instances } = await several([hanging, hanging], {
      timeout: { connect: 500, response: 30_000, idle: 500, total: 100 },
      ejection: { ...ejection, failures: 1 },
    });
    const caller = await RawCaller.connect(port);
    caller.send('POST /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 9\r\n\r\nhalf');

    expect((await caller.answer('POST'))?.status).toBe(504);

    expect(instances[0]!.exchanges).toHaveLength(1);
    expect(told()).toEqual([]);
    caller.destroy();
  });

  test('the protocol that was asked for', async () => {
    const other = (exchange: Exchange) =>
      exchange.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
    const { port, told } = await several([other, other], { ejection: { ...ejection, failures: 2 } });
    const upgrade = message('GET', '/ws', ['Connection: Upgrade', 'Upgrade: websocket'], '');

    expect(await statuses(port, 3, upgrade)).toEqual([502, 502, 502]);

    expect(told()).toEqual(['ejected 0']);
  });
});

describe('an ejected instance', () => {
  test('is back when its time is over, and away for longer the next time', async () => {
    const { port, told, proxy, instances } = await several([null, failing], {
      ejection: { failures: 1, time: 150, longest: 300, most: 10 },
    });

    for (const round of [1, 2, 3]) {
      await statuses(port, 4);
      await eventually(() => told().filter((what) => what === 'returned 1').length === round);
    }
    instances[1]!.handler = (exchange) => exchange.reply(200, 'well');
    const asked = instances[1]!.exchanges.length;
    expect(await statuses(port, 4)).toEqual([200, 200, 200, 200]);

    expect(instances[1]!.exchanges.length).toBe(asked + 2);
    expect(told()).toEqual(['ejected 1', 'returned 1', 'ejected 1', 'returned 1', 'ejected 1', 'returned 1']);
    const times = proxy.events.flatMap((event) => (event.type === 'instance.ejected' ? Math.round(event.time) : []));
    expect(times).toEqual([150, 300, 300]);
  });

  test('is the only one: no more than a tenth is ejected, but always one', async () => {
    const { port, told, instances } = await several([failing, failing, null]);

    await statuses(port, 60);

    expect(told()).toHaveLength(1);
    expect(instances[2]!.exchanges.length).toBeGreaterThanOrEqual(22);
  });

  test('never is all there is: whoever is alone goes on being asked', async () => {
    const { port, told, instances } = await several([failing]);

    expect(await statuses(port, 12)).toEqual(Array(12).fill(500));
    expect(instances[0]!.exchanges).toHaveLength(12);
    expect(told()).toEqual([]);
  });

  test('is asked all the same when all of them are', async () => {
    const { port, told, instances } = await several([failing, failing], {
      ejection: { ...ejection, failures: 2, most: 100 },
    });

    await statuses(port, 20);
    expect([...told()].sort()).toEqual(['ejected 0', 'ejected 1']);
    for (const instance of instances) instance.handler = (exchange) => exchange.reply(200, 'ok');
    expect(await statuses(port, 4)).toEqual([200, 200, 200, 200]);
  });
});

describe('requests under way', () => {
  test('are counted for each instance, until they end in whatever way', async () => {
    const held: Exchange[] = [];
    const { port, known, instances } = await several([(exchange) => void held.push(exchange), null]);

    const waiting = [answerTo(port, get('/1')), answerTo(port, get('/2')), answerTo(port, get('/3'))];
    await eventually(() => held.length === 2 && instances[1]!.exchanges.length === 1);
    await waiting[1];
    expect([known(0).pending, known(1).pending]).toEqual([2, 0]);

    held[0]!.reply(200, 'ok');
    held[1]!.connection.socket.resetAndDestroy();
    await Promise.all(waiting);
    expect(known(0).pending).toBe(0);
  });

  test('keep others from a slow instance under least-pending', async () => {
    const slow: Exchange[] = [];
    const { port, instances, known } = await several([(exchange) => void slow.push(exchange), null, null], {
      balance: 'least-pending',
      timeout: { connect: 2_000, response: 30_000, idle: 2_000, total: 0 },
    });

    const all: Promise<unknown>[] = [];
    const taken = (): number => instances.reduce((sum, { exchanges }) => sum + exchanges.length, 0);
    for (let i = 1; i <= 90; i++) {
      all.push(answerTo(port, get('/a')));
      await eventually(() => taken() === i && known(1).pending + known(2).pending === 0);
    }
    expect(slow.length).toBeLessThan(10);
    expect(instances[1]!.exchanges.length + instances[2]!.exchanges.length).toBe(90 - slow.length);
    for (const exchange of slow) exchange.reply(200, 'ok');
    await Promise.all(all);
  });
});
