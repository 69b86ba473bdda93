import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Change } from '../../src/domain/live.ts';

/** Threads and child processes run what `npm run build` has made: Node 20 reads no TypeScript. */
export const compiledWorker = new URL('../../dist/src/state/sqlite-worker.js', import.meta.url);

export const compiledEvidenceWorker = new URL('../../dist/src/state/evidence-worker.js', import.meta.url);

export function program(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
}

export async function newFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'strangler-state-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function changeInAnotherProcess(path: string, change: Change): Promise<void> {
  await promisify(execFile)(process.execPath, [program('change.mjs'), path, JSON.stringify(change)]);
}
