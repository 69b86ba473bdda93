import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sqliteDriver } from '../../src/sqlite/driver.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { settings } from '../contract/rollouts.ts';
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

it(`keeps every acknowledged step of a rollout, and how long it has held, through ${rounds} times kill -9`, async () => {
  const folder = await newFolder();
  const path = join(folder.path, 'state.db');
  const open = () => openSqliteState({ path, clock: Date, worker: compiledWorker });
  const first = await open();
  await first.change(declare([order(0)]));
  await first.close();

  const reasons: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const said = await linesUntilKilled('conduct-forever.mjs', [path, JSON.stringify(settings)], 3 + round * 2);
    const acknowledged = said.map((line) => JSON.parse(line) as { version: number; reason: string | null });
    reasons.push(...acknowledged.flatMap(({ reason }) => reason ?? []));
    const state = await open();
    const [rollout] = await state.rollouts();
    const [row] = await state.read();
    await state.close();
    expect(rollout!.version).toBeGreaterThanOrEqual(acknowledged.at(-1)!.version);
    if (rollout!.standing.phase === 'holding') expect(row!.live).toBe(settings.steps[rollout!.step]!.percent);
  }

  const state = await open();
  const kept = new Set((await state.history({ limit: Number.POSITIVE_INFINITY })).map((entry) => entry.reason));
  await state.close();
  await folder.remove();
  expect(reasons.filter((reason) => !kept.has(reason))).toEqual([]);
  expect(reasons.length).toBeGreaterThanOrEqual(rounds);
}, 120_000);

/** What a child acknowledged until it was killed, in the middle of its work. */
function shiftsUntilKilled(path: string, shifts: number): Promise<readonly string[]> {
  return linesUntilKilled('shift-forever.mjs', [path], shifts);
}

async function linesUntilKilled(name: string, args: readonly string[], lines: number): Promise<readonly string[]> {
  const child: ChildProcess = spawn(process.execPath, [program(name), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > lines) child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(child.signalCode, errors).toBe('SIGKILL');
  return output.split('\n').slice(0, -1);
}
