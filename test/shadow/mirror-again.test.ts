import { describe, expect, test } from 'vitest';
import type { Pair } from '../../src/shadow/pair.ts';
import { get } from '../support/front.ts';
import { answerTo } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';
import { mirroredFront, textOf, until } from './mirrored-front.ts';

const isCopy = (exchange: Exchange) => exchange.get('x-strangler-shadow') !== undefined;

/** Says how often it was asked. */
function counting(name: string) {
  let asked = 0;
  return (exchange: Exchange) => exchange.reply(200, `${name} ${++asked}`);
}

describe('noise', () => {
  test('asks legacy a second time for its share of the GETs, after its first answer', async () => {
    const draws = [0, 0.05, 0, 0.1];
    const { port, legacy, ended } = await mirroredFront({
      shadow: { noise: 10 },
      onLegacy: counting('legacy'),
      chance: () => draws.shift()!,
    });
    await answerTo(port, get('/'));
    await ended(1);
    await answerTo(port, get('/'));
    const { pairs } = await ended(2);
    expect(pairs.map(({ again }) => again && textOf(again))).toEqual(['legacy 2', null]);
    expect(legacy.exchanges.map(isCopy)).toEqual([false, true, false]);
  });

  test('in reverse asks legacy twice too', async () => {
    const { port, ended } = await mirroredFront({
      shadow: { noise: 100 },
      live: { live: 100 },
      onLegacy: counting('legacy'),
    });
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    expect([textOf(pairs[0]!.legacy), textOf(pairs[0]!.again!)]).toEqual(['legacy 1', 'legacy 2']);
  });

  test('costs a pair nothing where legacy has no time or fails', async () => {
    const held: Exchange[] = [];
    const { port, ended } = await mirroredFront({
      shadow: { noise: 100 },
      onLegacy: (exchange) => {
        if (isCopy(exchange)) held.push(exchange);
        else exchange.reply(200, 'ok');
      },
    });
    for (let i = 0; i < 6; i++) await answerTo(port, get('/'));
    expect((await ended(2)).pairs.map(({ again }) => again)).toEqual([null, null]);
    await until(() => held.length === 4);
    for (const { connection } of held) connection.socket.resetAndDestroy();
    const { pairs } = await ended(6);
    expect(pairs.every(({ again, service }) => again === null && service !== null)).toBe(true);
  });
});

