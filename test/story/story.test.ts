/** The story that the README tells, by the real command and real processes. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StartedProxy, startStrangler, strangler } from '../support/process.ts';

let folder: string;
let file: string;
let targets: Server[];
let proxies: StartedProxy[];
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangler-story-'));
  file = join(folder, 'routes.yaml');
  targets = [];
  proxies = [];
  const [legacy, orders] = [await target('legacy'), await target('orders')];
  await writeFile(
    file,
    `version: 1
listen: { port: 0 }
admin: { port: 0 }
legacy: { url: http://127.0.0.1:${legacy} }
services:
  orders: { url: http://127.0.0.1:${orders} }
caller: [header:x-user-id]
debug: true
routes:
  - id: order-read
    match: GET /api/orders/:id
    service: orders # the first one to move
    percent: 0
`,
  );
});

afterEach(async () => {
  for (const proxy of proxies) await proxy.stop('SIGKILL');
  for (const server of targets) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
});

async function target(name: string): Promise<number> {
  const server = createServer((request, response) => {
    // The service is in trouble with everything but what is read.
    response.writeHead(name === 'orders' && request.method !== 'GET' ? 503 : 200).end(name);
  });
  targets.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

async function start(...args: string[]): Promise<StartedProxy> {
  const proxy = await startStrangler(folder, ...args);
  proxies.push(proxy);
  return proxy;
}

interface Answered {
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

function ask(proxy: StartedProxy, path: string, headers: Record<string, string> = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    get(`${proxy.url}${path}`, { agent, headers }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ body, headers: response.headers }));
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** Who answers each of these callers. */
async function sides(proxy: StartedProxy, callers: number): Promise<string[]> {
  const answers: string[] = [];
  for (let from = 0; from < callers; from += 500) {
    const some = Array.from({ length: Math.min(500, callers - from) }, (_, i) => from + i);
    const bodies = await Promise.all(some.map((user) => ask(proxy, '/api/orders/42', { 'x-user-id': `user-${user}` })));
    answers.push(...bodies.map(({ body }) => body));
  }
  return answers;
}

