import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { State } from '../../src/ports.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { declare, nextRows, order, shift } from '../contract/state.ts';
import { fill, mountSmallDisk, unmount } from '../support/small-disk.ts';
import { changeInAnotherProcess, compiledWorker, newFolder, program } from './place.ts';

describe('trouble with an open state file', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>;
  let path: string;
  let state: State;
  let trouble: (string | null)[];

  const openAt = async (at: string, worker = compiledWorker): Promise<void> => {
    path = at;
    state = await openSqliteState({ path, clock: Date, worker, busyTimeout: 100 });
    await state.change(declare([order(25)]));
    trouble = [];
    state.watch(
      () => {},
      (error) => trouble.push(error?.message ?? null),
    );
  };
  const refused = (words: RegExp) =>
    expect(state.change(shift(['order'], 1))).rejects.toMatchObject({
      name: 'StateError',
      code: 'unavailable',
      message: expect.stringMatching(words),
    });
  const told = (...words: (RegExp | null)[]) =>
    expect
      .poll(() => trouble, { timeout: 10_000 })
      .toEqual(words.map((word) => (word === null ? null : expect.stringMatching(word))));

  beforeEach(async () => {
    folder = await newFolder();
  });
  afterEach(async () => {
    await state.close();
    await folder.remove();
  });

  it('is told when the file is moved away, and over when it is back', async () => {
    await openAt(join(folder.path, 'state.db'));
    await rename(path, `${path}.away`);
    await told(/file is gone/);
    await refused(/file is gone/);
    await rename(`${path}.away`, path);
    await told(/file is gone/, null);
    await state.change(shift(['order'], 31));
    expect(await state.read()).toMatchObject([{ live: 31 }]);
  });

  it.each(['the file was away and', 'nothing but'])(
    'writes where others read although %s its log was removed',
    async (what) => {
      await openAt(join(folder.path, 'state.db'));
      await state.close();
      await openAt(path);
      if (what === 'nothing but') {
        await removeLog(path);
      } else {
        await rename(path, `${path}.away`);
        await removeLog(path);
        await refused(/file is gone/);
        await rename(`${path}.away`, path);
      }
      await state.change(shift(['order'], 31));
      const others = await openSqliteState({ path, clock: Date, worker: compiledWorker, busyTimeout: 100 });
      expect(await others.read()).toMatchObject([{ live: 31 }]);
      await others.close();
    },
  );

  it('never acknowledges a shift into a deleted file, and takes up a backup', async () => {
    await openAt(join(folder.path, 'state.db'));
    await state.close();
    await copyFile(path, `${path}.backup`);
    await openAt(path);
    await state.change(shift(['order'], 60));
    await removeDatabase(path);
    await refused(/file is gone/);
    await expect(state.read()).rejects.toMatchObject({ code: 'unavailable' });
    const rows = await nextRows(state, () => rename(`${path}.backup`, path));
    expect(rows).toMatchObject([{ live: 25 }]);
    await told(/file is gone/, null);
    await state.change(shift(['order'], 61));
    await state.close();
    await openAt(path);
    expect(await state.read()).toMatchObject([{ live: 61 }]);
  });

  it('leaves the log of a file that took the place of its own alone', async () => {
    await openAt(join(folder.path, 'state.db'));
    const replacement = join(folder.path, 'other', 'state.db');
    const old = state;
    await openAt(replacement);
    await removeDatabase(join(folder.path, 'state.db'));
    await state.close();
    state = old;
    path = join(folder.path, 'state.db');
    await rename(replacement, path);
    await changeInAnotherProcess(path, shift(['order'], 44));
    await expect.poll(async () => (await state.read())[0]?.live).toBe(44);
    await state.change(shift(['order'], 45));
    await state.close();
    await openAt(path);
    expect(await state.read()).toMatchObject([{ live: 45 }]);
  });

  it('says that another process holds the lock, and that it is over', async () => {
    await openAt(join(folder.path, 'state.db'));
    const holder = spawn(process.execPath, [program('lock.mjs'), path], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    await refused(/another process has kept it locked/);
    expect(await state.read()).toMatchObject([{ live: 25 }]);
    expect(trouble).toEqual([expect.stringMatching(/locked/)]);
    holder.stdin.end();
    await once(holder, 'exit');
    await told(/locked/, null);
    await state.change(shift(['order'], 33));
    expect(await state.read()).toMatchObject([{ live: 33 }]);
  });

  it('reads on when the disk is full, and writes when there is room again', async (context) => {
    const disk = join(folder.path, 'disk');
    if (!mountSmallDisk(disk)) {
      console.warn('SKIPPED: a full disk can only be had where this user may mount a tmpfs');
      return context.skip('no tmpfs');
    }
    try {
      await openAt(join(disk, 'state.db'));
      const filler = join(disk, 'filler');
      fill(filler);
      const long = 'x'.repeat(200_000);
      await expect(state.change(shift(['order'], 2, long))).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/disk is full: make room/),
      });
      expect(await state.read()).toMatchObject([{ live: 25 }]);
      expect(trouble[0]).toMatch(/disk is full/);
      rmSync(filler);
      await expect.poll(() => trouble.at(-1), { timeout: 10_000 }).toBe(null);
      await state.change(shift(['order'], 3, long));
      expect(await state.history({ limit: 1 })).toMatchObject([{ to: 3, reason: long }]);
      await state.close();
    } finally {
      unmount(disk);
    }
  });

  it('replaces a worker that dies, and tells what was missed meanwhile', async () => {
    await openAt(join(folder.path, 'state.db'), new URL('./programs/crashing-worker.mjs', import.meta.url));
    const dying = state.history({ route: 'crash', limit: 1 });
    const after = state.read();
    await expect(dying).rejects.toMatchObject({ name: 'StateError', message: expect.stringMatching(/told to crash/) });
    await expect(after).rejects.toMatchObject({ code: 'unavailable' });
    await refused(/ended unexpectedly/);
    const rows = await nextRows(state, () => changeInAnotherProcess(path, shift(['order'], 34)));
    expect(rows).toMatchObject([{ live: 34 }]);
    await told(/told to crash/, null);
    await state.change(shift(['order'], 35));
    expect(await state.read()).toMatchObject([{ live: 35 }]);
  });

  it('tells a watcher that comes late', async () => {
    await openAt(join(folder.path, 'state.db'));
    await rename(path, `${path}.away`);
    await told(/file is gone/);
    const late = new Promise<Error | null>((resolve) => state.watch(() => {}, resolve));
    expect((await late)?.message).toMatch(/file is gone/);
  });
});

async function removeDatabase(path: string): Promise<void> {
  await rm(path, { force: true });
  await removeLog(path);
}

async function removeLog(path: string): Promise<void> {
  for (const suffix of ['-wal', '-shm']) await rm(`${path}${suffix}`, { force: true });
}
