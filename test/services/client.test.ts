import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CallFailed,
  type ClientOptions,
  type ServiceClient,
  serviceClient,
} from '../../extracted-services/shared/client.ts';
import { closed, listen } from '../example/support/running-shop.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Other {
  readonly client: ServiceClient;
  /** One for every request that it got. */
  readonly keys: (string | undefined)[];
}

/** A service whose requests are answered by `answer`, which is told how many came before. */
async function other(
  answer: (response: ServerResponse, before: number, request: IncomingMessage) => void,
  options: ClientOptions = {},
): Promise<Other> {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key'] as string | undefined);
    answer(response, keys.length - 1, request);
  });
  const url = await listen(server);
  const client = serviceClient('the other', url, { backoff: 5, ...options });
  ends.push(() => closed(server), client.close);
  return { client, keys };
}

const ok = (response: ServerResponse): void => void response.end('{"well":true}');
const write = { method: 'POST', path: '/things', body: { a: 1 }, idempotencyKey: 'k1' } as const;

describe('a service client', () => {
  it('asks again, with the same key, until it is answered', async () => {
    const { client, keys } = await other((response, before) => {
      if (before === 0) response.destroy();
      else if (before === 1) response.writeHead(503).end();
      else ok(response);
    });
    expect(await client.call(write)).toEqual({ status: 200, body: { well: true } });
    expect(keys).toEqual(['k1', 'k1', 'k1']);
  });

  it('gives up after three attempts', async () => {
    const { client, keys } = await other((response) => void response.writeHead(500).end());
    await expect(client.call(write)).rejects.toThrow('the other answered 500');
    expect(keys).toHaveLength(3);
  });

  it('never repeats a write without a key, nor an answer that says no', async () => {
    const { client, keys } = await other((response, before) =>
      before === 0 ? void response.destroy() : void response.writeHead(422).end('{"why":"no"}'),
    );
    await expect(client.call({ method: 'POST', path: '/things', body: {} })).rejects.toThrow(CallFailed);
    expect(keys).toHaveLength(1);
    expect(await client.call(write)).toEqual({ status: 422, body: { why: 'no' } });
    expect(keys).toHaveLength(2);
  });

  it.each([
    ['first', () => {}],
    ['last', (response: ServerResponse) => void response.write('{')],
  ])('waits no longer than its total for the %s byte', async (_, answer) => {
    const { client } = await other(answer, { total: 60, attempts: 2 });
    await expect(client.call(write)).rejects.toThrow('did not answer within 60 ms');
  });

  it('leaves alone who failed five times in a row, and tries once after a while', async () => {
    let well = false;
    const { client, keys } = await other((response) => (well ? ok(response) : void response.writeHead(502).end()), {
      halfOpenAfter: 100,
    });
    for (let call = 0; call < 3; call += 1) await client.call(write).catch(() => {});
    expect(keys).toHaveLength(5);
    await expect(client.call(write)).rejects.toThrow('the other is left alone for a while');
    expect(keys).toHaveLength(5);
    well = true;
    await expect.poll(() => client.call(write).catch(() => null)).toMatchObject({ status: 200 });
  });

  it('has only so many calls under way, and lets only so many wait', async () => {
    const held: ServerResponse[] = [];
    const { client, keys } = await other((response) => void held.push(response), { places: 2, queue: 1 });
    const calls = [1, 2, 3].map(() => client.call({ method: 'GET', path: '/' }));
    await expect.poll(() => keys.length).toBe(2);
    await expect(client.call({ method: 'GET', path: '/' })).rejects.toThrow('too many calls at once');
    for (const response of held.splice(0)) ok(response);
    await expect.poll(() => held.length).toBe(1);
    ok(held[0]!);
    expect(await Promise.all(calls)).toHaveLength(3);
  });

  it('ends at once when whoever asks has lost interest', async () => {
    const { client, keys } = await other(() => {});
    const asking = new AbortController();
    const call = client.call({ ...write, signal: asking.signal });
    await expect.poll(() => keys.length).toBe(1);
    asking.abort(new Error('never mind'));
    await expect(call).rejects.toThrow('never mind');
    expect(keys).toHaveLength(1);
  });

  it('refuses an answer that is no JSON, or that never ends', async () => {
    const { client } = await other(
      (response, before) => {
        if (before === 0) response.end('<html>');
        else {
          const flood = (): void => {
            while (response.write('x'.repeat(65_536)));
            response.once('drain', flood);
          };
          flood();
        }
      },
      { attempts: 1 },
    );
    await expect(client.call(write)).rejects.toThrow(CallFailed);
    await expect(client.call(write)).rejects.toThrow(CallFailed);
  });

  it('doesn’t take an answer too many for the next one’s, where it has a connection for each call', async () => {
    // Answers every request twice on the same connection, and the second time wrongly.
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const text = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
        socket.write(text('{"n":1}') + text('{"n":2}'));
      });
    });
    const url = await listen(server as unknown as Parameters<typeof listen>[0]);
    const client = serviceClient('the other', url, { reuse: false });
    ends.push(client.close, async () => server.close());
    for (let call = 0; call < 5; call += 1) expect((await client.call(write)).body).toEqual({ n: 1 });
  });
});
