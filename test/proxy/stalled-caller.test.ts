import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { front, get } from '../support/front.ts';
import { RawCaller } from '../support/raw-caller.ts';

const MiB = 1024 * 1024;
const length = 48 * MiB;

/** A proxy before a target whose answer is far more than all the sockets between it and its caller hold. */
async function stage(answer: number) {
  const { port, legacy, proxy } = await front({
    listen: { timeout: { headers: 3_000, body: 200, answer, idle: 5_000 } },
    onLegacy: (exchange) => {
      exchange.send(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
      exchange.connection.socket.write(Buffer.alloc(length));
    },
  });
  const caller = await RawCaller.connect(port);
  const seen = { bytes: 0 };
  caller.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    seen.bytes += chunk.length;
  });
  return { caller, legacy, proxy, seen };
}

describe('a caller that stops taking its answer', () => {
  test('is cut, and the target’s connection with it; what it asked for behind is not asked', async () => {
    const { caller, legacy, proxy } = await stage(400);
    caller.socket.pause();
    caller.send(get('/big') + get('/behind'));
    const { connection } = await legacy.exchange(0);

    await connection.closed;

    expect(proxy.outcomesOf('legacy')).toEqual(['aborted']);
    expect(legacy.exchanges.map((exchange) => exchange.target)).toEqual(['/big']);
    caller.socket.resume();
    await caller.closed;
    caller.destroy();
  });

  test('is waited for as long as it likes where the time is 0', async () => {
    const { caller, legacy, seen } = await stage(0);
    caller.socket.pause();
    caller.send(get('/big'));
    const { socket } = (await legacy.exchange(0)).connection;
    await new Promise((resolve) => setTimeout(resolve, 1_000));

    expect(socket.destroyed).toBe(false);

    caller.socket.resume();
    while (seen.bytes < length) await once(caller.socket, 'data');
    caller.destroy();
  });
});

test('a caller that reads on, now and then, is never cut', async () => {
  const { caller, seen, proxy } = await stage(1_000);
  const startedAt = performance.now();
  caller.send(get('/big'));
  for (let rests = 1; seen.bytes < length; ) {
    await once(caller.socket, 'data');
    if (seen.bytes < rests * 3 * MiB) continue;
    rests++;
    caller.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 150));
    caller.socket.resume();
  }

  expect(performance.now() - startedAt).toBeGreaterThan(2_000);
  expect(proxy.outcomesOf('legacy')).toEqual(['2xx']);
  caller.destroy();
});

test('a caller that has taken all there was does not answer for a target that pauses', async () => {
  const { port, legacy } = await front({
    legacy: { timeout: { connect: 500, response: 0, idle: 0, total: 0 } },
    listen: { timeout: { headers: 3_000, body: 200, answer: 300, idle: 5_000 } },
    onLegacy: (exchange) => {
      exchange.send(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
      exchange.connection.socket.write(Buffer.alloc(length - 1));
    },
  });
  const caller = await RawCaller.connect(port);
  let received = 0;
  caller.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  caller.send(get('/big'));
  while (received < length - 1) await once(caller.socket, 'data');
  await new Promise((resolve) => setTimeout(resolve, 800));

  const before = received;
  (await legacy.exchange(0)).send('!');
  await once(caller.socket, 'data');
  expect(received).toBe(before + 1);
  caller.destroy();
});
