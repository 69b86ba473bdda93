import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Front, inFrontOf } from './stage/front.ts';

/** More than one read of the proxy's, so that the last piece of the body is one that its caller has to swallow first. */
const size = 1024 * 1024;

describe('many requests on one connection', () => {
  let legacy: Server;
  let front: Front;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let targetConnections = 0;

  beforeAll(async () => {
    const body = Buffer.alloc(size, 'x');
    legacy = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1');
    legacy.on('connection', () => targetConnections++);
    await once(legacy, 'listening');
    front = await inFrontOf((legacy.address() as AddressInfo).port);
  });

  afterAll(async () => {
    agent.destroy();
    await front.close();
    legacy.closeAllConnections();
    legacy.close();
  });

  test('a large answer leaves the target connection fit for the next request', async () => {
    for (let i = 0; i < 20; i++) expect(await download(front.url)).toBe(size);
    expect(targetConnections).toBeLessThan(20);
  });

  async function download(url: string): Promise<number> {
    const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    return bytes;
  }
});
