import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, createCertificate } from '../support/certificate.ts';
import { settingsFor, startProxy, type TestProxy } from '../support/proxy.ts';

let first: Certificate;
let second: Certificate;
let target: Server;
let targetPort: number;
const opened: (() => unknown)[] = [];

beforeAll(async () => {
  [first, second] = await Promise.all([createCertificate(), createCertificate()]);
  target = createServer((_request, response) => response.end('ok'));
  await once(target.listen(0, '127.0.0.1'), 'listening');
  targetPort = (target.address() as AddressInfo).port;
});

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

afterAll(() => {
  target.closeAllConnections();
  target.close();
});

const settings = (tls: Certificate, headers = 3_000) =>
  settingsFor(targetPort, { listen: { tls, timeout: { headers, body: 3_000, answer: 0, idle: 5_000 } } });

async function start(...given: Parameters<typeof settings>): Promise<TestProxy> {
  const proxy = await startProxy(settings(...given));
  opened.push(() => proxy.close());
  return proxy;
}

async function dial(proxy: TestProxy): Promise<TLSSocket> {
  const socket = connect({
    port: proxy.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
  socket.on('error', () => {});
  opened.push(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** Reads until `text` has come, or the connection ends. */
async function readUntil(socket: TLSSocket, text: string): Promise<string> {
  let read = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    read += chunk;
    if (read.includes(text)) break;
  }
  return read;
}

const fingerprint = (socket: TLSSocket): string => socket.getPeerCertificate().fingerprint256;

describe('the TLS listener', () => {
  it('shows a renewed certificate to new connections and leaves those that stand alone', async () => {
    const proxy = await start(first);
    const before = await dial(proxy);
    proxy.apply(settings(second));
    const after = await dial(proxy);
    expect(fingerprint(after)).not.toBe(fingerprint(before));
    before.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await readUntil(before, 'ok')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('times out a caller who never ends its head', async () => {
    const proxy = await start(first, 300);
    const socket = await dial(proxy);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow');
    expect(await readUntil(socket, 'request-timeout')).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('answers what comes on a resting connection while it drains, and ends it then', async () => {
    const proxy = await start(first);
    const socket = await dial(proxy);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await readUntil(socket, 'ok');
    const drained = proxy.proxy.drain(5_000);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await readUntil(socket, 'ok');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(await drained).toMatchObject({ cut: 0 });
  });
});
