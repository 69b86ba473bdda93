import { describe, expect, test } from 'vitest';
import { type FrontOptions, front, get, message } from '../support/front.ts';
import { route } from '../support/proxy.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';

const upgrade = (...fields: string[]) =>
  get('/socket', 'Connection: keep-alive, Upgrade', 'Upgrade: WebSocket', 'Sec-WebSocket-Key: abc', ...fields);
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nupgrade: websocket\r\nX-A: 1\r\n\r\n';

/** Switches protocols, echoes, and leaves when the caller does. */
function echo(exchange: Exchange): void {
  const { socket } = exchange.connection;
  exchange.send(switched);
  exchange.connection.tunnel((chunk) => socket.write(chunk));
  socket.on('end', () => socket.end());
}

const settled = (proxy: { proxy: { inFlight(): number } }) =>
  new Promise<void>((resolve) => {
    const look = () => (proxy.proxy.inFlight() === 0 ? resolve() : void setTimeout(look, 5));
    look();
  });

describe('an upgrade', () => {
  test('is asked of the target as the caller asked, and answered as the target answered', async () => {
    const { port, legacy } = await front({ onLegacy: echo });
    const caller = await RawCaller.connect(port);
    caller.send(upgrade('Keep-Alive: 1', 'X-Mine: 1').replace('Upgrade\r\n', 'Upgrade, X-Mine\r\n'));

    const answer = await caller.answer();
    caller.send('\x81\x02hi');
    await caller.sees('\x81\x02hi');

    expect(answer?.status).toBe(101);
    expect(answer?.get('upgrade')).toBe('websocket');
    expect(answer?.get('connection')).toBe('Upgrade');
    expect(answer?.get('x-a')).toBe('1');
    const exchange = await legacy.exchange(0);
    expect(exchange.all('connection')).toEqual(['Upgrade']);
    expect(exchange.all('upgrade')).toEqual(['websocket']);
    expect(exchange.get('sec-websocket-key')).toBe('abc');
    expect(exchange.get('x-mine')).toBeUndefined();
    expect(exchange.get('x-forwarded-for')).toBe('127.0.0.1');
    expect(exchange.get('x-forwarded-proto')).toBe('http');
    caller.destroy();
  });

  test('loses no byte that either side sends ahead', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(`${switched}server first`);
        exchange.connection.tunnel((chunk) => exchange.connection.socket.write(chunk));
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send(`${upgrade()}caller first`);
    await caller.sees('\r\n\r\nserver first');
    await caller.sees('caller first');
    caller.destroy();
  });

  test('holds a caller that sends much ahead of the answer', async () => {
    const { port, legacy } = await front({ onLegacy: () => {} });
    const caller = await RawCaller.connect(port);
    caller.send(upgrade());
    const exchange = await legacy.exchange(0);
    let taken = 0;
    for (let i = 0; i < 64; i++) caller.socket.write(Buffer.alloc(1024 * 1024, 'x'), () => void taken++);
    for (let before = -1; before !== taken; ) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(taken).toBeLessThan(32);

    let received = 0;
    exchange.connection.tunnel((chunk) => {
      received += chunk.length;
    });
    exchange.send(switched);
    while (received < 64 * 1024 * 1024) await new Promise((resolve) => setTimeout(resolve, 5));

    expect(taken).toBe(64);
    caller.destroy();
  });

  test('may be to another protocol than WebSocket', async () => {
    const { port } = await front({
      onLegacy: (exchange) => exchange.send(switched.replace('websocket', exchange.get('upgrade') ?? '')),
    });

    for (const protocol of ['echo', 'tcp/1.0']) {
      const answer = await answerTo(port, upgrade().replace('WebSocket', protocol));
      expect(answer.get('upgrade')).toBe(protocol);
    }
  });
});

describe('an upgrade that is none', () => {
  test.each([
    ['by POST', message('POST', '/a', ['Upgrade: websocket', 'Connection: Upgrade'], '')],
    ['with a body', message('GET', '/a', ['Upgrade: websocket', 'Connection: Upgrade', 'Content-Length: 5'], 'hello')],
    ['in HTTP/1.0', upgrade().replace('HTTP/1.1', 'HTTP/1.0')],
    ['to h2c', upgrade().replace('WebSocket', 'h2c')],
    ['to TLS', upgrade().replace('WebSocket', 'TLS/1.2')],
    ['to HTTP', upgrade().replace('WebSocket', 'HTTP/2.0')],
    ['to several', upgrade().replace('WebSocket', 'websocket, h2c')],
    ['on two lines', upgrade('Upgrade: h2c')],
    ['without Connection', get('/a', 'Upgrade: websocket')],
  ])('%s is a plain request without it', async (_title, request) => {
    const { port, legacy } = await front();

    const answer = await answerTo(port, request);

    expect(answer).toMatchObject({ status: 200, text: 'ok' });
    const exchange = await legacy.exchange(0);
    expect(exchange.get('upgrade')).toBeUndefined();
    expect(exchange.get('connection')).toBeUndefined();
  });

  test('with a request smuggled behind it does nothing with that', async () => {
    const { port, legacy } = await front();
    const caller = await RawCaller.connect(port);
    caller.send(`${upgrade().replace('WebSocket', 'h2c')}${get('/smuggled')}`);

    expect((await caller.answer())?.text).toBe('ok');
    await caller.closed;

    expect(legacy.exchanges.map(({ target }) => target)).not.toContain('/smuggled');
    caller.destroy();
  });
});

