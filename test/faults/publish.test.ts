import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import { sqliteDriver } from '../../src/sqlite/driver.ts';
import { eventually, type Stage, stage } from './stage.ts';

/** `STRANGLER_FAULT_ROUNDS=50` is what a release is tried with. */
const rounds = Number(process.env.STRANGLER_FAULT_ROUNDS ?? 3);

const published = (more = '') =>
  `{ id: order, match: 'POST /orders/:n', service: orders, percent: 0, publish: { type: order.created, key: $.n${more} } }`;

/** Legacy, which does what it is asked and keeps its own list. */
function record({ legacy }: Stage): Set<string> {
  const did = new Set<string>();
  legacy.answer = (request, response) => {
    request.resume().on('end', () => {
      const n = request.url!.split('/')[2]!;
      did.add(n);
      response.end(JSON.stringify({ n }));
    });
  };
  return did;
}

/** Orders one after the other in each of several lanes, until it is stopped. Resolves with those that were acknowledged. */
function order(url: string, begin: number): { stop(): Promise<readonly string[]> } {
  const acknowledged: string[] = [];
  let stopped = false;
  let next = begin;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const n = String(next++);
      const answer = await fetch(`${url}/orders/${n}`, { method: 'POST', body: '{}' }).catch(() => null);
      const text = await answer?.text().catch(() => null);
      if (text === JSON.stringify({ n })) acknowledged.push(n);
      if (answer === null) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const lanes = Promise.all([lane(), lane(), lane(), lane()]);
  return {
    async stop() {
      stopped = true;
      await lanes;
      return acknowledged;
    },
  };
}

/** What is on the bus, in its order. */
function delivered(folder: string): readonly CloudEvent[] {
  const database = new (sqliteDriver())(join(folder, 'events.db'), { readonly: true });
  try {
    return (database.prepare('SELECT body FROM event ORDER BY seq').pluck().all() as string[]).map((body) =>
      JSON.parse(body),
    );
  } finally {
    database.close();
  }
}

async function standing(admin: string): Promise<{ pending: number; uncertain: number }> {
  return ((await (await fetch(new URL('/api/status', admin))).json()) as { outbox: never }).outbox;
}

it.each([[[]], [['--workers', '2']]])(
  `forgets nothing that legacy did through ${rounds} times kill -9 of start %j`,
  async (args) => {
    const at = await stage();
    const did = record(at);
    await at.write(at.yaml([published()], 'events: { bus: "sqlite:events.db", sync: system }'));
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const proxy = await at.start(...args);
      const orders = order(proxy.url, round * 1_000_000);
      const before = did.size;
      await eventually(() => did.size).toBeGreaterThan(before + 20 + ((round * 37) % 60));
      await proxy.stop('SIGKILL');
      acknowledged.push(...(await orders.stop()));
    }
    const proxy = await at.start(...args);
    // Those of runs that are gone are uncertain once these have given no sign of life for a while.
    await eventually(async () => (await standing(proxy.admin)).pending).toBe(0);
    const events = () => new Set(delivered(at.folder).map(({ subject }) => subject));
    const uncertain = async () => {
      const { out } = await at.run('events', 'uncertain', '--json');
      return new Set((JSON.parse(out) as { path: string }[]).map(({ path }) => path.split('/')[2]!));
    };
    await eventually(async () => {
      const [told, open] = [events(), await uncertain()];
      return [...did].filter((n) => !told.has(n) && !open.has(n));
    }).toEqual([]);
    const told = events();
    expect(acknowledged.filter((n) => !told.has(n))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(rounds * 20);
    expect([...told].filter((n) => !did.has(n))).toEqual([]);
    // Workers that are not asked to end would still be writing when the folder goes.
    expect(await proxy.stop()).toBe(0);
  },
  60_000 + rounds * 40_000,
);

it('keeps the order of events while the bus is away, and lists and settles what is uncertain', async () => {
  const at = await stage();
  record(at);
  // A bus whose folder is a file can't be opened.
  await writeFile(join(at.folder, 'bus'), '');
  await at.write(at.yaml([published(', limit: 1KiB')], 'events: { bus: "sqlite:bus/events.db" }'));
  const proxy = await at.start();
  for (let n = 0; n < 10; n++) await fetch(`${proxy.url}/orders/${n}`, { method: 'POST' });
  at.legacy.answer = (_request, response) => response.end('x'.repeat(2_000));
  expect((await (await fetch(`${proxy.url}/orders/large?secret=1`, { method: 'POST' })).text()).length).toBe(2_000);

  await proxy.logged(({ event }) => event === 'events.stuck');
  await eventually(() => standing(proxy.admin)).toMatchObject({ pending: 10, uncertain: 1 });
  expect((await at.run('status')).out).toMatch(/events +10 wait for the bus, since .*, 1 uncertain/);
  const [open] = JSON.parse((await at.run('events', 'uncertain', '--json')).out);
  expect(open).toMatchObject({ route: 'order', method: 'POST', path: '/orders/large', key: null });
  expect(open.reason).toMatch(/larger than "limit"/);
  const settle = ['events', 'uncertain', '--settle', open.id, '--as-happened', '{"n":"large"}'];
  expect(await at.run(...settle)).toMatchObject({ code: 1, err: expect.stringMatching(/--key/) });
  expect(await at.run(...settle, '--key', 'large')).toMatchObject({ code: 0, out: '1 intent settled as happened\n' });
  expect((await at.run('events', 'uncertain', '--settled')).out).toMatch(/happened .*@.* order\.created/);

  await rm(join(at.folder, 'bus'));
  await mkdir(join(at.folder, 'bus'));
  await proxy.logged(({ event }) => event === 'events.recovered');
  await eventually(() => standing(proxy.admin)).toMatchObject({ pending: 0, uncertain: 0 });
  expect(delivered(join(at.folder, 'bus')).map(({ subject }) => subject)).toEqual([...'0123456789', 'large']);
});

it('hands what workers tell to the one process that has the outbox, where that is memory', async () => {
  const at = await stage('memory');
  const did = record(at);
  await at.write(at.yaml([published(', limit: 1KiB')], 'events: { bus: "sqlite:events.db", sync: system }'));
  const proxy = await at.start('--workers', '2');
  const orders = order(proxy.url, 0);
  await eventually(() => did.size).toBeGreaterThan(50);
  const acknowledged = await orders.stop();
  at.legacy.answer = (_request, response) => response.end('x'.repeat(2_000));
  await (await fetch(`${proxy.url}/orders/large`, { method: 'POST' })).text();

  await eventually(() => standing(proxy.admin)).toMatchObject({ pending: 0, uncertain: 1 });
  const told = delivered(at.folder).map(({ subject }) => subject);
  expect(told.toSorted()).toEqual([...did].toSorted());
  expect(acknowledged.filter((n) => !told.includes(n))).toEqual([]);
  const [open] = JSON.parse((await at.run('events', 'uncertain', '--json')).out);
  expect(open).toMatchObject({ path: '/orders/large' });
  expect(await at.run('events', 'uncertain', '--settle', open.id, '--as-nothing')).toMatchObject({ code: 0 });
  expect(await standing(proxy.admin)).toMatchObject({ uncertain: 0 });
  expect(await proxy.stop()).toBe(0);
});
