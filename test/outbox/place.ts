import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteOutbox } from '../../src/outbox/sqlite.ts';
import type { Outbox } from '../../src/ports.ts';

/** Threads run what `npm run build` has made: Node 20 reads no TypeScript. */
export const compiledWorker = new URL('../../dist/src/outbox/worker.js', import.meta.url);

export async function newFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'strangler-outbox-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export function openAt(path: string, more: Partial<Parameters<typeof openSqliteOutbox>[0]> = {}): Promise<Outbox> {
  return openSqliteOutbox({
    path,
    sync: 'system',
    bounds: { keep: 60_000, most: 1_000 },
    worker: compiledWorker,
    busyTimeout: 200,
    ...more,
  });
}

export { join };