describe('a target that does not switch', () => {
  test.each([
    ['with a length', (e: Exchange) => e.reply(401, 'who are you', ['WWW-Authenticate: Basic'])],
    [
      'in chunks',
      (e: Exchange) =>
        e.send(
          'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwho \r\n7\r\nare you\r\n0\r\nX-T: 1\r\n\r\n',
        ),
    ],
    [
      'until it closes',
      (e: Exchange) => e.connection.socket.end('HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n\r\nwho are you'),
    ],
  ])('is heard as what it says, %s', async (_title, onLegacy) => {
    const { port, proxy } = await front({ onLegacy });
    const caller = await RawCaller.connect(port);
    caller.send(upgrade());

    const answer = await caller.answer();

    expect(answer).toMatchObject({ status: 401, text: 'who are you', complete: true });
    expect(answer?.get('www-authenticate')).toBe('Basic');
    expect(answer?.get('connection')).toBe('close');
    expect(await caller.closed).toBe('ended');
    caller.end();
    await settled(proxy);
  });

  test.each([
    ['with a length', 'HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\nhalf'],
    ['in chunks', 'HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf'],
  ])('and breaks off in its refusal, %s, is seen to', async (_title, raw) => {
    const { port, proxy } = await front({
      onLegacy: (exchange) => {
        exchange.send(raw);
        setTimeout(() => exchange.connection.socket.resetAndDestroy(), 20);
      },
    });

    const answer = await answerTo(port, upgrade());

    expect(answer).toMatchObject({ status: 401, text: 'half', complete: false });
    await settled(proxy);
  });

  test.each([
    ['another protocol', switched.replace('websocket', 'h2c')],
    ['no protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n'],
    ['garbage', 'HTTP/1.1 101\x00 Switching Protocols\r\n\r\n'],
    ['no HTTP', '\x81\x05hello\r\n\r\n'],
    ['framing twice', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ])('but to %s is an error of the target', async (_title, raw) => {
    const { port, legacy, proxy } = await front({ onLegacy: (exchange) => exchange.send(`${raw}secret`) });
    const caller = await RawCaller.connect(port);
    caller.send(upgrade());

    const answer = await caller.answer();

    expect(answer?.status).toBe(502);
    expect(answer?.get('x-strangler-error')).toBe('target-invalid');
    expect(answer?.text).not.toContain('secret');
    await legacy.connections[0]!.closed;
    caller.end();
    await settled(proxy);
  });

  test.each([
    ['resets', (e: Exchange) => e.connection.socket.resetAndDestroy(), 502],
    ['closes', (e: Exchange) => e.connection.socket.end(), 502],
    ['says nothing', () => {}, 504],
  ] as const)('and %s instead is an error of the target', async (_title, onLegacy, status) => {
    const { port } = await front({
      onLegacy,
      legacy: { timeout: { connect: 500, response: 300, idle: 300, total: 0 } },
    });

    expect((await answerTo(port, upgrade())).status).toBe(status);
  });
});

describe('a tunnel ends', () => {
  test('at the target when the caller leaves, by whatever way', async () => {
    for (const leave of ['end', 'reset', 'destroy'] as const) {
      const { port, legacy, proxy } = await front({ onLegacy: echo });
      const caller = await RawCaller.connect(port);
      caller.send(upgrade());
      await caller.sees('\r\n\r\n');

      caller[leave]();

      await legacy.connections[0]!.closed;
      await settled(proxy);
      expect(proxy.targets.connections).toBe(0);
    }
  });

  test('at the caller when the target leaves, after its last bytes', async () => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const { port, legacy, proxy } = await front({ onLegacy: echo });
      const caller = await RawCaller.connect(port);
      caller.send(upgrade());
      await caller.answer();
      const { socket } = legacy.connections[0]!;
      socket.write('last words', () => setTimeout(() => socket[leave](), 20));

      await caller.closed;

      expect(caller.unread).toBe('last words');
      caller.end();
      await settled(proxy);
      expect(proxy.targets.connections).toBe(0);
    }
  });

  test('with what the target still has to say to a caller that only ended its own side', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(switched);
        exchange.connection.tunnel(() => {});
        exchange.connection.socket.on('end', () => {
          setTimeout(() => exchange.connection.socket.end('the sum is 42'), 50);
        });
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send(upgrade());
    await caller.answer();

    caller.send('sum this');
    caller.end();

    expect(await caller.sees('the sum is 42')).toBe(true);
    await caller.closed;
  });

  test('before it began, when the caller does not wait for the 101', async () => {
    for (const leave of ['end', 'reset', 'destroy'] as const) {
      const { port, legacy, proxy } = await front({ onLegacy: () => {} });
      const caller = await RawCaller.connect(port);
      caller.send(upgrade());
      const exchange = await legacy.exchange(0);

      caller[leave]();

      await exchange.connection.closed;
      exchange.send(switched);
      await settled(proxy);
      expect(proxy.targets.connections).toBe(0);
    }
  });
});

