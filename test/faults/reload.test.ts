import { appendFile, mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { StartedProxy } from '../support/process.ts';
import { ask, startLoad } from './load.ts';
import { eventually, route, type Stage, stage } from './stage.ts';

const good = (at: Stage, percent: number) => at.yaml([route('read', '/api/orders/:id', percent)]);

/** What an operator's editor, generator or deployment has left behind at its worst. */
const storms: readonly (readonly [what: string, text: (at: Stage) => string, says: RegExp])[] = [
  ['broken YAML', (at) => `${good(at, 100)}  - { id: [\n`, /routes\.yaml:\d+:\d+/],
  ['an unknown key', (at) => `${good(at, 100)}colour: red\n`, /routes\.yaml:\d+:1 .*colour/],
  ['an unknown service', (at) => good(at, 100).replace('service: orders', 'service: oders'), /did you mean "orders"/],
  ['an empty file', () => '', /empty/],
  ['half a file', (at) => good(at, 100).slice(0, -70), /routes\.yaml/],
  ['10 MB of a list', (at) => `${good(at, 100)}padding:\n${'  - x\n'.repeat(1_700_000)}`, /routes\.yaml/],
  ['an alias bomb', (at) => `${bomb}${good(at, 100)}`, /routes\.yaml/],
];

const bomb = Array.from({ length: 30 }, (_, level) => {
  const ones = level === 0 ? 'lol' : `*l${level - 1}`;
  return `l${level}: &l${level} [${Array(9).fill(ones).join(', ')}]\n`;
}).join('');

async function percentOf(proxy: StartedProxy): Promise<number> {
  const { body } = await ask(new URL('/api/status', proxy.admin));
  return JSON.parse(body).routes[0].live;
}

it('serves on through every way of spoiling routes.yaml, says what is wrong, and takes up the next good one', async () => {
  const at = await stage();
  await at.write(good(at, 0));
  const proxy = await at.start();
  const load = startLoad(proxy.url, ['/api/orders/1', '/']);
  await load.further(50);

  for (const [round, [what, text, says]] of storms.entries()) {
    const rejections = () => proxy.log.filter(({ event }) => event === 'reload.rejected');
    await at.write(text(at));
    await eventually(() => rejections().length, what).toBe(round + 1);
    expect((rejections().at(-1)!.problems as string[]).join('\n'), what).toMatch(says);
    const status = JSON.parse((await ask(new URL('/api/status', proxy.admin))).body);
    expect(status.config, what).toMatchObject({ valid: false, problems: expect.any(Array) });
    const metrics = (await ask(new URL('/metrics', proxy.admin))).body;
    expect(metrics).toMatch(/^strangler_config_valid 0$/m);
    expect(metrics).toContain(`strangler_reloads_total{result="rejected"} ${round + 1}\n`);
    expect((await ask(new URL('/readyz', proxy.admin))).status).toBe(200);

    const percent = round % 2 === 0 ? 100 : 0;
    await at.write(good(at, percent));
    await eventually(() => percentOf(proxy)).toBe(percent);
  }
  const { failures, bodies } = await load.stop();
  expect(failures).toEqual([]);
  expect(bodies.get('orders')).toBeGreaterThan(0);
});

it('lets no caller wait while it reads a file that takes seconds', async () => {
  const at = await stage();
  await at.write(good(at, 0));
  const proxy = await at.start();
  const load = startLoad(proxy.url, ['/api/orders/1']);
  const savedAt = performance.now();
  await at.write(`${good(at, 100)}padding:\n${'  - x\n'.repeat(150_000)}`);
  await proxy.logged(({ event }) => event === 'reload.rejected');
  const took = performance.now() - savedAt;
  const { failures, slowest } = await load.stop();
  expect(failures).toEqual([]);
  expect(slowest).toBeLessThan(took / 2);
});

it('follows a file that is renamed into place, and a ConfigMap whose link is swapped', async () => {
  const at = await stage();
  await at.write(good(at, 0));
  const proxy = await at.start();
  const load = startLoad(proxy.url, ['/api/orders/1']);
  await writeFile(`${at.file}.new`, good(at, 10));
  await rename(`${at.file}.new`, at.file);
  await eventually(() => percentOf(proxy)).toBe(10);

  const mounted = join(at.folder, '..data');
  for (const [round, percent] of [20, 30, 40].entries()) {
    const version = join(at.folder, `..version-${round}`);
    await mkdir(version);
    await writeFile(join(version, 'routes.yaml'), good(at, percent));
    await symlink(version, `${mounted}_tmp`);
    await rename(`${mounted}_tmp`, mounted);
    if (round === 0) {
      await symlink(join('..data', 'routes.yaml'), `${at.file}.link`);
      await rename(`${at.file}.link`, at.file);
    }
    await eventually(() => percentOf(proxy)).toBe(percent);
  }
  expect((await load.stop()).failures).toEqual([]);
});

it('is told by SIGHUP what the watch would find, once', async () => {
  const at = await stage();
  await at.write(good(at, 0));
  const proxy = await at.start();
  for (let percent = 1; percent <= 10; percent++) {
    await at.write(good(at, percent));
    process.kill(proxy.pid, 'SIGHUP');
    await eventually(() => percentOf(proxy)).toBe(percent);
  }
  await appendFile(at.file, '# the end\n');
  process.kill(proxy.pid, 'SIGHUP');
  await proxy.logged(({ event }) => event === 'reload.applied');
  await unlink(at.file);
  process.kill(proxy.pid, 'SIGHUP');
  await proxy.logged(({ event }) => event === 'reload.rejected');
  expect(await percentOf(proxy)).toBe(10);
  expect(proxy.log.filter(({ event }) => event === 'reload.rejected')).toHaveLength(1);
  const applied = proxy.log.filter(({ event }) => event === 'reload.applied').length;
  expect(applied).toBeGreaterThanOrEqual(10);
  expect(applied).toBeLessThanOrEqual(11);
});
