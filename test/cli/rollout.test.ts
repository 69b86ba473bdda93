import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Folder, folder, target } from './strangler.ts';

const plan = 'rollout: { steps: [1, 5, { percent: 25, approve: true }, 100], hold: 1h }';

const yaml = (adminPort: number, state: string) => `version: 1
listen: { port: 0 }
admin: { port: ${adminPort} }
state: ${state}
legacy: { url: http://127.0.0.1:1 }
services:
  orders: { url: http://127.0.0.1:2, writes: shared }
  stock: { url: http://127.0.0.1:3 }
routes:
  - { id: order-read, match: GET /api/orders/:id, service: orders, percent: 0, ${plan} }
  - { id: order-list, match: GET /api/orders, service: orders, percent: 0, ${plan} }
  - { id: order-old, match: GET /old, service: orders, legacy: retired }
  - { id: stock-read, match: GET /stock/:id, service: stock, percent: 0, rollout: { steps: [5, 100] } }
  - { id: stock-list, match: GET /stock, service: stock, percent: 0, rollout: { steps: [5, 100], hold: 1m } }
  - { id: stock-move, match: POST /stock, service: stock, percent: 40 }
`;

interface Told {
  name: string;
  phase: string;
  step: number;
  percent: number;
  held: number;
  hold: number;
  gates: unknown;
}

let f: Folder;
let text: string;

beforeEach(async () => {
  f = await folder();
  text = yaml(await freePort(), 'sqlite:state.db');
  await f.write(text);
});

afterEach(() => f.remove());

const status = async (...args: string[]): Promise<Told[]> =>
  JSON.parse((await f.run('rollout', 'status', '--json', ...args)).out).rollouts;

async function lives(): Promise<Record<string, number>> {
  const { routes } = JSON.parse((await f.run('status', '--json')).out);
  return Object.fromEntries(routes.map((route: { id: string; live: number }) => [route.id, route.live]));
}

describe('rollout start', () => {
  it('moves all routes of a service together, and says what will happen', async () => {
    const { code, out, err } = await f.run('rollout', 'start', 'orders', '--reason', 'go');
    expect(code).toBe(0);
    expect(out).toMatch(/^order-read +0 % +→ +1 % +legacy → split$/m);
    expect(out).toMatch(/^order-list +0 % +→ +1 % +legacy → split$/m);
    expect(out).toMatch(/^ +3 +25 % +1h +waits for somebody to promote it$/m);
    expect(out).toMatch(/^gates +errors \+0\.5 %, p99 1\.2x, from 500 requests on$/m);
    expect(out).toMatch(/^complete +in 4h at the earliest$/m);
    expect(err).toContain('no proxy answers: the hold begins when one runs');
    expect(await lives()).toMatchObject({ 'order-read': 1, 'order-list': 1, 'order-old': 100 });
    expect(await status()).toMatchObject([{ name: 'orders', phase: 'holding', step: 1, held: 0, hold: 3_600_000 }]);
  });

  it.each([
    ['stock', /stock-read and stock-list differ in steps\n.*strangler rollout start stock-read/],
    ['stock-move', /has no "rollout" in routes\.yaml[\s\S]*rollout: \{ steps: /],
    ['order-old', /legacy: retired/],
    ['order-raed', /did you mean "order-read"\?/],
  ])('refuses %s, with the way out, and starts nothing', async (name, said) => {
    const { code, err } = await f.run('rollout', 'start', name);
    expect([code, err]).toEqual([1, expect.stringMatching(said)]);
    expect(await status()).toEqual([]);
  });

  it('begins on the first step that takes nobody back, and never twice', async () => {
    await f.run('shift', 'order-read', '3');
    const apart = await f.run('rollout', 'start', 'orders');
    expect([apart.code, apart.err]).toEqual([1, expect.stringMatching(/order-read +3 %[\s\S]*bring them together/)]);
    expect((await f.run('rollout', 'start', 'order-read')).out).toMatch(/^order-read +3 % +→ +5 %/m);
    const again = await f.run('rollout', 'start', 'order-read');
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('strangler rollout status order-read')]);
    await f.run('rollback', 'order-read');
    const anew = await f.run('rollout', 'start', 'order-read');
    expect(anew.out).toMatch(/^order-read +0 % +→ +1 % +legacy → split, no longer latched$/m);
  });
});