describe('a tunnel is planned like any request', () => {
  const routes = [route('socket', 'orders', { path: '/socket', percent: 50 })];
  const naming = (name: string) => (exchange: Exchange) => {
    exchange.send(switched);
    exchange.send(name);
    exchange.connection.tunnel(() => {});
  };
  const splitting: FrontOptions = {
    routes,
    caller: [{ from: 'header', name: 'x-user' }],
    onLegacy: naming('legacy'),
    onService: naming('service'),
  };

  test('each caller has its side, and keeps it', async () => {
    const { port } = await front(splitting);
    const sides = new Map<string, string>();

    for (let i = 0; i < 60; i++) {
      const user = `user-${i % 20}`;
      const caller = await RawCaller.connect(port);
      caller.send(upgrade(`X-User: ${user}`));
      await caller.answer();
      await caller.until(() => /^(?:legacy|service)$/.test(caller.unread));
      expect(caller.unread).toBe(sides.get(user) ?? caller.unread);
      sides.set(user, caller.unread);
      caller.destroy();
    }

    expect([...new Set(sides.values())].sort()).toEqual(['legacy', 'service']);
  });

  test('a caller without a key is legacy’s and gets its cookie with the 101', async () => {
    const { port } = await front(splitting);

    const answer = await answerTo(port, upgrade());

    expect(answer.status).toBe(101);
    expect(answer.get('set-cookie')).toMatch(/^strangler_caller=/);
  });

  test.each([
    ['a reset', (e: Exchange) => e.connection.socket.resetAndDestroy()],
    ['503', (e: Exchange) => e.reply(503, 'no')],
    ['silence', () => {}],
  ])('legacy stands in for %s', async (title, onService) => {
    const { port, proxy } = await front({
      ...splitting,
      routes: [route('socket', 'orders', { path: '/socket' })],
      service: { timeout: { connect: 500, response: 300, idle: 300, total: 0 } },
      onService,
    });
    const caller = await RawCaller.connect(port);
    caller.send(upgrade());

    expect((await caller.answer())?.status).toBe(101);
    await caller.sees('legacy');

    expect(proxy.counts.fellBack).toBe(1);
    expect(proxy.outcomesOf('orders')).toEqual([title === '503' ? '5xx' : 'failed']);
    caller.destroy();
  });

  test('but not for who can’t say whether the service acted: an upgrade by POST', async () => {
    const { port, legacy } = await front({
      ...splitting,
      routes: [route('socket', 'orders', { path: '/socket' })],
      onService: (exchange) => exchange.connection.socket.resetAndDestroy(),
    });

    const answer = await answerTo(port, message('POST', '/socket', ['Upgrade: echo', 'Connection: Upgrade'], ''));

    expect(answer.status).toBe(502);
    expect(legacy.exchanges).toEqual([]);
  });
});

test('nothing of a tunnel is counted twice', async () => {
  const { port, proxy } = await front({ onLegacy: echo });
  for (let i = 0; i < 20; i++) {
    const caller = await RawCaller.connect(port);
    caller.send(upgrade());
    await caller.answer();
    if (i % 2 === 0) caller.end();
    else caller.reset();
    if (i % 2 === 0) await caller.closed;
  }
  await settled(proxy);

  expect(proxy.counts).toMatchObject({ started: 20, finished: 20 });
});

test('an upgrade or CONNECT that waits for the answer before it, from a caller that leaves, harms nobody else', async () => {
  const { port, legacy, proxy } = await front({ onLegacy: () => {} });
  const connect = 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n';
  for (const second of [upgrade(), connect]) {
    const caller = await RawCaller.connect(port);
    caller.send(get('/hang') + second);
    await legacy.until(() => legacy.exchanges.length > 0);
    caller.reset();
    await settled(proxy);
  }
  legacy.handler = (exchange) => exchange.reply(200, 'ok');

  expect((await answerTo(port, get('/next'))).text).toBe('ok');
});

test('an upgrade behind a large answer waits for it, and then switches', async () => {
  const size = 8 * 1024 * 1024;
  const { port } = await front({
    onLegacy: (exchange) => {
      if (exchange.get('upgrade') === undefined) exchange.reply(200, Buffer.alloc(size, 'x'));
      else echo(exchange);
    },
  });
  const caller = await RawCaller.connect(port);
  caller.socket.pause();
  caller.send(get('/big') + upgrade());
  await new Promise((resolve) => setTimeout(resolve, 100));
  caller.socket.resume();

  expect((await caller.answer())?.body.length).toBe(size);
  expect((await caller.answer())?.status).toBe(101);
  caller.send('hello');
  expect(await caller.sees('hello')).toBe(true);
  caller.destroy();
});
