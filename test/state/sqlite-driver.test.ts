import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { driverName } from '../../src/sqlite/driver.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { compiledWorker, newFolder } from './place.ts';

it('is the one that bears this Node', () => {
  const { version } = createRequire(import.meta.url)(`${driverName}/package.json`);
  expect(Number.parseInt(version, 10) >= 13).toBe(Number.parseInt(process.versions.node, 10) >= 22);
});

it('is asked for by name, with a way out, where it was not installed', async () => {
  const folder = await newFolder();
  for (const part of ['state', 'sqlite', 'domain']) {
    await cp(new URL(`../${part}`, compiledWorker), join(folder.path, part), { recursive: true });
  }
  const worker = new URL(`file://${folder.path}/state/sqlite-worker.js`);
  const opening = openSqliteState({ path: join(folder.path, 'state.db'), clock: Date, worker });
  await expect(opening).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(new RegExp(`Cannot find module '${driverName}'.*optional dependencies.*memory`)),
  });
  await folder.remove();
});
