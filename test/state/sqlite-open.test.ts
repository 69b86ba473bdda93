import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteDriver } from '../../src/sqlite/driver.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { applicationId, migrations } from '../../src/state/sqlite-schema.ts';
import { cart, declare, order } from '../contract/state.ts';
import { aRow } from '../domain/a-row.ts';
import { changeInAnotherProcess, compiledWorker, newFolder, program } from './place.ts';

describe('opening a state file', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>;
  let path: string;
  beforeEach(async () => {
    folder = await newFolder();
    path = join(folder.path, 'state.db');
  });
  afterEach(() => folder.remove());

  const openState = (at = path) => openSqliteState({ path: at, clock: Date, worker: compiledWorker });
  const makeState = async (routes = [order(25)]): Promise<void> => {
    const state = await openState();
    await state.change(declare(routes));
    await state.close();
  };
  const edit = (sql: string): void => {
    const database = new (sqliteDriver())(path);
    database.exec(sql);
    database.close();
  };
  /** The error's words are for operators: they name the file and what to do. */
  const refusal = async (code: string, wayOut: RegExp, at = path): Promise<void> => {
    const error = await openState(at).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'StateError', code, message: expect.stringContaining(at) });
    expect((error as Error).message).toMatch(wayOut);
  };

  it("leaves another application's database as it is", async () => {
    edit('CREATE TABLE users (name TEXT); INSERT INTO users VALUES (1)');
    const before = await readFile(path);
    await refusal('foreign', /another application.*name another file/);
    expect(await readFile(path)).toEqual(before);
  });

  it('leaves a file that is no database as it is', async () => {
    await writeFile(path, 'version: 1\n'.repeat(500));
    await refusal('foreign', /not a SQLite database.*name another file/);
    expect(await readFile(path, 'utf8')).toBe('version: 1\n'.repeat(500));
  });

  it('does not guess at what a newer version has written', async () => {
    await makeState();
    edit('PRAGMA user_version = 99');
    await refusal('newer', /schema 99.*upgrade/);
  });

  it('tells of damage inside the file', async () => {
    await makeState(Array.from({ length: 300 }, (_, index) => order(1, { route: `route-${index}` })));
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    for (let page = 4096; page < size; page += 4096) await file.write(Buffer.alloc(2_000, 0xa5), 0, 2_000, page);
    await file.close();
    await refusal('corrupt', /damaged.*backup/);
  });

  it('tells of a table that is missing', async () => {
    await makeState();
    edit('DROP TABLE live');
    await refusal('corrupt', /damaged.*backup/);
  });

  it('tells of a folder that cannot be made', async () => {
    await writeFile(join(folder.path, 'file'), '');
    await refusal('unavailable', /folder cannot be made/, join(folder.path, 'file', 'state.db'));
  });

  it('tells of a path that is a folder', async () => {
    await refusal('unavailable', /cannot be opened/, folder.path);
  });

  it('brings a file of the version before up to date, and keeps what is in it', async () => {
    const [first] = migrations;
    edit(`${first};
      INSERT INTO live VALUES ('order', 'orders', 2500, 5, 6000, 0, 0);
      INSERT INTO history (at, route, percent_from, percent_to, source, who) VALUES (0, 'order', 2500, 6000, 'shift', 'bob');
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = 1`);
    const state = await openState();
    expect(await state.read()).toEqual([aRow({ declared: 25, declaredAt: 5, live: 60 })]);
    expect(await state.history({ limit: 10 })).toMatchObject([{ what: 'percent', from: 25, to: 60 }]);
    const file = { declaredAt: 6, previous: null };
    const { live } = await state.change(declare([order(25, { shadow: 10 })], file));
    expect(live).toEqual([aRow({ declared: 25, declaredAt: 6, live: 60, shadowDeclared: 10, shadowLive: 10 })]);
    await state.close();
  });

  it('makes one state when several processes start on nothing at once', async () => {
    const change = declare([order(25), cart(10)]);
    await Promise.all(Array.from({ length: 4 }, () => changeInAnotherProcess(path, change)));
    const state = await openState();
    expect(await state.history({ limit: 10 })).toHaveLength(2);
    await state.close();
  });

  it('keeps the history from being rewritten, by hand too', async () => {
    await makeState();
    const rewrites = [
      'UPDATE history SET who = 1',
      'DELETE FROM history',
      "REPLACE INTO history VALUES (1, 0, 'order', 1, 2, 'file', 'mallory', NULL, 'percent')",
    ];
    for (const sql of rewrites) expect(() => edit(sql), sql).toThrow('append-only');
  });

  it('writes ahead into a log, so that a reader never waits for a writer', async () => {
    await makeState();
    const database = new (sqliteDriver())(path, { readonly: true });
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    database.close();
  });

  it('reads a file that it may not write, and says why a change fails', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root, to become a user who may not write');
    const nobody = 65_534;
    const shared = join(folder.path, 'shared');
    await chmod(folder.path, 0o755);
    await mkdir(shared);
    path = join(shared, 'state.db');
    await makeState();
    await chmod(path, 0o444);
    await chown(shared, nobody, nobody);
    const run = promisify(execFile)(process.execPath, [program('read-then-change.mjs'), path], {
      uid: nobody,
      gid: nobody,
    });
    const said = JSON.parse((await run).stdout);
    expect(said.read).toMatchObject([{ route: 'order', live: 25 }]);
    expect(said.error).toMatchObject({ name: 'StateError', code: 'unavailable' });
    expect(said.error.message).toMatch(/may only be read.*let this user write/);
    expect(said.trouble).toEqual([said.error.message]);
  });
});
