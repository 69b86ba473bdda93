import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import { sqliteDriver } from '../../src/sqlite/driver.ts';
import { evidencePath, openEvidence } from '../../src/state/open-evidence.ts';
import { openSqliteEvidence, type SqliteEvidence } from '../../src/state/sqlite-evidence.ts';
import { aBatch, aCluster, anExample, aTally } from '../domain/some-evidence.ts';
import { fill, mountSmallDisk, unmount } from '../support/small-disk.ts';
import { compiledEvidenceWorker, newFolder, program } from './place.ts';

const now = Date.UTC(2026, 0, 5, 12);
const clock = { now: () => now };
const batch = aBatch([aTally({ window: now })]);

describe('trouble with an evidence file', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>;
  let path: string;
  let evidence: SqliteEvidence;

  const openAt = async (at: string, busyTimeout = 100): Promise<void> => {
    path = at;
    evidence = await openSqliteEvidence({
      path,
      limits: defaultEvidence,
      clock,
      worker: compiledEvidenceWorker,
      busyTimeout,
    });
  };
  /** The error's words are for operators: they name the file and what to do. */
  const refused = async (code: string, words: RegExp, work: Promise<unknown> = evidence.record(batch)) =>
    expect(work).rejects.toMatchObject({
      name: 'StateError',
      code,
      message: expect.stringMatching(new RegExp(`${path}.*${words.source}`)),
    });
  const eligible = async () => (await evidence.read({}))[0]?.tallies[0]?.eligible ?? 0;

  beforeEach(async () => {
    folder = await newFolder();
    path = join(folder.path, 'state.evidence.db');
  });
  afterEach(async () => {
    await evidence.close();
    await folder.remove();
  });

  it('begins anew where the file was deleted, after saying so once', async () => {
    await openAt(path);
    await evidence.record(batch);
    await removeDatabase(path);
    await refused('unavailable', /file is gone; evidence begins anew/);
    await evidence.record(batch);
    expect(await eligible()).toBe(10);
  });

  it('takes up a file that was put in its place', async () => {
    await openAt(join(folder.path, 'other.db'));
    await evidence.record(aBatch([aTally({ window: now, eligible: 77 })]));
    await evidence.close();
    await openAt(join(folder.path, 'state.evidence.db'));
    await evidence.record(batch);
    await removeDatabase(path);
    await rename(join(folder.path, 'other.db'), path);
    await evidence.record(batch);
    expect(await eligible()).toBe(87);
  });

  it('opens although the file is damaged, says how to move it away, and goes on once that is done', async () => {
    await openAt(path);
    const examples = Array.from({ length: 20 }, () => anExample(now, 'x'.repeat(5_000)));
    const clusters = Array.from({ length: 20 }, (_, index) => aCluster(`$.k${index}`, { lastSeen: now, examples }));
    await evidence.record(aBatch([aTally({ window: now })], clusters));
    await evidence.close();
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    for (let page = 4_096; page < size; page += 4_096) await file.write(Buffer.alloc(2_000, 0xa5), 0, 2_000, page);
    await file.close();
    await openAt(path);
    await refused('corrupt', /damaged.*move it away together with its -wal and -shm/);
    await refused('corrupt', /damaged/, evidence.read({}));
    for (const name of await readdir(folder.path)) await rename(join(folder.path, name), `${folder.path}/away-${name}`);
    await evidence.record(batch);
    expect(await eligible()).toBe(10);
  });

  it("leaves what is not evidence as it is: another application's file, no database, a newer version's", async () => {
    const database = new (sqliteDriver())(path);
    database.exec('CREATE TABLE users (name TEXT)');
    database.close();
    const before = await readFile(path);
    await openAt(path);
    await refused('foreign', /is not strangler's evidence: .*another application; move it away/);
    expect(await readFile(path)).toEqual(before);
    await writeFile(path, 'version: 1\n'.repeat(500));
    await refused('foreign', /is not a SQLite database; move it away/, evidence.read({}));
    expect(await readFile(path, 'utf8')).toBe('version: 1\n'.repeat(500));
    await rm(path);
    await evidence.record(batch);
    const ours = new (sqliteDriver())(path);
    ours.pragma('user_version = 99');
    ours.close();
    await evidence.close();
    await openAt(path);
    await refused('newer', /schema 99.*upgrade/);
  });

  it('waits a moment for a lock, says who is in the way, and goes on once it is free', async () => {
    await openAt(path);
    await evidence.record(batch);
    const holder = spawn(process.execPath, [program('lock.mjs'), path], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    await refused('unavailable', /another process has kept it locked/);
    expect(await eligible()).toBe(10);
    await refused('unavailable', /locked/, evidence.prune());
    holder.stdin.end();
    await once(holder, 'exit');
    await evidence.record(batch);
    expect(await eligible()).toBe(20);
  });

  it('reads on when the disk is full, and counts on when there is room again', async (context) => {
    const disk = join(folder.path, 'disk');
    if (!mountSmallDisk(disk)) {
      console.warn('SKIPPED: a full disk can only be had where this user may mount a tmpfs');
      return context.skip('no tmpfs');
    }
    try {
      await openAt(join(disk, 'state.evidence.db'));
      await evidence.record(batch);
      const filler = join(disk, 'filler');
      fill(filler);
      const large = aCluster('$.total', { lastSeen: now, examples: [anExample(now, 'x'.repeat(200_000))] });
      await refused(
        'unavailable',
        /disk is full: make room/,
        evidence.record(aBatch([aTally({ window: now })], [large])),
      );
      expect(await eligible()).toBe(10);
      rmSync(filler);
      await evidence.record(aBatch([aTally({ window: now })], [large]));
      expect(await eligible()).toBe(20);
      await evidence.close();
    } finally {
      unmount(disk);
    }
  });

  it('opens on a full disk, and counts once there is room', async (context) => {
    const disk = join(folder.path, 'disk');
    if (!mountSmallDisk(disk)) return context.skip('no tmpfs');
    try {
      const filler = join(disk, 'filler');
      fill(filler);
      await openAt(join(disk, 'state.evidence.db'));
      await refused('unavailable', /disk is full: make room/);
      rmSync(filler);
      await evidence.record(batch);
      expect(await eligible()).toBe(10);
      await evidence.close();
    } finally {
      unmount(disk);
    }
  });

  it('reads a file that it may not write, and says why nothing is counted', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root, to become a user who may not write');
    const nobody = 65_534;
    const shared = join(folder.path, 'shared');
    await chmod(folder.path, 0o755);
    await mkdir(shared);
    await openAt(join(shared, 'state.evidence.db'));
    await evidence.record(batch);
    await evidence.close();
    await chmod(path, 0o444);
    await chown(shared, nobody, nobody);
    const run = promisify(execFile)(process.execPath, [program('read-then-record.mjs'), path], {
      uid: nobody,
      gid: nobody,
    });
    const said = JSON.parse((await run).stdout);
    expect(said.read).toMatchObject([{ route: 'order' }]);
    expect(said.error).toMatchObject({ name: 'StateError', code: 'unavailable' });
    expect(said.error.message).toMatch(/may only be read.*let this user write/);
  });

  it('rejects while its thread is gone, and goes on with the next one', async () => {
    await openAt(path);
    await evidence.close();
    evidence = await openSqliteEvidence({
      path,
      limits: defaultEvidence,
      clock,
      worker: new URL('./programs/crashing-evidence-worker.mjs', import.meta.url),
    });
    evidence.limit({ ...defaultEvidence, examples: 1 });
    await refused('unavailable', /told to crash/, evidence.judge(['crash'], null));
    await refused('unavailable', /told to crash/);
    const examples = [anExample(now), anExample(now)];
    const recorded = () =>
      evidence.record(aBatch([aTally({ window: now })], [aCluster('$.total', { lastSeen: now, examples })])).then(
        () => true,
        () => false,
      );
    await expect.poll(recorded, { timeout: 10_000, interval: 100 }).toBe(true);
    expect((await evidence.read({}))[0]!.clusters[0]!.examples).toHaveLength(1);
  });

  it('makes no file before there is something to keep', async () => {
    await openAt(path);
    evidence.limit({ ...defaultEvidence, size: 1 });
    await evidence.prune();
    expect(existsSync(path)).toBe(false);
  });

  it('gives the disk back what it lets go', async () => {
    await openAt(path);
    const examples = Array.from({ length: 20 }, () => anExample(now, 'x'.repeat(50_000)));
    await evidence.record(aBatch([], [aCluster('$.total', { lastSeen: now, examples })]));
    const pages = () => {
      const database = new (sqliteDriver())(path, { readonly: true });
      const count = database.pragma('page_count', { simple: true }) as number;
      database.close();
      return count;
    };
    expect(pages()).toBeGreaterThan(400);
    evidence.limit({ ...defaultEvidence, size: 0 });
    await expect.poll(pages).toBeLessThan(100);
  });
});

it('stands beside the state', async () => {
  expect(evidencePath('/var/lib/state.db')).toBe('/var/lib/state.evidence.db');
  expect(evidencePath('/var/lib/state')).toBe('/var/lib/state.evidence.db');
  const folder = await newFolder();
  const location = { kind: 'sqlite', path: join(folder.path, 'state.db') } as const;
  const evidence = await openEvidence(location, defaultEvidence, clock, compiledEvidenceWorker);
  await evidence.record(batch);
  expect(existsSync(join(folder.path, 'state.evidence.db'))).toBe(true);
  await evidence.close();
  await folder.remove();
});

it('does not keep a proxy from starting, though even its thread is missing', async () => {
  const worker = new URL('./programs/nowhere.mjs', import.meta.url);
  const evidence = await openSqliteEvidence({ path: 'nowhere.db', limits: defaultEvidence, clock, worker });
  await expect(evidence.record(batch)).rejects.toMatchObject({ name: 'StateError', code: 'unavailable' });
  await evidence.close();
});

/** A log that is left behind would be taken for the log of the next file. */
async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true });
}
