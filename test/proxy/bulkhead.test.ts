import { describe, expect, test } from 'vitest';
import type { BulkheadSettings } from '../../src/domain/policies.ts';
import { type Front, type FrontOptions, front, get, message, post } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';
import { eventually } from '../target/wire/fixture.ts';

const order = route('order', 'orders', { path: '/orders/*', fallback: null });
const splitOrder = route('order', 'orders', { path: '/orders/*' });

const two: BulkheadSettings = { concurrent: 2, queue: 2, wait: 5_000 };

function narrow(bulkhead: BulkheadSettings, more: FrontOptions = {}): Promise<Front> {
  return front({ routes: [order], onService: () => {}, service: { bulkhead }, ...more });
}

async function asking(port: number, request = get('/orders/1')): Promise<RawCaller> {
  const caller = await RawCaller.connect(port);
  caller.send(request);
  return caller;
}

/** Callers whose requests the service has, and does not answer. */
async function busy({ port, service }: Front, count: number): Promise<RawCaller[]> {
  const callers: RawCaller[] = [];
  for (let i = 0; i < count; i++) {
    callers.push(await asking(port));
    await service.exchange(i);
  }
  return callers;
}

/** How many of four requests get through to a service that answers none of them. */
async function freePlaces({ port, service, proxy }: Front): Promise<number> {
  const before = service.exchanges.length;
  const { started } = proxy.counts;
  const inFlight = proxy.proxy.inFlight();
  service.handler = () => {};
  const callers = await Promise.all(Array.from({ length: 4 }, () => asking(port)));
  await eventually(() => proxy.counts.started >= started + 4);
  await service.until(() => service.exchanges.length > before);
  // Whatever else was to get there has left before this one.
  await answerTo(port, get('/elsewhere'));
  const through = service.exchanges.length - before;
  for (const caller of callers) caller.reset();
  await eventually(() => proxy.proxy.inFlight() === inFlight);
  return through;
}

describe('a target with so many requests under way', () => {
  test('gets the next ones as places come free, in their order', async () => {
    const built = await narrow(two);
    const callers = await busy(built, 2);
    callers.push(await asking(built.port, get('/orders/third')));
    await eventually(() => built.proxy.proxy.inFlight() === 3);
    callers.push(await asking(built.port, get('/orders/fourth')));
    await eventually(() => built.proxy.proxy.inFlight() === 4);
    expect(built.service.exchanges).toHaveLength(2);

    built.service.exchanges[0]!.reply(200, 'one');
    const third = await built.service.exchange(2);
    expect([third.target, built.service.exchanges.length]).toEqual(['/orders/third', 3]);
    third.reply(200, 'three');
    expect((await built.service.exchange(3)).target).toBe('/orders/fourth');

    expect((await callers[0]!.answer())?.text).toBe('one');
    expect((await callers[2]!.answer())?.text).toBe('three');
    for (const caller of callers) caller.destroy();
  });

  test('refuses at once who finds the queue full', async () => {
    const built = await narrow({ ...two, queue: 1 });
    const callers = await busy(built, 2);
    callers.push(await asking(built.port));
    await eventually(() => built.proxy.proxy.inFlight() === 3);

    const answer = await answerTo(built.port, get('/orders/1'));

    expect([answer.status, answer.get('x-strangler-error')]).toEqual([503, 'target-busy']);
    expect(built.service.exchanges).toHaveLength(2);
    for (const caller of callers) caller.destroy();
  });

  test('refuses who has waited for too long, and forgets it', async () => {
    const built = await narrow({ concurrent: 1, queue: 5, wait: 100 });
    const [first] = await busy(built, 1);

    expect((await answerTo(built.port, get('/orders/1'))).get('x-strangler-error')).toBe('target-busy');

    built.service.exchanges[0]!.reply(200, 'one');
    expect((await first!.answer())?.text).toBe('one');
    expect(await freePlaces(built)).toBe(1);
  });

  test('leaves the others of its proxy alone', async () => {
    const built = await narrow({ concurrent: 1, queue: 1, wait: 5_000 });
    const callers = await busy(built, 1);
    callers.push(await asking(built.port));

    expect((await answerTo(built.port, get('/elsewhere'))).text).toBe('ok');

    for (const caller of callers) caller.destroy();
  });
});

describe('where legacy stands in', () => {
  test('it answers at once what finds no place, whatever its method', async () => {
    const built = await narrow({ concurrent: 1, queue: 0, wait: 5_000 }, { routes: [splitOrder], debug: true });
    const callers = await busy(built, 1);

    const answer = await answerTo(built.port, post('/orders/1', 'hello'));

    expect([answer.text, answer.get('x-strangler-fallback')]).toEqual(['ok', 'bulkhead']);
    expect(await (await built.legacy.exchange(0)).body()).toEqual(Buffer.from('hello'));
    expect(built.proxy.counts.causes).toEqual(['bulkhead']);
    for (const caller of callers) caller.destroy();
  });

  test('it answers what waited in vain', async () => {
    const built = await narrow({ concurrent: 1, queue: 1, wait: 100 }, { routes: [splitOrder] });
    const callers = await busy(built, 1);

    expect((await answerTo(built.port, post('/orders/1', 'hello'))).text).toBe('ok');

    for (const caller of callers) caller.destroy();
  });
});

