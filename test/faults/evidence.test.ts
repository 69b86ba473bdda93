/** The evidence file in trouble under a running proxy: it costs evidence, never a request, and no shift. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { program } from '../state/place.ts';
import type { StartedProxy } from '../support/process.ts';
import { fill, mountSmallDisk, unmount } from '../support/small-disk.ts';
import { ask } from './load.ts';
import { eventually, type Stage, stage } from './stage.ts';

const shadowed = '{ id: read, match: "GET /orders/:id", service: orders, percent: 0, shadow: { percent: 100 } }';

/** All of them are answered by legacy, whatever becomes of their evidence. */
async function serve(at: Stage, proxy: StartedProxy, requests: number): Promise<void> {
  at.legacy.answer = at.orders.answer = (_request, response) => response.end('same');
  for (let i = 0; i < requests; i++) {
    const { status, body } = await ask(new URL(`/orders/${i}`, proxy.url));
    expect([status, body]).toEqual([200, 'same']);
  }
}

async function compared(at: Stage): Promise<number> {
  const { out } = await at.run('report', '--json');
  return out === '' ? 0 : (JSON.parse(out).routes[0]?.compared ?? 0);
}

/** Requests are served until the proxy has said this about its evidence. */
async function serveUntil(at: Stage, proxy: StartedProxy, word: 'lost' | 'recovered') {
  let said: Awaited<ReturnType<StartedProxy['logged']>> | null = null;
  const line = proxy
    .logged(({ event }) => event === `evidence.${word}`)
    .then((heard) => {
      said = heard;
      return heard;
    });
  await eventually(async () => {
    await serve(at, proxy, 1);
    return said !== null;
  }).toBe(true);
  return line;
}

it('starts on a file that is none, says how to mend it, and counts on once that is done', async () => {
  const at = await stage();
  await at.write(at.yaml([shadowed]));
  await writeFile(join(at.folder, 'state.evidence.db'), 'version: 1\n'.repeat(500));
  const proxy = await at.start();
  await serve(at, proxy, 5);
  const lost = await serveUntil(at, proxy, 'lost');
  expect(JSON.stringify(lost)).toMatch(/not a SQLite database; move it away, and evidence begins anew/);
  const { code, err } = await at.run('report');
  expect([code, err]).toEqual([1, expect.stringMatching(/move it away/)]);
  expect((await at.run('shift', 'read', '0')).code).toBe(0);
  for (const name of await readdir(at.folder)) {
    if (name.startsWith('state.evidence.db')) await rename(join(at.folder, name), join(at.folder, `away-${name}`));
  }
  await serveUntil(at, proxy, 'recovered');
  await eventually(() => compared(at)).toBeGreaterThan(0);
});

it('shifts and serves while another process keeps the evidence locked', async () => {
  const at = await stage();
  await at.write(at.yaml([shadowed]));
  const proxy = await at.start();
  await serve(at, proxy, 5);
  await eventually(() => compared(at)).toBe(5);
  const holder = spawn(process.execPath, [program('lock.mjs'), join(at.folder, 'state.evidence.db')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(JSON.stringify(await serveUntil(at, proxy, 'lost'))).toMatch(/another process has kept it locked/);
  expect((await at.run('shadow', 'read', '50')).code).toBe(0);
  expect((await at.run('rollback', 'read')).code).toBe(0);
  expect((await at.run('shadow', 'read', '100')).code).toBe(0);
  holder.stdin.end();
  await once(holder, 'exit');
  await serveUntil(at, proxy, 'recovered');
  const { out } = await at.run('report');
  expect(out).toMatch(/lost|could not be kept/);
});

it('serves and shadows on a full disk, and counts again when there is room', async (context) => {
  const at = await stage('sqlite:state/state.db');
  const disk = join(at.folder, 'disk');
  if (!mountSmallDisk(disk)) {
    console.warn('SKIPPED: a full disk can only be had where this user may mount a tmpfs');
    return context.skip('no tmpfs');
  }
  try {
    await at.write(at.yaml([shadowed]).replace('state/state.db', 'disk/state.db'));
    const proxy = await at.start();
    fill(join(disk, 'filler'));
    expect(JSON.stringify(await serveUntil(at, proxy, 'lost'))).toMatch(/disk is full: make room/);
    await serve(at, proxy, 20);
    rmSync(join(disk, 'filler'));
    await serveUntil(at, proxy, 'recovered');
    await eventually(() => compared(at)).toBeGreaterThan(0);
    await proxy.stop();
  } finally {
    unmount(disk);
  }
});