describe('a calibration', () => {
  const calibrateUntil = Date.now() + 3_600_000;

  test('holds legacy against itself, asks no service and counts nothing', async () => {
    const front = await mirroredFront({ live: { shadowLive: 0, calibrateUntil }, onLegacy: counting('legacy') });
    await answerTo(front.port, get('/'));
    const { pairs, skipped } = await front.ended(1);
    expect(pairs[0]!.service).toBe(null);
    expect([textOf(pairs[0]!.legacy), textOf(pairs[0]!.again!)]).toEqual(['legacy 1', 'legacy 2']);
    expect(skipped).toEqual([]);
    expect(front.service.exchanges).toEqual([]);

    await answerTo(front.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    front.now = calibrateUntil;
    await answerTo(front.port, get('/'));
    await answerTo(front.port, get('/'));
    expect(front.legacy.exchanges).toHaveLength(5);
    await front.ended(1);
  });

  test('beside a shadow asks legacy twice for each request that is shadowed, and for each that is not', async () => {
    const draws = [0.4, 0.6];
    const { port, ended } = await mirroredFront({
      shadow: { percent: 50 },
      live: { shadowLive: 50, calibrateUntil },
      chance: () => draws.shift()!,
    });
    await answerTo(port, get('/'));
    await ended(1);
    await answerTo(port, get('/'));
    const { pairs, skipped } = await ended(3);
    expect(pairs.map(({ service, again }) => [service !== null, again !== null])).toEqual([
      [true, true],
      [false, true],
    ]);
    expect(skipped).toEqual([{ arm: 'legacy', reason: 'not-sampled' }]);
  });

  test('of an answer that legacy does not give twice is no pair', async () => {
    const { port, legacy, endings } = await mirroredFront({
      live: { shadowLive: 0, calibrateUntil },
      onLegacy: (exchange) => {
        if (isCopy(exchange)) exchange.connection.socket.resetAndDestroy();
        else exchange.reply(200, 'ok');
      },
    });
    await answerTo(port, get('/'));
    await (await legacy.exchange(1)).connection.closed;
    await answerTo(port, get('/'));
    expect(endings).toEqual({ pairs: [], skipped: [], serviceFailed: [] });
  });
});

describe('a second look', () => {
  const shadow = { confirm: 1_000 };
  /** What both sides answered, or why there is nothing. */
  const look = (pair: Pair, delay = 1) =>
    new Promise<readonly string[] | string>((resolve) =>
      pair.look!.ask(delay, null, (both, why) =>
        resolve(both === null ? why! : [textOf(both.legacy), textOf(both.service)]),
      ),
    );

  test('asks both sides the same once more, after a while', async () => {
    const { port, legacy, service, ended } = await mirroredFront({
      shadow,
      onLegacy: counting('legacy'),
      onService: counting('service'),
    });
    await answerTo(port, get('/a?b', 'Cookie: c=d'));
    const { pairs } = await ended(1);
    const startedAt = performance.now();
    expect(await look(pairs[0]!, 300)).toEqual(['legacy 2', 'service 2']);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(299);
    expect(service.exchanges[1]!.head).toBe(service.exchanges[0]!.head);
    expect([legacy.exchanges[1]!.target, isCopy(legacy.exchanges[1]!)]).toEqual(['/a?b', true]);
  });

  test('is there for GETs only, and only where the route confirms', async () => {
    const { port, ended, apply, settings } = await mirroredFront({ shadow });
    await answerTo(port, 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    await ended(1);
    const [route] = settings.routes;
    apply({}, { ...settings, routes: [{ ...route!, shadow: { ...route!.shadow, confirm: 0 } }] });
    await answerTo(port, get('/'));
    const { pairs } = await ended(2);
    expect(pairs.map((pair) => pair.look)).toEqual([null, null]);
  });

  test('says why there is none: either side fails, legacy has no time, or 64 are on their way', async () => {
    const held: Exchange[] = [];
    const { port, service, ended } = await mirroredFront({
      shadow,
      onLegacy: (exchange) => {
        if (isCopy(exchange)) held.push(exchange);
        else exchange.reply(200, 'ok');
      },
    });
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    const told: Awaited<ReturnType<typeof look>>[] = [];
    for (let i = 0; i < 64; i++) void look(pairs[0]!).then((end) => told.push(end));
    expect(await look(pairs[0]!)).toBe('queue-full');
    // Those that legacy has no time for have waited for it.
    await until(() => told.length === 60);
    expect(told.filter((each) => each === 'legacy-busy')).toHaveLength(60);
    expect(held).toHaveLength(4);
    for (const exchange of held.splice(0)) exchange.reply(200, 'legacy');
    await until(() => told.length === 64);
    expect(told.filter((each) => typeof each !== 'string')).toHaveLength(4);

    const broken = look(pairs[0]!);
    await until(() => held.length === 1);
    held[0]!.connection.socket.resetAndDestroy();
    expect(await broken).toBe('legacy-failed');

    service.handler = ({ connection }) => connection.socket.resetAndDestroy();
    expect(await look(pairs[0]!)).toBe('service-failed');
  });

  test('waits a little until legacy has time for it', async () => {
    const held: Exchange[] = [];
    const { port, ended } = await mirroredFront({
      shadow,
      onLegacy: (exchange) => {
        if (isCopy(exchange) && held.length < 4) held.push(exchange);
        else exchange.reply(200, 'ok');
      },
    });
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    const looks = Array.from({ length: 8 }, () => look(pairs[0]!));
    await until(() => held.length === 4);
    for (const exchange of held) exchange.reply(200, 'legacy');
    const told = await Promise.all(looks);
    expect(told.filter((each) => typeof each === 'string')).toEqual([]);
  });

  test('is not to be had when the proxy goes', async () => {
    const { port, proxy, ended } = await mirroredFront({ shadow });
    await answerTo(port, get('/'));
    const { pairs } = await ended(1);
    const told = look(pairs[0]!, 60_000);
    await proxy.close();
    expect(await told).toBe('shut-down');
    expect(await look(pairs[0]!)).toBe('shut-down');
  });
});
