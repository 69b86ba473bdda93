import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { StartError, type Strangler, strangler, UpgradableMessage } from '../../src/index.ts';

const open: (() => unknown)[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangler-embedded-'));
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await rm(folder, { recursive: true, force: true });
});

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function answering(name: string): Server {
  return createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(`${name} ${request.method} ${request.url} ${Buffer.concat(chunks).length}`));
  });
}

async function routesFile(percent: number): Promise<string> {
  const [legacy, orders] = [await listen(answering('legacy')), await listen(answering('orders'))];
  const file = join(folder, 'routes.yaml');
  await writeFile(
    file,
    `version: 1
state: memory
legacy: { url: http://127.0.0.1:${legacy} }
services:
  orders: { url: http://127.0.0.1:${orders} }
routes:
  - id: order-read
    match: GET /api/orders/:id
    service: orders
    percent: ${percent}
`,
  );
  return file;
}

async function embed(file: string): Promise<Strangler> {
  const embedded = await strangler({ config: file });
  open.push(() => embedded.close(0));
  return embedded;
}

const text = async (url: string, init?: RequestInit): Promise<string> => (await fetch(url, init)).text();

describe('strangler in a Hono app', () => {
  async function app(file: string): Promise<{ url: string; embedded: Strangler }> {
    const embedded = await embed(file);
    const hono = new Hono();
    hono.get('/own', (context) => context.text('the app itself'));
    hono.use('*', embedded.middleware);
    const server: ServerType = serve({ fetch: hono.fetch, port: 0, hostname: '127.0.0.1' });
    await once(server, 'listening');
    open.push(() => server.close());
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, embedded };
  }

  it('forwards what the app does not answer itself', async () => {
    const { url } = await app(await routesFile(100));
    expect(await text(`${url}/own`)).toBe('the app itself');
    expect(await text(`${url}/page?a=1`)).toBe('legacy GET /page?a=1 0');
    expect(await text(`${url}/api/orders/42`)).toBe('orders GET /api/orders/42 0');
  });

  it('composes the answers of services, and follows a saved file to it', async () => {
    const json = (value: object) =>
      createServer((_, response) => {
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(value));
      });
    const file = await routesFile(100);
    const { url, embedded } = await app(file);
    const [order, payment] = [await listen(json({ id: 7 })), await listen(json({ paid: true }))];
    await appendFile(
      file,
      `  - id: details
    match: GET /details/:id
    compose:
      order: { service: order, path: /orders/:id, required: true }
      payment: { service: payment, path: /payments/:id }
`,
    );
    const written = await readFile(file, 'utf8');
    const services = `services:\n  order: { url: http://127.0.0.1:${order} }\n  payment: { url: http://127.0.0.1:${payment} }\n`;
    await writeFile(file, written.replace('services:\n', services));
    await embedded.reload();
    expect(await text(`${url}/details/7`)).toBe('{"order":{"id":7},"payment":{"paid":true}}');
    expect(embedded.routes()[1]).toMatchObject({ id: 'details', service: 'details', parts: ['order', 'payment'] });
  });

  it('streams request bodies that the app has not read', async () => {
    const { url } = await app(await routesFile(100));
    const body = Buffer.alloc(3_000_000, 'x');
    expect(await text(`${url}/upload`, { method: 'POST', body })).toBe('legacy POST /upload 3000000');
  });

  it('shifts, rolls back and tells the history', async () => {
    const { url, embedded } = await app(await routesFile(0));
    expect(await text(`${url}/api/orders/1`)).toMatch(/^legacy/);
    await embedded.shift(['order-read'], 100, { who: 'eve', reason: 'looks good' });
    expect(await text(`${url}/api/orders/1`)).toMatch(/^orders/);
    expect(embedded.routes()).toMatchObject([{ id: 'order-read', declared: 0, live: 100 }]);
    await embedded.rollback();
    expect(await text(`${url}/api/orders/1`)).toMatch(/^legacy/);
    expect(await embedded.history({ limit: 2 })).toMatchObject([
      { route: 'order-read', from: 100, to: 0, source: 'rollback', who: 'embedded' },
      { route: 'order-read', from: 0, to: 100, source: 'shift', who: 'eve', reason: 'looks good' },
    ]);
  });

  it('answers for a target that is down', async () => {
    const file = join(folder, 'routes.yaml');
    await writeFile(file, 'version: 1\nstate: memory\nlegacy: { url: "http://127.0.0.1:1" }\n');
    const { url } = await app(file);
    const response = await fetch(`${url}/`);
    expect(response.status).toBe(502);
    expect(response.headers.get('x-strangler-error')).toBe('target-refused');
  });
});

