import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { front, get } from '../support/front.ts';
import { answerTo, RawCaller } from '../support/raw-caller.ts';
import type { Exchange } from '../support/raw-target.ts';

const requests = [
  get('/a?b=c', 'Cookie: session=1', 'X-A: 1'),
  'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n',
  get('/ws', 'Upgrade: websocket', 'Connection: Upgrade'),
  'GET http://a.example:80/%2e%2e/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
];

const responses = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\n\r\nhello',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\nTransfer_Encoding: x\r\n\r\n',
];

const pieces = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ':',
  ' ',
  '\t',
  ',',
  ';',
  '0',
  'f',
  '-1',
  '\xff',
  '\r\n\r\n',
  'HTTP/1.1 ',
  'chunked',
  '*',
];

/** One of `texts`, with a few faults in it. */
function faulty(texts: readonly string[]): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat(300), fc.constantFrom(...pieces), fc.nat(3));
  return fc.tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 4 })).map(([text, changes]) =>
    changes.reduce((now, [place, inserted, removed]) => {
      const at = place % (now.length + 1);
      return now.slice(0, at) + inserted + now.slice(at + removed);
    }, text),
  );
}

/** Sends `text`, takes what comes, and leaves. */
async function send(port: number, text: string): Promise<void> {
  const caller = await RawCaller.connect(port);
  caller.send(text);
  const soon = new Promise((resolve) => setTimeout(resolve, 15));
  await Promise.race([caller.closed, soon]);
  caller.destroy();
}

describe('whatever comes', () => {
  test('from callers, the next caller is served', { timeout: 60_000 }, async () => {
    const { port, proxy } = await front({ legacy: { timeout: { connect: 500, response: 500, idle: 500, total: 0 } } });

    await fc.assert(
      fc.asyncProperty(fc.array(faulty(requests), { minLength: 4, maxLength: 4 }), async (texts) => {
        await Promise.all(texts.map((text) => send(port, text)));
        expect((await answerTo(port, get('/healthy'))).text).toBe('ok');
      }),
      { numRuns: 100 },
    );

    expect(proxy.events.filter((event) => 'code' in event && event.code === 'internal-error')).toEqual([]);
  });

  test('from targets, the next caller gets its own answer', { timeout: 60_000 }, async () => {
    let raw = '';
    const { port, proxy } = await front({
      legacy: { timeout: { connect: 500, response: 500, idle: 500, total: 0 } },
      onLegacy: (exchange: Exchange) => {
        if (exchange.target.startsWith('/healthy')) exchange.reply(200, exchange.target);
        else {
          exchange.send(raw);
          setTimeout(() => exchange.connection.socket.end(), 5);
        }
      },
    });
    let count = 0;

    await fc.assert(
      fc.asyncProperty(faulty(responses), async (text) => {
        raw = text;
        await Promise.all([
          send(port, get('/a', 'TE: trailers')),
          send(port, 'HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n'),
          send(port, 'GET /a HTTP/1.0\r\n\r\n'),
          send(port, get('/ws', 'Upgrade: websocket', 'Connection: Upgrade')),
        ]);
        const healthy = `/healthy/${count++}`;
        expect((await answerTo(port, get(healthy))).text).toBe(healthy);
      }),
      { numRuns: 100 },
    );

    expect(proxy.events.filter((event) => 'code' in event && event.code === 'internal-error')).toEqual([]);
  });
});
