import { describe, expect, test } from 'vitest';
import type { RetrySettings } from '../../src/domain/policies.ts';
import { type FrontOptions, front, get, message, post } from '../support/front.ts';
import { instanceUrl, route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import { type Exchange, RawTarget } from '../support/raw-target.ts';
import { eventually } from '../target/wire/fixture.ts';

const settings: RetrySettings = {
  attempts: 3,
  backoff: { first: 5, longest: 40 },
  budget: 20,
  floor: 3,
  methods: ['GET', 'HEAD', 'OPTIONS'],
  on: [502, 503, 504],
};

const alone = route('order', 'orders', { path: '/orders/*', fallback: null });
const withLegacy = route('order', 'orders', { path: '/orders/*' });
const timeout = { connect: 500, response: 300, idle: 300, total: 0 };

function retrying(
  onService: (exchange: Exchange) => void,
  retry: Partial<RetrySettings> = {},
  more: FrontOptions = {},
) {
  const { service, ...rest } = more;
  return front({
    routes: [alone],
    onService,
    service: { timeout, retry: { ...settings, ...retry }, ...service },
    ...rest,
  });
}

/** Fails so many times, then answers with what it was sent. */
function failing(times: number, fail: (exchange: Exchange) => void): (exchange: Exchange) => void {
  let left = times;
  return (exchange) => {
    if (left-- > 0) fail(exchange);
    else
      exchange.body().then(
        (body) => exchange.reply(200, `well ${exchange.method} ${body}`),
        () => {},
      );
  };
}

const reset = (exchange: Exchange) => exchange.connection.socket.resetAndDestroy();
const refuse = (exchange: Exchange) => exchange.reply(503, 'not now');

describe('a request that may be sent twice', () => {
  test.each([
    ['a reset', reset],
    ['503', refuse],
    ['silence', () => {}],
    [
      '503 with a body that never ends',
      (exchange: Exchange) => exchange.send('HTTP/1.1 503 X\r\nContent-Length: 99\r\n\r\n'),
    ],
  ])('is sent again after %s, and its caller sees only the good answer', async (_title, fail) => {
    const { port, service, proxy } = await retrying(failing(2, fail));

    expect((await answerTo(port, get('/orders/1'))).text).toBe('well GET ');

    expect(service.exchanges).toHaveLength(3);
    expect(proxy.counts).toMatchObject({ started: 1, finished: 1, retried: 2 });
    expect(proxy.events).toEqual([]);
  });

  test('is sent as often as attempts say and no more; then the last answer is the caller’s', async () => {
    const { port, service } = await retrying((exchange) => exchange.reply(503, `no ${service.exchanges.length}`));

    expect(await answerTo(port, get('/orders/1'))).toMatchObject({ status: 503, text: 'no 3' });

    expect(service.exchanges).toHaveLength(3);
  });

  test('counts the try on a connection that had gone stale as one of them', async () => {
    const { port, service } = await retrying((exchange) => exchange.reply(200), { attempts: 2 });
    await answerTo(port, get('/orders/first'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    service.handler = reset;

    expect((await answerTo(port, get('/orders/1'))).status).toBe(502);

    expect(service.exchanges.filter(({ target }) => target === '/orders/1')).toHaveLength(2);
  });

  test('is sent again with its body, byte for byte, as long as that is in our hands', async () => {
    const put = (body: string) => message('PUT', '/orders/1', [`Content-Length: ${body.length}`], body);
    const afterBody = (exchange: Exchange) => void exchange.body().then(() => refuse(exchange));
    const short = await retrying(failing(1, afterBody), { methods: ['PUT'] });
    const long = await retrying(failing(1, afterBody), { methods: ['PUT'] });
    const body = 'q'.repeat(60_000);

    expect((await answerTo(short.port, put(body))).text).toBe(`well PUT ${body}`);
    expect((await answerTo(long.port, put(body + body))).status).toBe(503);
    expect(long.service.exchanges).toHaveLength(1);
  });

  test('goes to another instance, where there is one', async () => {
    const built = await retrying((exchange) => exchange.reply(503, 'bad'));
    const well = await RawTarget.start((exchange) => exchange.reply(200, 'well'));
    const [orders] = built.settings.services;
    const urls = [instanceUrl(built.service.port), instanceUrl(well.port)];
    built.proxy.apply({ ...built.settings, services: [{ ...orders!, urls }] });

    for (let i = 0; i < 6; i++) expect((await answerTo(built.port, get('/orders/1'))).text).toBe('well');

    await well.close();
  });

  test('is not sent again once any of its answer was told', async () => {
    const { port, service } = await retrying((exchange) => {
      exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      setTimeout(() => reset(exchange), 30);
    });

    expect(await answerTo(port, get('/orders/1'))).toMatchObject({ text: 'half', complete: false });

    expect(service.exchanges).toHaveLength(1);
  });
});

describe('a request that may not be sent twice', () => {
  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('is sent once, whatever comes of it: %s', async (method) => {
    for (const fail of [reset, refuse, () => {}]) {
      const { port, service } = await retrying(fail);

      const answer = await answerTo(port, message(method, '/orders/1', ['Content-Length: 2'], 'hi'));

      expect([502, 503, 504]).toContain(answer.status);
      expect(service.exchanges).toHaveLength(1);
    }
  });

  test('is tried again as long as it never left', async () => {
    const { port, service, proxy } = await retrying(failing(0, reset), {
      attempts: 10,
      backoff: { first: 40, longest: 200 },
    });
    const servicePort = service.port;
    await service.close();
    const caller = await RawCaller.connect(port);
    caller.send(post('/orders/1', 'hello'));
    await eventually(() => proxy.counts.retried > 0);
    await service.reopen(servicePort);

    expect((await caller.answer('POST'))?.text).toBe('well POST hello');

    expect(service.exchanges).toHaveLength(1);
    caller.destroy();
  });
});

describe('Retry-After', () => {
  test('is waited for', async () => {
    const { port, service } = await retrying(
      failing(1, (exchange) => exchange.reply(503, 'no', ['Retry-After: 1'])),
      { backoff: { first: 1, longest: 1_500 } },
    );
    const began = performance.now();

    expect((await answerTo(port, get('/orders/1'))).text).toBe('well GET ');

    expect(performance.now() - began).toBeGreaterThan(950);
    expect(service.exchanges).toHaveLength(2);
  });

  test.each([
    ['beyond the longest wait', 'Retry-After: 2', { ...timeout }],
    ['in a date that is too far', `Retry-After: ${new Date(Date.now() + 3_600_000).toUTCString()}`, { ...timeout }],
  ])('%s, no other try follows, and the answer stands', async (_title, field, timeout) => {
    const { port, service } = await retrying(
      (exchange) => exchange.reply(503, 'no', [field]),
      {},
      { service: { timeout } },
    );

    const answer = await answerTo(port, get('/orders/1'));

    expect([answer.status, answer.text, answer.get('retry-after')]).toEqual([503, 'no', field.slice(13)]);
    expect(service.exchanges).toHaveLength(1);
  });

  test('beyond what is left of timeout.total is not waited for', async () => {
    const { port, service } = await retrying(
      (exchange) => exchange.reply(503, 'no', ['Retry-After: 1']),
      { backoff: { first: 1, longest: 10_000 } },
      { service: { timeout: { ...timeout, total: 500 } } },
    );

    expect((await answerTo(port, get('/orders/1'))).status).toBe(503);

    expect(service.exchanges).toHaveLength(1);
  });
});

describe('where legacy stands in', () => {
  test('nobody waits for a Retry-After: legacy is asked at once, unless that answer is none of its', async () => {
    const { port, service, legacy } = await retrying(
      (exchange) => exchange.reply(exchange.target === '/orders/1' ? 503 : 429, 'no', ['Retry-After: 1']),
      { on: [429, 503], backoff: { first: 1, longest: 2_000 }, attempts: 2 },
      { routes: [withLegacy] },
    );

    expect((await answerTo(port, get('/orders/1'))).text).toBe('ok');
    expect([service.exchanges.length, legacy.exchanges.length]).toEqual([1, 1]);

    expect((await answerTo(port, get('/orders/2'))).status).toBe(429);
    expect([service.exchanges.length, legacy.exchanges.length]).toEqual([3, 1]);
  });

  test('a reset and 503 are tried again first', async () => {
    for (const fail of [reset, refuse]) {
      const { port, legacy } = await retrying(failing(2, fail), {}, { routes: [withLegacy] });

      expect((await answerTo(port, get('/orders/1'))).text).toBe('well GET ');

      expect(legacy.exchanges).toEqual([]);
    }
  });

  test('a timeout is not: its caller has waited for one already', async () => {
    const { port, service, proxy } = await retrying(() => {}, {}, { routes: [withLegacy], debug: true });

    const answer = await answerTo(port, get('/orders/1'));

    expect([answer.text, answer.get('x-strangler-fallback')]).toEqual(['ok', 'timeout']);
    expect(service.exchanges).toHaveLength(1);
    expect(proxy.counts.causes).toEqual(['timeout']);
  });
});

test('a timeout is tried again where legacy could stand in, but not for such a method', async () => {
  const { port, service, legacy } = await retrying(
    failing(1, () => {}),
    { methods: ['GET', 'PUT'] },
    { routes: [withLegacy] },
  );

  expect((await answerTo(port, message('PUT', '/orders/1', ['Content-Length: 2'], 'hi'))).text).toBe('well PUT hi');

  expect([service.exchanges.length, legacy.exchanges.length]).toEqual([2, 0]);
});

describe('the budget', () => {
  test('keeps retries to their share of what is under way, and their floor', async () => {
    const { port, service, proxy } = await retrying(refuse, {
      attempts: 2,
      floor: 2,
      budget: 10,
      backoff: { first: 400, longest: 400 },
    });

    const answers = await Promise.all(Array.from({ length: 50 }, () => answerTo(port, get('/orders/1'))));

    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(503));
    expect(proxy.counts.retried).toBeLessThanOrEqual(8);
    expect(proxy.counts.retried).toBeGreaterThanOrEqual(2);
    expect(service.exchanges).toHaveLength(50 + proxy.counts.retried);
  });

  test('gets back what a request took of it, whatever became of that', async () => {
    const { port, service, proxy } = await retrying(refuse, {
      attempts: 2,
      floor: 1,
      budget: 0,
      backoff: { first: 1, longest: 2 },
    });

    for (let i = 0; i < 5; i++) await answerTo(port, get('/orders/1'));

    expect([proxy.counts.retried, service.exchanges.length]).toEqual([5, 10]);
  });
});

describe('a caller who leaves', () => {
  test('while a retry waits for its time ends it', async () => {
    const { port, service, proxy } = await retrying(refuse, { backoff: { first: 30_000, longest: 60_000 } });
    const caller = await RawCaller.connect(port);
    caller.send(get('/orders/1'));
    await eventually(() => proxy.counts.retried === 1);

    caller.reset();

    await eventually(() => proxy.proxy.inFlight() === 0);
    expect(proxy.counts).toMatchObject({ started: 1, finished: 1 });
    expect(service.exchanges).toHaveLength(1);
  });

  test('is not asked for any more when that time is over', async () => {
    const { port, service, proxy } = await retrying((exchange) => exchange.reply(503, 'no', ['Retry-After: 1']), {
      backoff: { first: 1, longest: 2_000 },
    });
    const caller = await RawCaller.connect(port);
    caller.send(get('/orders/left'));
    await eventually(() => proxy.counts.retried === 1);
    caller.reset();
    await eventually(() => proxy.proxy.inFlight() === 0);

    // Its retry is due later than the other one's was.
    await answerTo(port, get('/orders/stays'));

    expect(service.exchanges.filter(({ target }) => target === '/orders/left')).toHaveLength(1);
  });

  test('is not waited for by a drain, nor is the retry', async () => {
    const { port, proxy } = await retrying(refuse, { backoff: { first: 30_000, longest: 60_000 } });
    const caller = await RawCaller.connect(port);
    caller.send(get('/orders/1'));
    await eventually(() => proxy.counts.retried === 1);

    expect(await proxy.proxy.drain(50)).toEqual({ finished: 0, cut: 1 });
    caller.destroy();
  });
});

describe('timeout.total', () => {
  const total = (milliseconds: number) => ({ timeout: { ...timeout, response: 0, total: milliseconds } });

  test('ends all tries together: 504 where nobody stands in', async () => {
    const { port, service } = await retrying(() => {}, {}, { service: total(100) });

    const answer = await answerTo(port, get('/orders/1'));

    expect([answer.status, answer.get('x-strangler-error')]).toEqual([504, 'response-timeout']);
    expect(service.exchanges).toHaveLength(1);
    await service.exchanges[0]!.connection.closed;
  });

  test('ends them for legacy, where it stands in', async () => {
    const { port, proxy } = await retrying(() => {}, {}, { routes: [withLegacy], service: total(100) });

    expect((await answerTo(port, get('/orders/1'))).text).toBe('ok');

    expect(proxy.counts.causes).toEqual(['timeout']);
  });

  test('is over when the head has come: a body may take longer', async () => {
    const { port } = await retrying(
      (exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
        setTimeout(() => exchange.send('half'), 500);
      },
      {},
      { service: { timeout: { ...timeout, idle: 0, total: 100 } } },
    );

    expect((await answerTo(port, get('/orders/1'))).text).toBe('halfhalf');
  });

  test('runs in the queue of a bulkhead too', async () => {
    const bulkhead = { concurrent: 1, queue: 5, wait: 60_000 };
    const { port, service } = await retrying(
      () => {},
      {},
      { service: { bulkhead, timeout: { ...timeout, response: 0, total: 300 } } },
    );
    const first = await RawCaller.connect(port);
    first.send(get('/orders/1'));
    await service.exchange(0);

    expect((await answerTo(port, get('/orders/2'))).get('x-strangler-error')).toBe('response-timeout');

    first.destroy();
  });
});
