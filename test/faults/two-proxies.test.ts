import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { StartedProxy } from '../support/process.ts';
import { ask } from './load.ts';
import { eventually, route, type Stage, stage } from './stage.ts';

/** Two folders, each with a routes.yaml, on one state. */
async function twoStages(): Promise<readonly [Stage, Stage]> {
  const one = await stage();
  const other = await stage(`sqlite:${join(one.folder, 'state.db')}`);
  return [one, other];
}

async function status(proxy: StartedProxy) {
  return JSON.parse((await ask(new URL('/api/status', proxy.admin))).body);
}

async function percentsOf(proxy: StartedProxy): Promise<Record<string, number>> {
  const { routes } = await status(proxy);
  return Object.fromEntries(routes.map((each: { id: string; live: number }) => [each.id, each.live]));
}

async function conflictsOf(proxy: StartedProxy): Promise<number> {
  return (await status(proxy)).state.conflicts.length;
}

async function touch({ file }: Stage, secondsFromNow = 0): Promise<void> {
  const at = Date.now() / 1000 + secondsFromNow;
  await utimes(file, at, at);
}

it('lets the newer of two files win, says so on both sides, and takes a touch as the last word', async () => {
  const [old, young] = await twoStages();
  await old.write(old.yaml([route('read', '/read', 10)]));
  await touch(old, -60);
  await young.write(young.yaml([route('read', '/read', 50)]));
  await touch(young, -30);

  const first = await old.start();
  const second = await young.start();
  await eventually(() => percentsOf(first)).toEqual({ read: 50 });
  expect(await percentsOf(second)).toEqual({ read: 50 });
  await first.logged(({ event }) => event === 'state.conflict');
  expect(await conflictsOf(first)).toBe(1);
  expect(await conflictsOf(second)).toBe(0);

  await touch(old);
  await eventually(() => percentsOf(first)).toEqual({ read: 10 });
  await eventually(() => percentsOf(second)).toEqual({ read: 10 });
  await second.logged(({ event }) => event === 'state.conflict');
  expect(await conflictsOf(first)).toBe(0);

  expect(await second.stop()).toBe(0);
  const restarted = await young.start();
  expect(restarted.log).toContainEqual(expect.objectContaining({ event: 'state.conflict' }));
  expect(await percentsOf(restarted)).toEqual({ read: 10 });

  await young.write(young.yaml([route('read', '/read', 10)]));
  await eventually(() => conflictsOf(restarted)).toBe(0);
});

it('serves on with a route that another file does not have', async () => {
  const [both, single] = await twoStages();
  await both.write(both.yaml([route('read', '/read', 10), route('write', '/write', 20)]));
  await touch(both, -60);
  const first = await both.start();
  expect((await both.run('shift', 'write', '33')).code).toBe(0);
  await single.write(single.yaml([route('read', '/read', 10)]));
  const second = await single.start();
  await first.logged(({ msg }) => /put back/.test(String(msg)));
  expect(await percentsOf(first)).toEqual({ read: 10, write: 33 });
  expect((await both.run('shift', 'write', '34')).code).toBe(0);
  await eventually(() => percentsOf(first)).toEqual({ read: 10, write: 34 });
  expect(await percentsOf(second)).toEqual({ read: 10 });
});

it('keeps two proxies of one file agreed through shifts, kills and restarts', async () => {
  const [one, other] = await twoStages();
  for (const each of [one, other]) await each.write(each.yaml([route('read', '/read', 10)]));
  const first = await one.start();
  let second = await other.start();
  for (let round = 1; round <= 3; round++) {
    const { code } = await one.run('shift', 'read', String(20 + round));
    expect(code).toBe(0);
    await second.stop('SIGKILL');
    second = await other.start();
    expect(await percentsOf(second)).toEqual({ read: 20 + round });
    await eventually(() => percentsOf(first)).toEqual({ read: 20 + round });
  }
  expect(await conflictsOf(first)).toBe(0);
  expect(await conflictsOf(second)).toBe(0);
});
