import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createConnection } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { StartedProxy } from '../support/process.ts';
import { ask } from './load.ts';
import { eventually, type Stage, stage } from './stage.ts';

interface Answered {
  readonly ok: boolean;
  readonly connection: string | undefined;
  readonly what: string;
}

const slowAnswer = 1_000;
const drain = 3_000;

/** A monolith that takes a second for a page, sends events without end and echoes what a WebSocket says. */
async function slowStage(): Promise<Stage & { readonly pages: number }> {
  const at = await stage();
  let pages = 0;
  at.legacy.answer = (incoming, response) => {
    if (incoming.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const events = setInterval(() => response.write('data: tick\n\n'), 100);
      response.on('close', () => clearInterval(events));
    } else {
      pages += 1;
      setTimeout(() => response.end('whole'), slowAnswer);
    }
  };
  const sockets = new WebSocketServer({ server: at.legacy.server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  await at.write(at.yaml([]).replace('listen: { port: 0 }', 'listen: { port: 0, drain: 3s }'));
  return {
    ...at,
    get pages() {
      return pages;
    },
  };
}

function slowRequest(url: string, agent: Agent): Promise<Answered> {
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ ok: false, connection: undefined, what: error.message });
    request(new URL('/page', url), { agent }, (message) => {
      let body = '';
      message.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      message.on('error', fail);
      message.on('end', () => {
        resolve({
          ok: message.statusCode === 200 && body === 'whole',
          connection: message.headers.connection,
          what: body,
        });
      });
    })
      .on('error', fail)
      .end();
  });
}

/** Resolves when the stream has begun. */
async function openStream(url: string): Promise<void> {
  const outgoing = request(new URL('/events', url), { agent: false }).end();
  const [message] = await once(outgoing, 'response');
  message.on('error', () => undefined).resume();
  await once(message, 'data');
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  await once(socket, 'open');
  socket.send('hello');
  await once(socket, 'message');
  return socket;
}

async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = createConnection(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const readiness = async (proxy: StartedProxy) => (await ask(new URL('/readyz', proxy.admin))).status;

it.each([[[]], [['--workers', '2']]])('lets what is under way finish, and ends in time %j', async (args) => {
  const at = await slowStage();
  const proxy = await at.start(...args);
  const agent = new Agent({ keepAlive: true });
  await Promise.all(Array.from({ length: 10 }, () => openStream(proxy.url)));
  const sockets = await Promise.all(Array.from({ length: 10 }, () => openSocket(proxy.url)));
  expect(await readiness(proxy)).toBe(200);

  // Two hundred a second, each a second long.
  const asked: Promise<Answered>[] = [];
  const asking = setInterval(() => asked.push(slowRequest(proxy.url, agent)), 5);
  while (asked.length < 200) await new Promise((resolve) => setTimeout(resolve, 20));
  clearInterval(asking);
  const underWay = asked.slice(-60);

  // What was asked last has to have arrived: nothing orders a signal and a request.
  await eventually(() => at.pages).toBe(asked.length);
  const told = performance.now();
  const ended = proxy.stop('SIGTERM').then((code) => ({ code, after: performance.now() - told }));
  await proxy.logged(({ event }) => event === 'proxy.draining');
  expect(await readiness(proxy)).toBe(503);
  await eventually(() => isListening(proxy.url)).toBe(false);

  const answers = await Promise.all(underWay);
  expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  expect(answers.filter(({ connection }) => connection === 'close').length).toBeGreaterThan(0);
  const { code, after } = await ended;
  expect(code).toBe(0);
  expect(after).toBeLessThan(drain + 1_500);
  await Promise.all(sockets.map((socket) => socket.readyState === WebSocket.CLOSED || once(socket, 'close')));
  expect((await Promise.all(asked)).filter(({ ok }) => !ok)).toEqual([]);
  agent.destroy();
});

it('says Connection: close on every answer that it gives while it drains', async () => {
  const at = await slowStage();
  const proxy = await at.start();
  const agent = new Agent({ keepAlive: true });
  const asked = Array.from({ length: 20 }, () => slowRequest(proxy.url, agent));
  await eventually(() => at.pages).toBe(20);
  const ended = proxy.stop('SIGTERM');
  const answers = await Promise.all(asked);
  expect(answers).toEqual(Array(20).fill({ ok: true, connection: 'close', what: 'whole' }));
  expect(await ended).toBe(0);
  agent.destroy();
});

it('ends at once when it is told twice', async () => {
  const at = await slowStage();
  const proxy = await at.start();
  await openStream(proxy.url);
  const ended = proxy.stop('SIGTERM');
  await proxy.logged(({ event }) => event === 'proxy.draining');
  process.kill(proxy.pid, 'SIGTERM');
  expect(await ended).toBe(143);
  expect(proxy.log.some(({ event }) => event === 'proxy.stopped')).toBe(false);
});
