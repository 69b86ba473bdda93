import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Folder, folder, type Started, target } from './strangler.ts';

let f: Folder;
let legacy: Awaited<ReturnType<typeof target>>;
let orders: Awaited<ReturnType<typeof target>>;
let adminPort: number;

beforeEach(async () => {
  f = await folder();
  [legacy, orders, adminPort] = await Promise.all([target('legacy'), target('orders'), freePort()]);
});

afterEach(async () => {
  await f.remove();
  legacy.close();
  orders.close();
});

const yaml = (more = '', percent = 0) => `version: 1
listen: { port: 0, drain: 5s }
admin: { port: ${adminPort} }
${more}
legacy: { url: http://127.0.0.1:${legacy.port} }
services:
  orders: { url: http://127.0.0.1:${orders.port} }
routes:
  - { id: order-read, match: GET /api/orders/:id, service: orders, percent: ${percent} }
`;

async function answer(proxy: Started, path = '/api/orders/1'): Promise<string> {
  const response = await fetch(proxy.url + path);
  return response.text();
}

/** Asks until the answer comes from there: how soon a change arrives is for the caller's timeout to say. */
async function answeredBy(name: string, proxy: Started): Promise<void> {
  while (!(await answer(proxy)).startsWith(name)) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function readiness(): Promise<number> {
  return (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status;
}

async function status() {
  const { out, code } = await f.run('status', '--json');
  return { code, report: JSON.parse(out) };
}

async function requestsCounted(): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const counts = [...metrics.matchAll(/^strangler_requests_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([, parent]) => parent === pid).map(([child]) => child!);
}

describe('strangler start', () => {
  it('serves, takes up a shift from another process, and says who made it', async () => {
    await f.write(yaml());
    const proxy = await f.start();
    expect(await answer(proxy)).toBe('legacy /api/orders/1');
    await f.run('shift', 'order-read', '100', '--reason', 'all of them');
    await answeredBy('orders', proxy);
    const { entry } = await proxy.event('route.shifted');
    expect(entry).toMatchObject({ route: 'order-read', from: 0, to: 100, who: 'ada@ops', reason: 'all of them' });
    expect((await status()).report.proxy).toMatchObject({ url: proxy.url, pid: proxy.pid, workers: 1 });
  });

  it('finds its live percents again after it was killed', async () => {
    await f.write(yaml());
    const first = await f.start();
    await f.run('shift', 'order-read', '100');
    await first.end('SIGKILL');
    expect(await answer(await f.start())).toMatch(/^orders/);
  });

  it('follows a saved percent, and keeps the last good file when one is broken', async () => {
    await f.write(yaml());
    const proxy = await f.start();
    await f.write(yaml('', 100));
    await answeredBy('orders', proxy);

    await f.write(yaml('listen: 5', 0));
    await proxy.event('reload.rejected');
    expect(await answer(proxy)).toMatch(/^orders/);
    expect(await readiness()).toBe(200);
    const broken = await status();
    expect(broken.code).toBe(1);
    expect(broken.report).toMatchObject({ config: { valid: false }, proxy: { draining: false } });
    const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    expect(metrics).toContain('strangler_config_valid 0');
    expect(metrics).toContain('strangler_reloads_total{result="rejected"} 1');

    await f.write(yaml('', 100));
    await proxy.event('reload.applied');
    expect((await status()).report.config.valid).toBe(true);
  });

  it('writes a line for each request while accessLog is on, without its query', async () => {
    await f.write(yaml('accessLog: true'));
    const proxy = await f.start();
    await answer(proxy, '/api/orders/1?token=secret');
    const line = await proxy.request();
    expect(line).toMatchObject({
      method: 'GET',
      path: '/api/orders/1',
      status: 200,
      route: 'order-read',
      target: 'legacy',
    });
    expect(line.bytes).toBe('legacy /api/orders/1?token=secret'.length);
    expect(JSON.stringify(line)).not.toContain('secret');
  });

  it('says which changes only a restart takes up', async () => {
    await f.write(yaml());
    const proxy = await f.start();
    await f.write(yaml().replace('port: 0,', `port: ${await freePort()},`));
    expect(await proxy.event('restart.needed')).toMatchObject({ settings: ['listen.port'] });
    expect((await status()).report.config.restartNeeded).toEqual(['listen.port']);
  });

  it('lets what is under way finish on SIGTERM, is not ready meanwhile, and ends with 0', async () => {
    legacy.server.removeAllListeners('request');
    await f.write(yaml());
    const proxy = await f.start();
    const waiting = answer(proxy, '/slow');
    const [, response] = await once(legacy.server, 'request');
    const ended = proxy.end();
    expect(await proxy.event('proxy.draining')).toMatchObject({ inFlight: 1 });
    expect(await readiness()).toBe(503);
    response.end('late but whole');
    expect(await waiting).toBe('late but whole');
    expect(await ended).toBe(0);
  });

  it('does not wait for anything on a second signal', async () => {
    legacy.server.removeAllListeners('request');
    await f.write(yaml());
    const proxy = await f.start();
    answer(proxy, '/never').catch(() => undefined);
    await once(legacy.server, 'request');
    proxy.end();
    await proxy.event('proxy.draining');
    expect(await proxy.end()).toBe(143);
  });
});

describe('a start that fails', () => {
  it('names the port that is taken and the key that moves it', async () => {
    const other = createServer().listen(adminPort, '127.0.0.1');
    await once(other, 'listening');
    await f.write(yaml());
    const { code, err } = await f.run('start');
    other.close();
    expect(code).toBe(1);
    expect(err).toContain(`port ${adminPort} on 127.0.0.1 is already taken`);
    expect(err).toContain('admin.port');
  });

  it('tells every problem of the file', async () => {
    await f.write(yaml('nonsense: 1', 200));
    const { code, err } = await f.run('start');
    expect(code).toBe(1);
    expect(err).toMatch(/routes\.yaml:\d+:\d+ .*nonsense/);
    expect(err).toMatch(/routes\.yaml:\d+:\d+ .*200/);
  });

  it('names the state that can not be opened', async () => {
    await f.write(yaml('state: sqlite:routes.yaml/state.db'));
    const { code, err } = await f.run('start');
    expect(code).toBe(1);
    expect(err).toContain('routes.yaml/state.db');
  });
});

describe('a state in memory', () => {
  it('is reached through the admin API, with the token', async () => {
    await f.write(yaml('state: memory').replace(/admin: {/, 'admin: { token: sesame,'));
    const proxy = await f.start();
    expect((await f.run('shift', 'order-read', '100', '--reason', 'by API')).code).toBe(0);
    await answeredBy('orders', proxy);
    const { out } = await f.run('history', 'order-read', '--json', '--limit', '1');
    expect(JSON.parse(out)).toMatchObject([{ to: 100, who: 'ada@ops', reason: 'by API' }]);
    expect((await f.run('rollback', 'order-read')).code).toBe(0);
    await answeredBy('legacy', proxy);
    expect((await status()).report.routes).toMatchObject([{ id: 'order-read', live: 0, latched: true }]);
  });

  it('rolls back by the big red button although the file is broken', async () => {
    await f.write(yaml('state: memory', 100));
    const proxy = await f.start();
    expect(await answer(proxy)).toMatch(/^orders/);
    await f.write(`${yaml('state: memory', 100)}  - id: "half`);
    const { code, out } = await f.run('rollback', '--all');
    expect(code).toBe(0);
    expect(out).toMatch(/order-read +100 % +→ +0 %/);
    await answeredBy('legacy', proxy);
  });

  it('can not be shifted while the proxy is down, and says so', async () => {
    await f.write(yaml('state: memory'));
    const { code, err } = await f.run('shift', 'order-read', '5');
    expect(code).toBe(1);
    expect(err).toContain(`no proxy answers at http://127.0.0.1:${adminPort}`);
  });
});

describe('several workers', () => {
  it('all take up a shift, count as one, and are replaced when they die', async () => {
    await f.write(yaml());
    const proxy = await f.start('--workers', '2');
    expect((await status()).report.proxy).toMatchObject({ workers: 2 });
    await Promise.all(Array.from({ length: 20 }, () => answer(proxy)));
    await f.run('shift', 'order-read', '100');
    await answeredBy('orders', proxy);
    // A new connection each: the workers take turns.
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => fetch(`${proxy.url}/api/orders/1`, { headers: { connection: 'close' } })),
    );
    const bodies = await Promise.all(answers.map((each) => each.text()));
    expect(new Set(bodies)).toEqual(new Set(['orders /api/orders/1']));

    const before = await requestsCounted();
    expect(before).toBeGreaterThanOrEqual(40);

    const [worker, ...others] = await childrenOf(proxy.pid);
    expect(others).toHaveLength(1);
    process.kill(worker!, 'SIGKILL');
    expect(await proxy.event('worker.exited')).toMatchObject({ pid: worker, how: 'SIGKILL' });
    expect(await answer(proxy)).toMatch(/^orders/);
    expect(await requestsCounted()).toBeGreaterThan(before);
    expect(await proxy.end()).toBe(0);
  });
});