/** Asks until it holds; what should be live in under a second is given ten by a slow machine. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it never came to hold');
}

const livePercent = async (proxy: StartedProxy): Promise<number> => {
  const status = (await (await fetch(`${proxy.admin}/api/status`)).json()) as { routes: { live: number }[] };
  return status.routes[0]!.live;
};

describe('moving an endpoint', () => {
  it('changes nothing on day one', async () => {
    const proxy = await start();
    expect((await ask(proxy, '/')).body).toBe('legacy');
    expect((await ask(proxy, '/api/orders/42')).body).toBe('legacy');
  });

  it('follows an edit of routes.yaml', async () => {
    const proxy = await start();
    await writeFile(file, (await readFile(file, 'utf8')).replace('percent: 0', 'percent: 100'));
    await eventually(async () => (await ask(proxy, '/api/orders/42')).body === 'orders');
    expect((await ask(proxy, '/api/orders')).body).toBe('legacy');
  });

  it('keeps the last good file when the next one is wrong, and says so', async () => {
    const proxy = await start();
    await writeFile(file, (await readFile(file, 'utf8')).replace('service: orders', 'service: oders'));
    const rejected = await proxy.logged((line) => line.event === 'reload.rejected');
    expect(String(rejected.problems)).toContain('unknown service "oders" (did you mean "orders"?)');
    expect((await ask(proxy, '/api/orders/42')).body).toBe('legacy');
    const { out } = await strangler(folder, 'status');
    expect(out).toContain('routes.yaml:12:14');
    expect(await (await fetch(`${proxy.admin}/metrics`)).text()).toContain('strangler_config_valid 0');
    expect((await fetch(`${proxy.admin}/readyz`)).status).toBe(200);
  });

  it('gives a quarter of 10,000 callers to the service, each of them always on the same side, through a restart', async () => {
    const first = await start();
    const { code, out } = await strangler(folder, 'shift', 'orders', '25');
    expect(code).toBe(0);
    expect(out).toMatch(/order-read\s+0 %\s+→\s+25 %/);
    await eventually(async () => (await livePercent(first)) === 25);

    const before = await sides(first, 10_000);
    const share = before.filter((side) => side === 'orders').length / 10_000;
    expect(share).toBeGreaterThan(0.24);
    expect(share).toBeLessThan(0.26);

    expect(await first.stop()).toBe(0);
    const second = await start();
    expect(await sides(second, 10_000)).toEqual(before);
  });

  it('explains without sending what the proxy then does', async () => {
    const proxy = await start();
    await strangler(folder, 'shift', 'orders', '50');
    await eventually(async () => (await livePercent(proxy)) === 50);
    for (const user of ['1', '2', '3', '4', '5', '6']) {
      const { out } = await strangler(folder, 'explain', 'GET', '/api/orders/42', '-H', `x-user-id: ${user}`, '--json');
      const told = JSON.parse(out);
      const { headers } = await ask(proxy, '/api/orders/42', { 'x-user-id': user });
      expect(headers).toMatchObject({
        'x-strangler-route': told.route.id,
        'x-strangler-bucket': String(told.caller.bucket),
        'x-strangler-target': told.plan.primary === 'legacy' ? 'legacy' : told.route.service,
        'x-strangler-reason': told.plan.reason,
      });
    }
  });

  it('explains of a POST that it is sent once, as it then is', async () => {
    const route = '  - { id: order-write, match: POST /api/orders, service: orders, percent: 100 }\n';
    await writeFile(file, (await readFile(file, 'utf8')) + route);
    const proxy = await start();
    const explained = await strangler(folder, 'explain', 'POST', '/api/orders');
    expect(explained.out).toMatch(/^fallback +legacy, only when no connection to the service can be made$/m);
    const post = () => fetch(`${proxy.url}/api/orders`, { method: 'POST', body: 'one order' });
    const answer = await post();
    expect([answer.status, await answer.text()]).toEqual([503, 'orders']);

    const orders = targets[1]!;
    orders.closeAllConnections();
    await new Promise((closed) => orders.close(closed));
    const rescued = await post();
    expect([rescued.status, await rescued.text()]).toEqual([200, 'legacy']);

    const traced = await strangler(folder, 'explain', 'TRACE', '/api/orders');
    expect(traced.out).toContain('TRACE is never forwarded: the proxy answers 405');
  });

  it('goes back with one command', async () => {
    const proxy = await start();
    await strangler(folder, 'shift', 'orders', '100');
    await eventually(async () => (await ask(proxy, '/api/orders/42')).body === 'orders');
    expect((await strangler(folder, 'rollback', '--all')).code).toBe(0);
    await eventually(async () => (await ask(proxy, '/api/orders/42')).body === 'legacy');
    const history = JSON.parse((await strangler(folder, 'history', '--json')).out) as { source: string; to: number }[];
    expect(history.slice(0, 2)).toMatchObject([
      { source: 'rollback', to: 0 },
      { source: 'shift', to: 100 },
    ]);
  });

  it('writes a shift into one line of routes.yaml', async () => {
    const proxy = await start();
    const before = await readFile(file, 'utf8');
    expect((await strangler(folder, 'shift', 'order-read', '12.5', '--write')).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(before.replace('percent: 0', 'percent: 12.5'));
    await eventually(async () => (await livePercent(proxy)) === 12.5);
    const { routes } = JSON.parse((await strangler(folder, 'status', '--json')).out);
    expect(routes[0]).toMatchObject({ declared: 12.5, live: 12.5 });
  });
});

describe('several workers', () => {
  it('are all reached by a shift, and counted as one', async () => {
    const proxy = await start('--workers', '2');
    await strangler(folder, 'shift', 'orders', '100');
    // Fresh connections are spread over the workers; all of them must have heard.
    await eventually(async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => fetch(`${proxy.url}/api/orders/42`, { headers: { connection: 'close' } })),
      );
      return (await Promise.all(answers.map((answer) => answer.text()))).every((body) => body === 'orders');
    });
    await eventually(async () => {
      const metrics = await (await fetch(`${proxy.admin}/metrics`)).text();
      const counted = /strangler_requests_total\{route="order-read",target="orders",outcome="2xx"\} (\d+)/.exec(
        metrics,
      );
      return Number(counted?.[1]) >= 20;
    });
    expect(await proxy.stop()).toBe(0);
  });
});

describe('kill -9 of the proxy', () => {
  it('loses no acknowledged shift', async () => {
    for (let round = 1; round <= 5; round++) {
      const proxy = await start();
      const wanted = round * 7;
      const shifting = strangler(folder, 'shift', 'orders', String(wanted));
      // Killed while the shift is on its way: whatever the command acknowledged must be there afterwards.
      const killed = round % 2 === 0 ? shifting.then(() => proxy.stop('SIGKILL')) : proxy.stop('SIGKILL');
      expect((await shifting).code).toBe(0);
      await killed;
      const again = await start();
      expect(await livePercent(again)).toBe(wanted);
      expect(await again.stop()).toBe(0);
    }
  });
});
