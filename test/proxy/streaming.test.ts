import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { front, get } from '../support/front.ts';
import { RawCaller } from '../support/raw-caller.ts';

const MiB = 1024 * 1024;
/** `STREAM_MIB=1024` streams a whole GiB each way. */
const streamed = Number(process.env.STREAM_MIB ?? 128) * MiB;
const piece = Buffer.from(Uint8Array.from({ length: 64 * 1024 }, (_, i) => i % 251));

/** Writes `length` bytes at the pace of the reader. */
async function pour(socket: Socket, length: number, frame: (data: Buffer) => Buffer = (data) => data): Promise<void> {
  for (let left = length; left > 0 && !socket.destroyed; left -= piece.length) {
    if (!socket.write(frame(piece.subarray(0, Math.min(left, piece.length))))) await once(socket, 'drain');
  }
}

const chunked = (data: Buffer) =>
  Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);

function digestOf(length: number): string {
  const hash = createHash('sha1');
  for (let left = length; left > 0; left -= piece.length) hash.update(piece.subarray(0, Math.min(left, piece.length)));
  return hash.digest('hex');
}

/**
 * How far memory rises while `work` is done, above where it stood after doing it once: caller and target live in this
 * process too, and the first pass is what all three grow to.
 */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  await work();
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  await work().finally(() => clearInterval(timer));
  return most - before;
}

/** Reads bytes off a socket that is taken from its caller, and hashes those behind the head. */
function hashBehindHead(caller: RawCaller): { hash: Hash; received: () => number } {
  const hash = createHash('sha1');
  let head = '';
  let received = 0;
  caller.socket.removeAllListeners('data');
  caller.socket.on('data', (chunk: Buffer) => {
    let body = chunk;
    if (!head.endsWith('\r\n\r\n')) {
      const text = head + chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) {
        head = text;
        return;
      }
      body = chunk.subarray(end + 4 - head.length);
      head = text.slice(0, end + 4);
    }
    received += body.length;
    hash.update(body);
  });
  return { hash, received: () => received };
}

describe('a body that is larger than memory should ever be', { timeout: 120_000 }, () => {
  test('comes down whole and costs no memory', async () => {
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(`HTTP/1.1 200 OK\r\nContent-Length: ${streamed}\r\n\r\n`);
        void pour(exchange.connection.socket, streamed);
      },
    });

    const growth = await growthDuring(async () => {
      const caller = await RawCaller.connect(port);
      const { hash, received } = hashBehindHead(caller);
      caller.send(get('/big'));
      while (received() < streamed) await once(caller.socket, 'data');
      expect(hash.digest('hex')).toBe(digestOf(streamed));
      caller.destroy();
    });

    expect(growth).toBeLessThan(64 * MiB);
  });

  test.each([
    ['with a length', `Content-Length: ${streamed}`, (data: Buffer) => data, ''],
    ['in chunks', 'Transfer-Encoding: chunked', chunked, '0\r\n\r\n'],
  ])('goes up whole, %s, and costs no memory', async (_title, framing, frame, end) => {
    let hash = createHash('sha1');
    const { port } = await front({
      onLegacy: (exchange) => {
        let received = 0;
        let rest: Buffer = Buffer.alloc(0);
        const take = (data: Buffer) => {
          received += data.length;
          hash.update(data);
          if (received === streamed) exchange.reply(200, 'thanks', ['Connection: close']);
        };
        exchange.connection.tunnel((data) => {
          if (end === '') take(data);
          else rest = unchunk(Buffer.concat([rest, data]), take);
        });
      },
    });

    const growth = await growthDuring(async () => {
      const caller = await RawCaller.connect(port);
      hash = createHash('sha1');
      caller.send(`POST /up HTTP/1.1\r\nHost: shop.example\r\n${framing}\r\n\r\n`);
      await pour(caller.socket, streamed, frame);
      caller.send(end);
      expect((await caller.answer('POST'))?.text).toBe('thanks');
      expect(hash.digest('hex')).toBe(digestOf(streamed));
      caller.destroy();
    });

    expect(growth).toBeLessThan(64 * MiB);
  });
});

