/** Shadowing with everything wired: real processes, from a caller's request to a report. */
import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { ask } from '../faults/load.ts';
import { eventually, type Stage, stage } from '../faults/stage.ts';

interface ReportedRoute {
  readonly id: string;
  readonly verdict: string;
  readonly eligible: number;
  readonly compared: number;
  readonly matched: number;
  readonly serviceFailed: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly clusters: readonly { readonly kind: string; readonly pattern: string; readonly count: number }[];
}

const shadowed = '{ id: read, match: "GET /orders/:id", service: orders, percent: 0, shadow: { percent: 100 } }';
const requests = 40;

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function post(url: URL): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: '{}' });
  expect([response.status, await response.text()]).toEqual([200, '{"made":true}']);
}

async function reportOf(at: Stage): Promise<ReportedRoute> {
  const { out, err } = await at.run('report', '--json');
  expect(err).toBe('');
  return JSON.parse(out).routes[0];
}

it.each([
  ['SQLite', 'sqlite:state.db', []],
  ['SQLite, by two workers', 'sqlite:state.db', ['--workers', '2']],
  ['memory', 'memory', []],
  ['memory, by two workers', 'memory', ['--workers', '2']],
])('reports what a service got wrong, from the state in %s', async (_name, state, args) => {
  const at = await stage(state);
  at.legacy.answer = (request, response) => json(response, { path: request.url, total: 1.25, at: 'legacy' });
  at.orders.answer = (request, response) => json(response, { path: request.url, total: 1.2, at: 'legacy' });
  await at.write(at.yaml([shadowed]));
  const proxy = await at.start(...args);
  for (let i = 0; i < requests; i++) {
    const { status, body } = await ask(new URL(`/orders/${i}`, proxy.url));
    expect([status, JSON.parse(body)]).toEqual([200, { path: `/orders/${i}`, total: 1.25, at: 'legacy' }]);
  }
  await eventually(async () => (await reportOf(at)).eligible).toBe(requests);
  const route = await reportOf(at);
  // A machine that is busy with other things sheds copies; those are counted, too.
  const { compared, skipped } = route;
  expect(compared + (skipped.overloaded ?? 0) + (skipped['queue-full'] ?? 0)).toBe(requests);
  expect(compared).toBeGreaterThan(0);
  expect(route).toMatchObject({ id: 'read', verdict: 'not ready', matched: 0, serviceFailed: 0 });
  expect(route.clusters).toMatchObject([{ kind: 'value', pattern: '$.total', count: compared }]);
  expect((await at.run('report')).code).toBe(1);

  const { body } = await ask(new URL('/metrics', proxy.admin));
  expect(body).toContain(`strangler_shadow_total{route="read",outcome="compared"} ${compared}`);

  // What was counted by the second in which it stops is not lost.
  for (let i = 0; i < 5; i++) await ask(new URL(`/orders/${i}`, proxy.url));
  await proxy.stop();
  if (state !== 'memory') expect((await reportOf(at)).eligible).toBe(requests + 5);
});

it.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
])('counts each copy that was under way when it stopped, in %s', async (_name, args) => {
  const at = await stage();
  at.legacy.answer = (request, response) => json(response, { path: request.url });
  let copies = 0;
  at.orders.answer = () => {
    copies += 1;
  };
  await at.write(at.yaml([shadowed]));
  const proxy = await at.start(...args);
  for (let i = 0; i < requests; i++) await ask(new URL(`/orders/${i}`, proxy.url));
  await eventually(() => copies).toBeGreaterThan(0);
  await proxy.stop();
  const { eligible, compared, serviceFailed, skipped } = await reportOf(at);
  expect([eligible, compared, serviceFailed]).toEqual([requests, 0, 0]);
  expect(skipped['shut-down']).toBeGreaterThanOrEqual(copies);
  expect(Object.values(skipped).reduce((sum, count) => sum + count, 0)).toBe(requests);
});

it('stops shadowing by a command, and starts again', async () => {
  const at = await stage();
  at.legacy.answer = at.orders.answer = (request, response) => json(response, { path: request.url });
  await at.write(at.yaml([shadowed]));
  const proxy = await at.start();
  let copies = 0;
  at.orders.server.on('request', () => {
    copies += 1;
  });
  await eventually(async () => {
    await ask(new URL('/orders/1', proxy.url));
    return copies;
  }).toBeGreaterThan(0);
  expect((await at.run('shadow', 'read', 'off', '--reason', 'enough')).code).toBe(0);
  await proxy.logged(({ event, entry }) => event === 'route.shifted' && (entry as { what?: string }).what === 'shadow');
  const before = copies;
  await ask(new URL('/orders/2', proxy.url));
  expect((await at.run('shadow', 'read', '100')).code).toBe(0);
  await eventually(async () => {
    await ask(new URL('/orders/3', proxy.url));
    return copies;
  }).toBeGreaterThan(before);
  const { out } = await at.run('history', '--json');
  expect(
    JSON.parse(out)
      .filter(({ what }: { what: string }) => what === 'shadow')
      .slice(0, 2),
  ).toMatchObject([
    { route: 'read', from: 0, to: 100, source: 'shift' },
    { route: 'read', from: 100, to: 0, source: 'shift', reason: 'enough' },
  ]);
});

it('turns a shadow off for good whose service does not honour that it is one', async () => {
  const at = await stage();
  at.legacy.answer = at.orders.answer = (request, response) => {
    request.resume().on('end', () => json(response, { made: true }));
  };
  const write =
    '{ id: write, match: "POST /orders", service: orders, percent: 0, shadow: { percent: 100, methods: [POST], writes: header } }';
  await at.write(at.yaml([write]));
  const proxy = await at.start();
  let copies = 0;
  at.orders.server.on('request', () => {
    copies += 1;
  });
  const stopped = proxy.logged(({ event }) => event === 'shadow.stopped');
  await eventually(async () => {
    await post(new URL('/orders', proxy.url));
    return copies;
  }).toBeGreaterThan(0);
  await stopped;
  await eventually(async () => JSON.parse((await at.run('status', '--json')).out).routes[0].shadow).toBe(0);
  const before = copies;
  for (let i = 0; i < 5; i++) await post(new URL('/orders', proxy.url));
  await proxy.stop();
  expect(copies).toBe(before);
  const { out } = await at.run('history', '--json');
  expect(JSON.parse(out)[0]).toMatchObject({ what: 'shadow', route: 'write', to: 0, source: 'guard' });
});
