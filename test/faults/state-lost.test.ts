import { copyFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { beforeEach, expect, it } from 'vitest';
import type { StartedProxy } from '../support/process.ts';
import { ask, type Load, startLoad } from './load.ts';
import { eventually, route, type Stage, stage } from './stage.ts';

const notADatabase = 'no database at all, but long enough to be looked at\n'.repeat(40);

let at: Stage;
let proxy: StartedProxy;
let database: string;
let load: Load;

/** Both routes declared at 100: whatever falls back to the declaration is noticed. */
beforeEach(async () => {
  at = await stage();
  database = join(at.folder, 'state.db');
  await at.write(at.yaml([route('shifted', '/shifted', 100), route('latched', '/latched', 100)]));
  proxy = await at.start();
  await give('/api/shift', { routes: ['shifted'], percent: 30 });
  await give('/api/rollback', { routes: ['latched'] });
  await eventually(inForce).toEqual({ shifted: 30, latched: 0 });
  load = startLoad(proxy.url, ['/latched', '/other'], 4, 5);
  await load.further(20);
});

/** Nobody who asked for the latched route was ever given to the service. */
async function nobodyWasHarmed(): Promise<void> {
  const { failures, bodies } = await load.stop();
  expect(failures).toEqual([]);
  expect([...bodies.keys()]).toEqual(['legacy']);
}

async function inForce(): Promise<Record<string, number>> {
  const { body } = await ask(new URL('/api/status', proxy.admin));
  return Object.fromEntries(JSON.parse(body).routes.map((each: { id: string; live: number }) => [each.id, each.live]));
}

/** What the file itself says, whoever would tell. */
function inState(): Record<string, number> {
  const state = new Sqlite(database, { readonly: true });
  try {
    const rows = state.prepare<[], { route: string; live: number }>('SELECT route, live FROM live').all();
    return Object.fromEntries(rows.map(({ route, live }) => [route, live / 100]));
  } catch {
    return {};
  } finally {
    state.close();
  }
}

async function give(path: string, order: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(new URL(path, proxy.admin), { method: 'POST', headers, body: JSON.stringify(order) });
  expect(status).toBe(200);
}

async function removeDatabase(): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(`${database}${suffix}`, { force: true });
}

it('puts back what an emptied database has lost', async () => {
  await removeDatabase();
  await writeFile(database, '');
  const told = await proxy.logged((line) => /put back/.test(String(line.msg)));
  expect(told.msg).toMatch(/put back: the state had lost it/);
  await eventually(inState).toEqual({ shifted: 30, latched: 0 });
  expect(await inForce()).toEqual({ shifted: 30, latched: 0 });
  await give('/api/shift', { routes: ['shifted'], percent: 31 });
  await eventually(inForce).toEqual({ shifted: 31, latched: 0 });
  await nobodyWasHarmed();
});

it('loses nothing when the database is deleted and a shift makes a new one', async () => {
  await removeDatabase();
  await proxy.logged(({ event }) => event === 'state.unavailable');
  const { out } = await at.run('status', '--json');
  expect(JSON.parse(out)).toMatchObject({
    state: { available: false },
    routes: [{ live: 30 }, { live: 0, latched: true }],
  });
  expect((await at.run('shift', 'shifted', '40')).code).toBe(0);
  await proxy.logged(({ event }) => event === 'state.recovered');
  await eventually(inForce).toEqual({ shifted: 40, latched: 0 });
  expect(inState()).toEqual({ shifted: 40, latched: 0 });
  await nobodyWasHarmed();
});

it('rolls everything back although the database is deleted', async () => {
  await removeDatabase();
  await proxy.logged(({ event }) => event === 'state.unavailable');
  const { code, out } = await at.run('rollback', '--all', '--reason', 'fire');
  expect(code).toBe(0);
  expect(out).toMatch(/shifted +30 % +→ +0 %/);
  await eventually(inForce).toEqual({ shifted: 0, latched: 0 });
  expect((await at.run('history', 'shifted', '--json')).out).toContain('fire');
  await nobodyWasHarmed();
});

it('follows a backup that is put in the place of the database', async () => {
  const backup = join(at.folder, 'backup.db');
  expect(await proxy.stop()).toBe(0);
  await copyFile(database, backup);
  proxy = await at.start();
  await give('/api/shift', { routes: ['shifted'], percent: 77 });
  await eventually(inForce).toEqual({ shifted: 77, latched: 0 });
  await removeDatabase();
  await rename(backup, database);
  await eventually(inForce).toEqual({ shifted: 30, latched: 0 });
  expect(inState()).toEqual({ shifted: 30, latched: 0 });
});

it('rolls back although the state can not be written, and writes it when it can', async () => {
  const away = join(at.folder, 'away.db');
  expect(await proxy.stop()).toBe(0);
  proxy = await at.start();
  await rename(database, away);
  await removeDatabase();
  await writeFile(database, notADatabase);
  await proxy.logged(({ event }) => event === 'state.unavailable');
  const { code, out, err } = await at.run('rollback', 'shifted', '--reason', 'fire');
  expect(code).toBe(0);
  expect(out).toMatch(/shifted +30 % +→ +0 %/);
  expect(err).toMatch(/not a SQLite database/);
  expect(err).toMatch(/could not take this yet/);
  expect(await inForce()).toEqual({ shifted: 0, latched: 0 });
  expect(JSON.parse((await at.run('status', '--json')).out).routes).toMatchObject([{ live: 0 }, { live: 0 }]);
  await rename(away, database);
  await proxy.logged(({ event }) => event === 'state.recovered');
  await eventually(inState).toEqual({ shifted: 0, latched: 0 });
  expect((await at.run('history', 'shifted', '--json')).out).toContain('fire');
  await load.stop();
});

it('says that nothing was rolled back where neither state nor proxy can do it', async () => {
  expect((await load.stop()).failures).toEqual([]);
  expect(await proxy.stop()).toBe(0);
  await removeDatabase();
  await writeFile(database, notADatabase);
  const { code, out, err } = await at.run('rollback', '--all');
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toMatch(/not a SQLite database/);
  expect(err).toMatch(/no proxy answers/);
  expect(err).toMatch(/nothing was rolled back/);
});
