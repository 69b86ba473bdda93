import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import type { StartedProxy } from '../support/process.ts';
import { ask, startLoad } from './load.ts';
import { eventually, route, stage } from './stage.ts';

function workersOf(pid: number): readonly number[] {
  const listed = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return listed
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function counted(proxy: StartedProxy): Promise<number> {
  const { body } = await ask(new URL('/metrics', proxy.admin));
  const lines = body.split('\n').filter((line) => line.startsWith('strangler_requests_total{'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

it.each(['a port of its own', 'any port'])(
  'replaces workers that are killed on %s, and counts what they answered',
  async (which) => {
    const at = await stage();
    const port = which === 'any port' ? 0 : await freePort();
    const yaml = (percent: number) =>
      at.yaml([route('read', '/read', percent)]).replace('listen: { port: 0 }', `listen: { port: ${port} }`);
    await at.write(yaml(0));
    const proxy = await at.start('--workers', '3');
    const load = startLoad(proxy.url, ['/read'], 6);
    let before = 0;
    for (let kill = 0; kill < 4; kill++) {
      await load.further(100);
      await eventually(() => workersOf(proxy.pid).length).toBe(3);
      const figure = await counted(proxy);
      expect(figure).toBeGreaterThanOrEqual(before);
      before = figure;
      const victim = workersOf(proxy.pid)[0]!;
      process.kill(victim, 'SIGKILL');
      await proxy.logged(({ event, pid }) => event === 'worker.exited' && pid === victim);
      expect(await counted(proxy)).toBeGreaterThanOrEqual(before);
    }
    await eventually(() => workersOf(proxy.pid).length).toBe(3);
    await at.write(yaml(100));
    process.kill(proxy.pid, 'SIGHUP');
    await proxy.logged(({ event }) => event === 'reload.applied');
    const { failures } = await load.stop();
    // Only what a killed worker had in its hands is lost: at most one request a caller and kill.
    expect(failures.length).toBeLessThanOrEqual(4 * 6);

    // Fresh connections go round all workers: each has the reloaded file.
    for (let turn = 0; turn < 9; turn++) expect((await ask(new URL('/read', proxy.url))).body).toBe('orders');
    expect((await at.run('rollback', 'read')).code).toBe(0);
    await proxy.logged(({ msg }) => /rollback/.test(String(msg)));
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 9 }, () => ask(new URL('/read', proxy.url))));
      return answers.map(({ body }) => body);
    }).toEqual(Array(9).fill('legacy'));
  },
);

it('leaves no worker behind when the primary is killed', async () => {
  const at = await stage();
  await at.write(at.yaml([]));
  const proxy = await at.start('--workers', '3');
  const workers = workersOf(proxy.pid);
  expect(workers).toHaveLength(3);
  expect(await proxy.stop('SIGKILL')).toBe('SIGKILL');
  await eventually(() => workers.filter(isAlive)).toEqual([]);
});
