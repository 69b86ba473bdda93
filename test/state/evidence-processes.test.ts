import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RouteEvidence } from '../../src/domain/evidence.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import { sqliteDriver } from '../../src/sqlite/driver.ts';
import { openSqliteEvidence } from '../../src/state/sqlite-evidence.ts';
import { compiledEvidenceWorker, newFolder, program } from './place.ts';

const rounds = 10;

let folder: Awaited<ReturnType<typeof newFolder>>;
let path: string;
beforeEach(async () => {
  folder = await newFolder();
  path = join(folder.path, 'state.evidence.db');
});
afterEach(() => folder.remove());

it('counts what two processes record at once', async () => {
  const kept = await Promise.all([recordUntil(40, 40), recordUntil(40, 40)]);
  expect(kept).toEqual([40, 40]);
  const evidence = await readEvidence();
  expect(eligibleOf(evidence)).toBe(80 * 6);
  expect(evidence.clusters).toMatchObject([{ count: 80 }]);
  expect(evidence.clusters[0]!.examples).toHaveLength(20);
  expect(evidence.distinct).toEqual({ urls: 80, callers: 2 });
});

it(`adds up after ${rounds} times kill -9`, async () => {
  let kept = 0;
  for (let round = 0; round < rounds; round++) kept += await recordUntil(3 + round * 4);

  const database = new (sqliteDriver())(path);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
  const evidence = await readEvidence();
  for (const { eligible, compared, serviceFailed, skipped } of evidence.tallies) {
    expect(eligible).toBe(compared + serviceFailed + Object.values(skipped).reduce((sum, count) => sum + count, 0));
  }
  // What was acknowledged is there, as no power was cut; what was under way at a kill may be there or not.
  const batches = eligibleOf(evidence) / 6;
  expect(batches).toBeGreaterThanOrEqual(kept);
  expect(batches).toBeLessThanOrEqual(kept + rounds);
  expect(evidence.clusters).toMatchObject([{ count: batches }]);
}, 120_000);

function eligibleOf({ tallies }: RouteEvidence): number {
  return tallies.reduce((sum, { eligible }) => sum + eligible, 0);
}

async function readEvidence(): Promise<RouteEvidence> {
  const evidence = await openSqliteEvidence({
    path,
    limits: defaultEvidence,
    clock: Date,
    worker: compiledEvidenceWorker,
  });
  const [only] = await evidence.read({});
  await evidence.close();
  return only!;
}

/** How many batches a child has seen kept until it ended, or was killed in the middle of its work. */
async function recordUntil(batches: number, most?: number): Promise<number> {
  const child = spawn(process.execPath, [program('record-forever.mjs'), path, ...(most ? [`${most}`] : [])]);
  let output = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (most === undefined && output.split('\n').length > batches) child.kill('SIGKILL');
  });
  await once(child, 'close');
  if (most === undefined) expect(child.signalCode, errors).toBe('SIGKILL');
  else expect(child.exitCode, errors).toBe(0);
  return output.split('\n').length - 1;
}
