import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compiled, isAlive } from './support/processes.ts';
import { sendJson } from './support/running-shop.ts';
import { type Launched, launchExample, type StartedExample, startExample } from './support/started-example.ts';

let folder: string;
let routes: string;
let launched: Launched | undefined;
let members: readonly number[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangler-example-'));
  routes = join(folder, 'routes.yaml');
  await writeFile(routes, await readFile(new URL('../../routes.yaml', import.meta.url)));
});
afterEach(async () => {
  for (const pid of [launched?.child.pid, ...members]) if (pid && isAlive(pid)) process.kill(pid, 'SIGKILL');
  launched = undefined;
  members = [];
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<StartedExample> {
  const started = await startExample(folder);
  launched = started;
  members = started.members;
  expect(members).toHaveLength(6);
  return started;
}

const everyoneGone = (): Promise<void> => expect.poll(() => members.filter(isAlive), { timeout: 15_000 }).toEqual([]);

async function answeredBy(url: string, caller: number): Promise<string> {
  const response = await fetch(`${url}/api/orders/42`, { headers: { 'x-user-id': `caller-${caller}` } });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
  return response.headers.get('x-strangler-target') ?? '';
}

async function whoAnswers(url: string, callers: number): Promise<string[]> {
  const answers: string[] = [];
  for (let caller = 0; caller < callers; caller += 1) answers.push(await answeredBy(url, caller));
  return answers;
}

const strangler = (...command: string[]) =>
  promisify(execFile)(process.execPath, [compiled('bin/strangler.js'), ...command, '-c', routes]);

describe('npm start', () => {
  it('opens a shop in which an endpoint moves by a saved file and by a command', { timeout: 60_000 }, async () => {
    const { child: shop, url, errors, exit } = await start();
    expect(await (await fetch(url)).text()).toContain('Old Mill Supply');
    expect(new Set(await whoAnswers(url, 50))).toEqual(new Set(['legacy']));

    const declared = await readFile(routes, 'utf8');
    await writeFile(routes, declared.replace('percent: 0', 'percent: 100'));
    await expect.poll(() => answeredBy(url, 1)).toBe('orders');
    // The service follows the monolith a moment later; whoever asks at once is not told that there is no such order.
    for (let number = 0; number < 5; number += 1) {
      const placed = await sendJson(`${url}/api/orders`, { customerId: 1, items: [{ sku: 'KIT-001', quantity: 1 }] });
      expect(placed.status).toBe(201);
      expect((await fetch(placed.headers.get('location')!)).status).toBe(200);
    }

    await strangler('shift', 'orders', '25');
    await expect.poll(async () => new Set(await whoAnswers(url, 20)).size).toBe(2);
    const first = await whoAnswers(url, 800);
    const share = first.filter((target) => target === 'orders').length / first.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
    expect(await whoAnswers(url, 800)).toEqual(first);

    await strangler('rollback', 'orders');
    await expect.poll(async () => new Set(await whoAnswers(url, 20))).toEqual(new Set(['legacy']));

    shop.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
    expect(errors()).not.toContain('was killed');
    await everyoneGone();
  });

  it('has services that hear at once of what is written, whoever wrote it', { timeout: 60_000 }, async () => {
    const { url, output } = await start();
    const at = (name: string): string => new RegExp(`${name} +(http\\S+)`).exec(output())![1]!;
    const told = async (service: string, path: string) => {
      const answer = await fetch(at(service) + path);
      return { status: answer.status, body: (await answer.json()) as { status: string; items: { state: string }[] } };
    };
    // A sweep comes every half minute: what is there sooner was told by an event.
    const soon = { timeout: 10_000 };
    const items = [{ sku: 'KIT-001', quantity: 1 }];
    const bought = await sendJson(`${url}/api/checkout`, { customerId: 1, items, payment: { method: 'invoice' } });
    const { id } = (await bought.json()) as { id: number };
    await expect.poll(async () => (await told('orders', `/orders/${id}`)).body.status, soon).toBe('paid');
    await expect.poll(async () => (await told('payments', `/payments/order/${id}`)).body.status, soon).toBe('captured');
    const held = async () => (await told('inventory', `/reservations/order/${id}`)).body.items?.[0]?.state;
    await expect.poll(held, soon).toBe('reserved');

    expect((await fetch(`${url}/api/orders/${id}/cancel`, { method: 'POST' })).status).toBe(200);
    await expect.poll(async () => (await told('orders', `/orders/${id}`)).body.status, soon).toBe('cancelled');
    await expect.poll(async () => (await told('payments', `/payments/order/${id}`)).body.status, soon).toBe('refunded');
    await expect.poll(held, soon).toBe('released');

    const places = ['orders', 'payments', 'inventory', 'monolith'].flatMap((name) => [`--${name}`, at(name)]);
    const verify = [compiled('dist/example/verify.js'), '--data', folder, '--json', '--grace', '0.001', ...places];
    const { stdout } = await promisify(execFile)(process.execPath, verify);
    const { clean, kinds } = JSON.parse(stdout) as { clean: boolean; kinds: { kind: string; same: number }[] };
    expect([clean, ...kinds.map(({ kind, same }) => `${same} ${kind}`)]).toEqual([
      true,
      '201 orders',
      '168 payments',
      '50 stock',
      '201 reservations',
    ]);
  });

  it('waits for what is under way, unless it is asked twice', { timeout: 60_000 }, async () => {
    const { child: shop, url, errors, exit } = await start();
    const slow = await fetch(`${url}/reports/sales?pause=10000`);
    shop.kill('SIGINT');
    await expect.poll(errors).toContain('draining: 1 request');
    expect(shop.exitCode).toBe(null);
    shop.kill('SIGINT');
    expect(await exit).toEqual([130, null]);
    await everyoneGone();
    await expect(slow.text()).rejects.toThrow();
  });

  it('goes on without a service that died, leaves nobody behind without its monolith, and says both', {
    timeout: 60_000,
  }, async () => {
    const { child: shop, url, errors, exit } = await start();
    const kill = async (which: string): Promise<void> => {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,args=', '-p', members.join(',')]);
      const found = stdout.split('\n').find((line) => line.includes(which))!;
      process.kill(Number.parseInt(found, 10), 'SIGKILL');
    };
    const details = async () => {
      const answer = await fetch(`${url}/api/order-details/1`);
      const { order, _partial } = (await answer.json()) as { order: { id: number }; _partial?: string[] };
      return { target: answer.headers.get('x-strangler-target'), id: order.id, _partial };
    };
    await strangler('shift', 'order-details', '100');
    await kill('extracted-services/payments');
    await expect.poll(details).toMatchObject({ id: 1, _partial: ['payment'] });
    // The order has to be there, or the monolith answers.
    await kill('extracted-services/orders');
    await expect.poll(details).toEqual({ target: 'legacy', id: 1 });
    expect(errors()).toMatch(/payments +│ was killed by SIGKILL; the others go on/);

    await kill('legacy-monolith/main');
    expect(await exit).toEqual([1, null]);
    expect(errors()).toContain('monolith was killed by SIGKILL: stopping the others.');
    expect(shop.exitCode).toBe(1);
    await everyoneGone();
  });

  it('leaves nobody behind even when it is killed itself', { timeout: 60_000 }, async () => {
    const { child: shop, exit } = await start();
    shop.kill('SIGKILL');
    expect(await exit).toEqual([null, 'SIGKILL']);
    await everyoneGone();
  });

  it('names the port that is taken, before anything is started', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    try {
      launched = launchExample(folder, '--port', String(port));
      const { errors, exit } = launched;
      expect(await exit).toEqual([1, null]);
      expect(errors()).toBe(`port ${port} is taken: choose another with --port or PORT=… (0: any free one)\n`);
    } finally {
      holder.close();
    }
  });
});