describe('a rollout under way', () => {
  beforeEach(async () => {
    await f.run('rollout', 'start', 'orders');
  });

  it('is told of beside the routes, which are not to be settled meanwhile', async () => {
    const { out } = await f.run('status');
    expect(out).toMatch(/^order-read +orders +split +0 % +1 % +– +← rollout orders$/m);
    expect(out).toMatch(/^orders +1 of 4 +1 % +0s of 1h +holding$/m);
    expect(out).not.toContain('To settle it');
    const { routes, rollouts } = JSON.parse((await f.run('status', '--json')).out);
    expect(routes[0]).toMatchObject({ id: 'order-read', rollout: 'orders', settle: null });
    expect(rollouts).toMatchObject([{ name: 'orders', routes: ['order-read', 'order-list'], steps: [1, 5, 25, 100] }]);
  });

  it('is named where a request of its routes is explained', async () => {
    const { out } = await f.run('explain', 'GET', '/api/orders/1');
    expect(out).toMatch(/^rollout +orders, holding, on step 1 of 4 \(1 %\)$/m);
    const { route } = JSON.parse((await f.run('explain', 'GET', '/stock/1', '--json')).out);
    expect(route.rollout).toBeNull();
  });

  it('says what it waits for, and the next command', async () => {
    const { out } = await f.run('rollout', 'status', 'order-read');
    expect(out).toMatch(/^stands +holding, on step 1 of 4 \(1 %\)$/m);
    expect(out).toMatch(/^steps +\[1\] 5 25 100$/m);
    expect(out).toMatch(/^waits for +1h more, and its gates; then 5 %$/m);
    expect(out).toMatch(/^next +strangler rollout promote orders/m);
    expect(out).not.toMatch(/\u001b/);
  });

  it('is paused, resumed, promoted and aborted, with reasons that the history keeps', async () => {
    for (const [action, phase, step] of [
      ['pause', 'paused', 1],
      ['resume', 'holding', 1],
      ['promote', 'holding', 2],
      ['abort', 'aborted', 2],
    ] as const) {
      const { code, out } = await f.run('rollout', action, 'orders', '--reason', `to ${action}`);
      expect([code, out]).toEqual([0, expect.stringContaining(`to ${action}`)]);
      expect(await status('orders')).toMatchObject([{ phase, step }]);
    }
    expect(await lives()).toMatchObject({ 'order-read': 5, 'order-list': 5 });
    const { out } = await f.run('history', 'order-list', '--json');
    const told = JSON.parse(out).map(({ what, from, to, source, who }: Record<string, unknown>) => {
      return [what, from, to, source, who];
    });
    expect(told).toEqual([
      ['rollout', 5, 5, 'shift', 'ada@ops'],
      ['percent', 1, 5, 'shift', 'ada@ops'],
      ['rollout', 1, 1, 'shift', 'ada@ops'],
      ['rollout', 1, 1, 'shift', 'ada@ops'],
      ['percent', 0, 1, 'rollout', 'ada@ops'],
      ['percent', null, 0, 'file', 'ada@ops'],
    ]);
    const late = await f.run('rollout', 'pause', 'orders');
    expect([late.code, late.err]).toEqual([1, expect.stringContaining('has ended (aborted)')]);
  });

  it('is not steered by the name of one of its routes', async () => {
    const { code, err } = await f.run('rollout', 'abort', 'order-read');
    expect([code, err]).toEqual([1, expect.stringContaining('strangler rollout abort orders')]);
    await f.run('rollout', 'start', 'stock-read');
    const wider = await f.run('rollout', 'pause', 'stock');
    expect([wider.code, wider.err]).toEqual([1, expect.stringContaining('strangler rollout pause stock-read')]);
  });

  it('refuses a shift, unless that pauses it', async () => {
    const { code, err } = await f.run('shift', 'order-read', '3');
    expect([code, err]).toEqual([1, expect.stringContaining('--pause-rollout')]);
    const paused = await f.run('shift', 'order-read', '3', '--pause-rollout');
    expect([paused.code, paused.out]).toEqual([0, expect.stringContaining('strangler rollout resume orders')]);
    expect(await lives()).toMatchObject({ 'order-read': 3, 'order-list': 1 });
    expect(await status()).toMatchObject([{ phase: 'paused' }]);
  });

  it('is ended by a rollback, which says so', async () => {
    const { code, out } = await f.run('rollback', 'orders', '--reason', 'fire');
    expect([code, out]).toEqual([0, expect.stringContaining('rollout orders ends on step 1 of 4 (1 %)')]);
    expect(await status()).toMatchObject([{ phase: 'aborted' }]);
    expect(await lives()).toMatchObject({ 'order-read': 0, 'order-list': 0 });
  });

  it('can be stopped with a broken file', async () => {
    await f.write(`${text}oops`);
    expect((await f.run('rollout', 'abort', 'orders')).code).toBe(0);
    await f.write(text);
    expect(await status()).toMatchObject([{ phase: 'aborted' }]);
  });
});

