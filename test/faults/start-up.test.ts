import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { ask } from './load.ts';
import { eventually, route, stage } from './stage.ts';

const command = fileURLToPath(new URL('../../bin/strangler.js', import.meta.url));

it.each([
  ['SIGTERM', []],
  ['SIGINT', []],
  ['SIGTERM', ['--workers', '2']],
] as const)(
  'ends when %s comes while it starts %j, whenever that is',
  async (signal, args) => {
    const at = await stage();
    await at.write(at.yaml([route('read', '/read', 0)]));
    for (const moment of [60, 180, 300, 420]) {
      const child = spawn(process.execPath, [command, 'start', ...args], {
        cwd: at.folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (text) => {
          said += text;
        });
      await sleep(moment);
      child.kill(signal);
      // Before it can listen for signals the system ends it; from then on it ends by itself, in order.
      const [code, killedBy] = await once(child, 'close');
      expect(killedBy === signal || code === 0, `${moment} ms: ${code} ${killedBy} ${said}`).toBe(true);
    }
  },
  60_000,
);

it('waits for a state that another process holds, serves on while it does, and says so when it takes too long', async () => {
  const at = await stage();
  await at.write(at.yaml([route('read', '/read', 40)]));
  const first = await at.start();
  expect(await first.stop()).toBe(0);

  const holder = new Sqlite(join(at.folder, 'state.db'));
  holder.exec('BEGIN IMMEDIATE');
  const starting = at.start();
  await sleep(1_500);
  holder.exec('COMMIT');
  const proxy = await starting;

  holder.exec('BEGIN IMMEDIATE');
  const shifting = at.run('shift', 'read', '41');
  const rollingBack = at.run('rollback', 'read');
  for (let turn = 0; turn < 20; turn++) expect((await ask(new URL('/other', proxy.url))).body).toBe('legacy');
  expect(await shifting).toMatchObject({ code: 1, err: expect.stringMatching(/locked/) });
  const { code, err } = await rollingBack;
  expect(code).toBe(0);
  expect(err).toMatch(/could not take this yet/);
  const status = async () => JSON.parse((await ask(new URL('/api/status', proxy.admin))).body);
  expect(await status()).toMatchObject({ state: { available: false }, routes: [{ live: 0, latched: true }] });

  holder.exec('COMMIT');
  holder.close();
  await proxy.logged(({ event }) => event === 'state.recovered');
  await eventually(async () => JSON.parse((await at.run('status', '--json')).out).routes[0].live).toBe(0);
  expect(await status()).toMatchObject({ state: { available: true }, routes: [{ live: 0, latched: true }] });
});