describe('strangler as a plain handler', () => {
  it('serves requests and upgrades of any Node server', async () => {
    const legacy = createServer((_request, response) => response.end('page'));
    const sockets = new WebSocketServer({ server: legacy });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
    const file = join(folder, 'routes.yaml');
    await writeFile(file, `version: 1\nstate: memory\nlegacy: { url: "http://127.0.0.1:${await listen(legacy)}" }\n`);
    const embedded = await embed(file);
    const server = createServer(embedded.handler);
    server.on('upgrade', embedded.upgrade);
    const port = await listen(server);

    expect(await text(`http://127.0.0.1:${port}/`)).toBe('page');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(socket, 'open');
    socket.send('hi');
    const [data] = await once(socket, 'message');
    expect(String(data)).toBe('echo hi');
    socket.terminate();
    sockets.close();
  });

  it('answers an offered upgrade that is not taken up as a plain request', async () => {
    const file = await routesFile(0);
    const embedded = await embed(file);
    const server = createServer({ IncomingMessage: UpgradableMessage }, embedded.handler);
    server.on('upgrade', embedded.upgrade);
    const request = get({
      port: await listen(server),
      host: '127.0.0.1',
      path: '/page',
      headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA' },
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
  });

  it.each([
    ['on what its own callers showed', false],
    ['to the end, though the file has no plan any more: it is kept as it was', true],
  ])(
    'conducts rollouts by itself %s',
    async (_, isTakenOut) => {
      const file = await routesFile(0);
      const plan = '{ steps: [50, 100], hold: 1s, gates: { errors: +50%, p99: off, minRequests: 10 } }';
      const rest = '\ncaller: [header:x-user]\n';
      const without = (await readFile(file, 'utf8')) + rest;
      await appendFile(file, `    rollout: ${plan}${rest}`);
      const heard: string[] = [];
      const embedded = await strangler({ config: file, onEvent: ({ type }) => void heard.push(type) });
      open.push(() => embedded.close(0));
      const url = `http://127.0.0.1:${await listen(createServer(embedded.handler))}/api/orders/`;
      expect((await embedded.startRollout('order-read')).refused).toEqual([]);
      if (isTakenOut) {
        await writeFile(file, without);
        await embedded.reload();
      }
      for (let user = 0; !heard.includes('rollout.completed'); user++) {
        await text(`${url}${user}`, { headers: { 'x-user': `user-${user % 200}` } });
      }
      expect(heard.filter((type) => type.startsWith('rollout.'))).toEqual([
        'rollout.started',
        'rollout.advanced',
        'rollout.completed',
      ]);
      expect(embedded.routes()).toMatchObject([{ id: 'order-read', live: 100 }]);
    },
    30_000,
  );

  it('serves on where the program’s own functions throw, and warns of each once', async () => {
    const file = await routesFile(100);
    const gone = await readFile(file, 'utf8');
    await writeFile(file, gone.replace(/(orders: { url: http:..127\.0\.0\.1:)\d+/, '$11').concat('accessLog: true\n'));
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message.split(':')[0]!);
    process.on('warning', onWarning);
    open.push(() => process.off('warning', onWarning));
    const throwing = (): void => {
      throw new Error('the program’s own');
    };
    const embedded = await strangler({ config: file, onEvent: throwing, onAccess: throwing });
    open.push(() => embedded.close(0));
    const url = `http://127.0.0.1:${await listen(createServer(embedded.handler))}/api/orders/`;

    for (let i = 0; i < 10; i++) expect(await text(`${url}${i}`)).toBe(`legacy GET /api/orders/${i} 0`);

    expect(warnings.sort()).toEqual(['onAccess threw', 'onEvent threw']);
  });

  it('ends what is still under way when its time to close is over, and leaves the other connections alone', async () => {
    const hanging = createServer((request, response) => void (request.url === '/quick' && response.end('quick')));
    const file = join(folder, 'routes.yaml');
    const legacy = await listen(hanging);
    await writeFile(file, `version: 1\nstate: memory\nlegacy: { url: http://127.0.0.1:${legacy} }\n`);
    const embedded = await strangler({ config: file });
    const port = await listen(createServer(embedded.handler));
    const resting = connect(port, '127.0.0.1');
    open.push(() => resting.destroy());
    resting.write('GET /quick HTTP/1.1\r\nHost: shop.example\r\n\r\n');
    await once(resting, 'data');
    const waiting = connect(port, '127.0.0.1');
    open.push(() => waiting.destroy());
    waiting.write('GET /slow HTTP/1.1\r\nHost: shop.example\r\n\r\n');
    await once(hanging, 'request');

    const ended = once(waiting.resume(), 'close');
    await embedded.close(20);
    await ended;

    expect(resting.destroyed).toBe(false);
  });

  it('says that it is gone once it was closed, and leaves the server to its owner', async () => {
    const file = await routesFile(0);
    const embedded = await embed(file);
    const server = createServer(embedded.handler);
    server.on('upgrade', embedded.upgrade);
    const port = await listen(server);
    expect(await text(`http://127.0.0.1:${port}/page`)).toMatch(/^legacy/);

    await embedded.close();

    for (const init of [{}, { method: 'POST', body: Buffer.alloc(100_000) }, { method: 'HEAD' }]) {
      const response = await fetch(`http://127.0.0.1:${port}/page`, init);
      expect([response.status, response.headers.get('x-strangler-error')]).toEqual([503, 'draining']);
      expect((await response.text()).includes('"draining"')).toBe(init.method !== 'HEAD');
    }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(answer.statusCode).toBe(503);
    socket.on('error', () => {});
    socket.terminate();
  });

  it('refuses to start on a file that is not valid, and says all that is wrong', async () => {
    const file = join(folder, 'routes.yaml');
    await writeFile(file, 'version: 1\nlegacy: { url: nonsense }\nroute: []\n');
    const error = await strangler({ config: file }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(StartError);
    expect(error.lines.length).toBe(2);
    expect(error.lines.join('\n')).toContain('(did you mean "routes"?)');
  });
});