/** Takes whole chunks off `bytes` and gives back what is left. */
function unchunk(bytes: Buffer, take: (data: Buffer) => void): Buffer {
  for (let rest = bytes; ; ) {
    const lineEnd = rest.indexOf('\r\n');
    if (lineEnd === -1) return rest;
    const size = Number.parseInt(rest.toString('latin1', 0, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (size === 0 || rest.length < end + 2) return rest;
    take(rest.subarray(lineEnd + 2, end));
    rest = rest.subarray(end + 2);
  }
}

describe('whoever is slow is waited for', () => {
  test('a caller that does not read holds the target back', async () => {
    let taken = 0;
    const { port } = await front({
      onLegacy: (exchange) => {
        exchange.send(`HTTP/1.1 200 OK\r\nContent-Length: ${64 * MiB}\r\n\r\n`);
        for (let i = 0; i < 64; i++) exchange.connection.socket.write(Buffer.alloc(MiB), () => void taken++);
      },
    });
    const caller = await RawCaller.connect(port);
    const { received } = hashBehindHead(caller);
    caller.socket.pause();
    caller.send(get('/big'));
    await rest(() => taken);
    expect(taken).toBeLessThan(24);

    caller.socket.resume();
    while (received() < 64 * MiB) await once(caller.socket, 'data');
    caller.destroy();
  });

  test('a target that does not read holds the caller back', async () => {
    let taken = 0;
    const { port, legacy } = await front({
      legacy: { timeout: { connect: 500, response: 0, idle: 0, total: 0 } },
      onLegacy: (exchange) => exchange.connection.socket.pause(),
    });
    const caller = await RawCaller.connect(port);
    caller.send(`POST /up HTTP/1.1\r\nHost: shop.example\r\nContent-Length: ${64 * MiB}\r\n\r\n`);
    for (let i = 0; i < 64; i++) caller.socket.write(Buffer.alloc(MiB), () => void taken++);
    const exchange = await legacy.exchange(0);
    await rest(() => taken);
    expect(taken).toBeLessThan(24);

    exchange.connection.socket.resume();
    expect((await exchange.body()).length).toBe(64 * MiB);
    exchange.reply(200, 'all');
    expect((await caller.answer('POST'))?.text).toBe('all');
    caller.destroy();
  });
});

/** Waits until `value` has stood still for a while. */
async function rest(value: () => number): Promise<void> {
  for (let before = -1; before !== value(); ) {
    before = value();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

describe('what comes is passed on at once', () => {
  test('the head, before any of the body', async () => {
    for (const framing of ['Content-Length: 5', 'Transfer-Encoding: chunked', 'X-None: 1']) {
      const { port, legacy } = await front({ onLegacy: (e) => e.send(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`) });
      const caller = await RawCaller.connect(port);
      caller.send(get('/a'));

      expect(await caller.sees('\r\n\r\n')).toBe(true);

      await legacy.exchange(0);
      caller.destroy();
    }
  });

  test('each event of a stream of events, and each byte of a slow body', async () => {
    const { port, legacy } = await front({
      onLegacy: (e) =>
        e.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'),
    });
    const caller = await RawCaller.connect(port);
    caller.send(get('/events'));
    const exchange = await legacy.exchange(0);

    for (let i = 0; i < 20; i++) {
      const event = `data: ${i}\n\n`;
      exchange.send(`${event.length.toString(16)}\r\n${event}\r\n`);
      expect(await caller.sees(event)).toBe(true);
    }
    exchange.send('0\r\n\r\n');
    expect(await caller.answer()).toMatchObject({ complete: true, framing: 'chunked' });
    caller.destroy();
  });

  test('each piece of a request, while it is still being sent, and the answer to it', async () => {
    const { port, legacy } = await front({
      onLegacy: (exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        exchange.connection.tunnel((data) => {
          const text = data.toString('latin1');
          if (text.startsWith('0\r\n')) exchange.send('0\r\n\r\n');
          else exchange.send(text);
        });
      },
    });
    const caller = await RawCaller.connect(port);
    caller.send('POST /both HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n');
    await legacy.exchange(0);

    for (let i = 0; i < 20; i++) {
      caller.send(`7\r\nping ${i % 10}\n\r\n`);
      expect(await caller.sees(`ping ${i % 10}\n`)).toBe(true);
      caller.clear();
    }
    caller.send('0\r\n\r\n');
    expect(await caller.sees('0\r\n\r\n')).toBe(true);
    caller.destroy();
  });
});
