import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { sqliteDriver } from '../../src/state/sqlite-driver.ts';
import { declare, order } from '../contract/state.ts';
import { compiledWorker, newFolder, program } from './place.ts';

const rounds = 15;

it(`keeps every acknowledged shift through ${rounds} times kill -9`, async () => {
  const folder = await newFolder();
  const path = join(folder.path, 'state.db');
  const open = () => openSqliteState({ path, clock: Date, worker: compiledWorker });
  const first = await open();
  await first.change(declare([order(0)]));
  await first.close();

  const acknowledged: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    acknowledged.push(...(await shiftsUntilKilled(path, 3 + round * 2)));
  }

  const database = new (sqliteDriver())(path);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
  const state = await open();
  const history = await state.history({ limit: Number.POSITIVE_INFINITY });
  const [row] = await state.read();
  await state.close();
  await folder.remove();

  const kept = new Set(history.map((entry) => entry.reason));
  expect(acknowledged.filter((reason) => !kept.has(reason))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThanOrEqual(rounds * 3);
  expect(row?.live).toBe(history[0]?.to);
  // Two processes a round have to start and open the database: on a busy machine that takes its time.
}, 120_000);

/** What a child acknowledged until it was killed, in the middle of its work. */
async function shiftsUntilKilled(path: string, shifts: number): Promise<readonly string[]> {
  const child: ChildProcess = spawn(process.execPath, [program('shift-forever.mjs'), path], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > shifts) child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(child.signalCode, errors).toBe('SIGKILL');
  return output.split('\n').slice(0, -1);
}