describe('a place is given back, once', () => {
  const one: BulkheadSettings = { concurrent: 1, queue: 0, wait: 0 };
  const retry = {
    attempts: 2,
    backoff: { first: 1, longest: 5 },
    budget: 20,
    floor: 3,
    methods: ['GET'],
    on: [503],
  };

  test.each<[string, (exchange: Exchange) => void, FrontOptions]>([
    ['after an answer', (exchange) => exchange.reply(200), {}],
    ['after a failure', (exchange) => exchange.connection.socket.resetAndDestroy(), {}],
    ['after what is no HTTP', (exchange) => exchange.send('nonsense\r\n\r\n'), {}],
    ['after a timeout', () => {}, { service: { timeout: { connect: 500, response: 50, idle: 50, total: 0 } } }],
    ['after a total timeout', () => {}, { service: { timeout: { connect: 500, response: 0, idle: 0, total: 50 } } }],
    [
      'after an answer that breaks off',
      (exchange) => exchange.connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
      {},
    ],
    ['after a fallback', (exchange) => exchange.reply(503), { routes: [splitOrder] }],
    ['after retries', (exchange) => exchange.reply(503), { service: { retry } }],
    ['after a fall through', (exchange) => exchange.reply(404), { routes: [{ ...splitOrder, fallthrough: [404] }] }],
  ])('%s', async (_title, onService, { service, ...more }) => {
    const built = await narrow(one, { ...more, service: { ...service, bulkhead: one } });
    built.service.handler = onService;

    for (let i = 0; i < 3; i++)
      expect((await answerTo(built.port, get('/orders/1'))).get('x-strangler-error')).not.toBe('target-busy');

    await eventually(() => built.proxy.proxy.inFlight() === 0);
    expect(await freePlaces(built)).toBe(1);
  });

  test('when its caller leaves: while it waits for an answer, in the middle of one, in the queue', async () => {
    const built = await narrow({ concurrent: 2, queue: 2, wait: 5_000 });
    const callers = await busy(built, 2);
    built.service.exchanges[1]!.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    await callers[1]!.sees('half');
    for (let i = 0; i < 2; i++) callers.push(await asking(built.port, get('/orders/queued')));
    await eventually(() => built.proxy.proxy.inFlight() === 4);

    // From the end of the queue on, so that nobody is moved up.
    for (const caller of callers.reverse()) {
      const inFlight = built.proxy.proxy.inFlight();
      caller.reset();
      await eventually(() => built.proxy.proxy.inFlight() === inFlight - 1);
    }

    expect(built.service.exchanges).toHaveLength(2);
    expect(await freePlaces(built)).toBe(2);
  });

  test('by the body of the answer, and not by its head', async () => {
    const built = await narrow(one);
    const [caller] = await busy(built, 1);
    const [exchange] = built.service.exchanges;
    exchange!.send('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
    await caller!.sees('half');

    expect((await answerTo(built.port, get('/orders/1'))).get('x-strangler-error')).toBe('target-busy');

    exchange!.send('half');
    expect((await caller!.answer())?.text).toBe('halfhalf');
    expect(await freePlaces(built)).toBe(1);
  });

  test('by a tunnel as soon as it is open: it may rest for hours', async () => {
    const built = await narrow(one);
    const upgrade = message('GET', '/orders/ws', ['Connection: Upgrade', 'Upgrade: websocket'], '');
    const caller = await asking(built.port, upgrade);
    const exchange = await built.service.exchange(0);
    expect((await answerTo(built.port, get('/orders/1'))).get('x-strangler-error')).toBe('target-busy');

    exchange.connection.tunnel(() => {});
    exchange.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await caller.sees('101');

    const next = await asking(built.port);
    await built.service.exchange(1);
    for (const one of [caller, next]) one.destroy();
  });

  test('by an upgrade whose caller leaves the queue', async () => {
    const built = await narrow({ concurrent: 1, queue: 1, wait: 5_000 });
    const [first] = await busy(built, 1);
    const queued = await asking(
      built.port,
      message('GET', '/orders/ws', ['Connection: Upgrade', 'Upgrade: websocket'], ''),
    );
    await eventually(() => built.proxy.proxy.inFlight() === 2);
    queued.reset();
    await eventually(() => built.proxy.proxy.inFlight() === 1);

    built.service.exchanges[0]!.reply(200, 'one');
    expect((await first!.answer())?.text).toBe('one');
    expect(await freePlaces(built)).toBe(1);
    expect(built.service.exchanges.some(({ target }) => target === '/orders/ws')).toBe(false);
  });
});

test('a drain does not wait for those in the queue beyond its time', async () => {
  const built = await narrow({ concurrent: 1, queue: 5, wait: 60_000 });
  const callers = await busy(built, 1);
  callers.push(await asking(built.port));
  await eventually(() => built.proxy.proxy.inFlight() === 2);

  expect(await built.proxy.proxy.drain(50)).toEqual({ finished: 0, cut: 2 });

  expect(built.service.exchanges.length).toBeLessThanOrEqual(2);
  for (const caller of callers) caller.destroy();
});