it('is followed by a running proxy, which tells of it too', async () => {
  const legacy = await target('legacy');
  await f.write(text.replace('127.0.0.1:1 ', `127.0.0.1:${legacy.port} `));
  const proxy = await f.start();
  const { err } = await f.run('rollout', 'start', 'orders');
  expect(err).toBe('');
  expect(await proxy.event('route.shifted')).toMatchObject({ entry: { source: 'rollout', to: 1 } });
  await expect
    .poll(async () => (await fetch(new URL('/api/rollouts', proxy.admin))).json())
    .toMatchObject([{ name: 'orders', phase: 'holding' }]);
  await f.run('rollout', 'pause', 'orders', '--reason', 'lunch');
  expect(await proxy.event('route.shifted')).toMatchObject({ entry: { what: expect.any(String) } });
  await expect
    .poll(async () => (await fetch(new URL('/api/rollouts', proxy.admin))).json())
    .toMatchObject([{ phase: 'paused', reason: 'lunch' }]);
  expect(await proxy.end()).toBe(0);
  const restarted = await f.start();
  const report = (await (await fetch(new URL('/api/status', restarted.admin))).json()) as { rollouts: unknown };
  expect(report.rollouts).toMatchObject([{ phase: 'paused', reason: 'lunch' }]);
  legacy.close();
});

it('goes through the admin API where the state is in the memory of the proxy', async () => {
  await f.write(text.replace('sqlite:state.db', 'memory'));
  const down = await f.run('rollout', 'start', 'orders');
  expect([down.code, down.err]).toEqual([1, expect.stringContaining('no proxy answers')]);
  await f.start();
  expect((await f.run('rollout', 'start', 'orders')).out).toMatch(/^order-read +0 % +→ +1 %/m);
  expect((await f.run('shift', 'order-read', '3')).code).toBe(1);
  expect((await f.run('shift', 'order-read', '3', '--pause-rollout')).code).toBe(0);
  expect((await f.run('rollout', 'resume', 'orders')).code).toBe(0);
  expect((await f.run('rollout', 'promote', 'orders')).code).toBe(0);
  expect(await status('orders')).toMatchObject([{ phase: 'holding', step: 3, percent: 25 }]);
  expect((await f.run('rollout', 'abort', 'orders')).code).toBe(0);
  expect(await lives()).toMatchObject({ 'order-read': 25, 'order-list': 25 });
});
