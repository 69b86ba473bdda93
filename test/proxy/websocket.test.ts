import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { settingsFor, startProxy } from '../support/proxy.ts';

/** A `ws` server that echoes, and the proxy before it: neither end was written by us. */
async function echoes() {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: true });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await startProxy(settingsFor((server.address() as AddressInfo).port));
  onTestFinished(async () => {
    await proxy.close();
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  return { sockets, proxy, url: proxy.url.replace('http', 'ws') };
}

function opened(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

const next = (socket: WebSocket) =>
  new Promise<Buffer>((resolve) => socket.once('message', (data) => resolve(data as Buffer)));

describe('WebSockets through the proxy', () => {
  test('carry text, binary and large frames, compressed or not', async () => {
    const { url } = await echoes();
    const socket = await opened(`${url}/ticker?x=1`);
    expect(socket.extensions).toContain('permessage-deflate');

    for (const message of ['hello', 'grüße €', '', 'x'.repeat(70_000)]) {
      const answer = next(socket);
      socket.send(message);
      expect((await answer).toString()).toBe(message);
    }
    const big = Buffer.alloc(16 * 1024 * 1024, 'abc\0\xff');
    const answer = next(socket);
    socket.send(big, { compress: false });
    expect(big.equals(await answer)).toBe(true);
    socket.close();
  });

  test('answer pings, agree on a subprotocol and close with their code', async () => {
    const { url, sockets } = await echoes();
    const codes: number[] = [];
    sockets.on('connection', (socket) => socket.on('close', (code) => codes.push(code)));
    const socket = await opened(url, ['chat', 'superchat']);
    expect(socket.protocol).toBe('chat');

    const pong = new Promise((resolve) => socket.once('pong', (data) => resolve(data.toString())));
    socket.ping('are you there');
    expect(await pong).toBe('are you there');

    const closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve(`${code} ${reason}`)));
    socket.close(4001, 'enough');
    expect(await closed).toBe('4001 enough');
    expect(codes).toEqual([4001]);
  });

  test('200 at once keep their messages apart, and leave nothing behind', async () => {
    const { url, proxy } = await echoes();
    const all = await Promise.all(Array.from({ length: 200 }, () => opened(url)));
    expect(proxy.proxy.inFlight()).toBe(200);

    const answers = all.map(next);
    all.forEach((socket, i) => {
      socket.send(`message ${i}`);
    });

    expect((await Promise.all(answers)).map(String)).toEqual(all.map((_, i) => `message ${i}`));
    const closed = Promise.all(all.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    all.forEach((socket, i) => {
      if (i % 2 === 0) socket.close();
      else socket.terminate();
    });
    await closed;
    while (proxy.proxy.inFlight() > 0 || proxy.targets.connections > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
});
