import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { sqliteDriver } from '../../src/sqlite/driver.ts';
import { answered, intent } from '../contract/outbox.ts';
import { program } from '../state/place.ts';
import { fill, mountSmallDisk, unmount } from '../support/small-disk.ts';
import { join, newFolder, openAt } from './place.ts';

async function newPath(): Promise<string> {
  const folder = await newFolder();
  onTestFinished(folder.remove);
  return join(folder.path, 'state.outbox.db');
}

it('says that another process holds the lock, and goes on when it is over', async () => {
  const path = await newPath();
  const outbox = await openAt(path);
  const one = intent();
  await outbox.intend([one]);
  const holder = spawn(process.execPath, [program('lock.mjs'), path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  await expect(outbox.record(answered(one))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/the outbox .* another process has kept it locked/),
  });
  await expect(outbox.prove()).rejects.toThrow(/locked/);
  holder.stdin.end();
  await once(holder, 'exit');
  await outbox.prove();
  expect(await outbox.record(answered(one))).toEqual([null]);
  await outbox.close();
});

it('waits for nobody who was there before the clock was set back', async () => {
  const path = await newPath();
  const outbox = await openAt(path);
  const [one, other] = [intent(), intent()];
  await outbox.intend([one, other]);
  await outbox.record(answered(one));
  expect(await outbox.take('a')).toHaveLength(1);
  expect(await outbox.take('b')).toBe(null);
  const database = new (sqliteDriver())(path);
  const anHour = 3_600_000;
  database.prepare('UPDATE dispatcher SET until = until + ?').run(anHour);
  database.prepare("INSERT INTO run VALUES ('killed', 1, 'here', 0, ?)").run(Date.now() + anHour);
  database.prepare("UPDATE intent SET run = 'killed'").run();
  database.close();
  expect(await outbox.take('b')).toHaveLength(1);
  expect((await outbox.uncertain(10)).map(({ id }) => id)).toEqual([other.id]);
  await outbox.close();
});

it('says that the disk is full, and goes on when there is room', async (context) => {
  const folder = await newFolder();
  onTestFinished(folder.remove);
  const disk = join(folder.path, 'disk');
  if (!mountSmallDisk(disk)) {
    console.warn('SKIPPED: a full disk can only be had where this user may mount a tmpfs');
    return context.skip('no tmpfs');
  }
  try {
    const outbox = await openAt(join(disk, 'state.outbox.db'));
    const one = intent();
    await outbox.intend([one]);
    const filler = join(disk, 'filler');
    fill(filler);
    const large = answered(one, JSON.stringify({ id: 1, text: 'x'.repeat(200_000) }));
    await expect(outbox.record(large)).rejects.toThrow(/disk is full: make room/);
    rmSync(filler);
    await outbox.prove();
    expect(await outbox.record(large)).toEqual([null]);
    expect(await outbox.standing()).toMatchObject({ pending: 1, uncertain: 0 });
    await outbox.close();
  } finally {
    unmount(disk);
  }
});

it.each([
  ['a newer strangler wrote', (path: string) => inDatabase(path, 'PRAGMA user_version = 99'), 'newer'],
  ['another application has', (path: string) => inDatabase(path, 'PRAGMA application_id = 7'), 'foreign'],
  ['is no database', (path: string) => writeFileSync(path, 'hello '.repeat(1_000)), 'foreign'],
])('leaves a file alone that %s', async (_, spoil, code) => {
  const path = await newPath();
  const before = await openAt(path);
  await before.intend([intent()]);
  await before.close();
  spoil(path);
  const outbox = await openAt(path);
  await expect(outbox.intend([intent()])).rejects.toMatchObject({ name: 'StateError', code });
  await outbox.close();
});

it('has a place for what is decided by hand that only grows', async () => {
  const path = await newPath();
  const outbox = await openAt(path);
  const one = intent();
  await outbox.leaveOpen([one], 'who knows');
  await outbox.settle({ ids: [one.id], who: 'ada', happened: null });
  await outbox.close();
  for (const sql of ["UPDATE settled SET who = 'eve'", 'DELETE FROM settled']) {
    expect(() => inDatabase(path, sql)).toThrow(/append-only/);
  }
});

function inDatabase(path: string, sql: string): void {
  const database = new (sqliteDriver())(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}
