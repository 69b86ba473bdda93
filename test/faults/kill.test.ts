import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { HistoryEntry, Outcome } from '../../src/domain/live.ts';
import { ask, startLoad } from './load.ts';
import { route, stage } from './stage.ts';

/** `STRANGLER_FAULT_ROUNDS=50` is what a release is tried with. */
const rounds = Number(process.env.STRANGLER_FAULT_ROUNDS ?? 4);

const command = fileURLToPath(new URL('../../bin/strangler.js', import.meta.url));

/** A shift by the admin API; `null` when it was not acknowledged. */
async function shift(admin: string, percent: number, reason: string): Promise<string | null> {
  try {
    const response = await fetch(new URL('/api/shift', admin), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ routes: ['read'], percent, who: 'test', reason }),
    });
    return response.ok && ((await response.json()) as Outcome).entries.length === 1 ? reason : null;
  } catch {
    return null;
  }
}

/** A shift by the command line, killed after a while; its reason where it had said that it was done. */
async function killedShift(cwd: string, percent: number, reason: string, after: number): Promise<string | null> {
  const child = spawn(process.execPath, [command, 'shift', 'read', String(percent), '--json', '--reason', reason], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), after);
  await once(child, 'close');
  clearTimeout(timer);
  return out.includes(reason) ? reason : null;
}

it(
  `keeps every acknowledged shift through ${rounds} times kill -9 of proxy and command line`,
  async () => {
    const at = await stage();
    await at.write(at.yaml([route('read', '/read', 0)]));
    const acknowledged: string[] = [];
    let slowestStart = 0;
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now();
      const proxy = await at.start();
      slowestStart = Math.max(slowestStart, performance.now() - startedAt);
      const load = startLoad(proxy.url, ['/read'], 2, 5);
      const byCommand = killedShift(at.folder, (round % 99) + 1, `cli ${round}`, 150 + ((round * 131) % 900));
      const killAfter = 3 + ((round * 7) % 20);
      for (let turn = 0; turn < killAfter; turn++) {
        const reason = await shift(proxy.admin, (turn % 2) * 50 + (round % 50), `${round}/${turn}`);
        if (reason !== null) acknowledged.push(reason);
      }
      // One that is killed in the middle counts only when it was acknowledged all the same.
      const last = shift(proxy.admin, 99.99, `${round}/last`);
      await proxy.stop('SIGKILL');
      for (const reason of await Promise.all([last, byCommand])) if (reason !== null) acknowledged.push(reason);
      await load.stop();
    }

    const database = new Sqlite(join(at.folder, 'state.db'));
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
    const proxy = await at.start();
    const history: HistoryEntry[] = JSON.parse((await at.run('history', '--json', '--limit', '100000')).out);
    const kept = new Set(history.map(({ reason }) => reason));
    expect(acknowledged.filter((reason) => !kept.has(reason))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(rounds * 2);
    const { routes } = JSON.parse((await ask(new URL('/api/status', proxy.admin))).body);
    expect(routes[0].live).toBe(history[0]!.to);
    if (rounds > 10) console.log({ rounds, acknowledged: acknowledged.length, slowestStart: Math.round(slowestStart) });
  },
  20_000 + rounds * 5_000,
);
