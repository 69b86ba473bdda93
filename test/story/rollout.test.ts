/** The README's story of a rollout: all the way up on good evidence, and back by itself when the service begins to err. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../src/domain/live.ts';
import { compiled } from '../example/support/processes.ts';
import { type StartedExample, startExample } from '../example/support/started-example.ts';
import { strangler } from '../support/process.ts';

let folder: string;
let example: StartedExample;

/** As in the example, but with holds that a test can wait for, and a step on which it stays until it is told to go on. */
const plan = `rollout:
      steps: [5, { percent: 25, approve: true }, 50, 100]
      hold: 2s
      gates: { errors: +15%, p99: off, match: 95%, minRequests: 20 }
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangler-story-'));
  const declared = await readFile(new URL('../../routes.yaml', import.meta.url), 'utf8');
  const written = declared.replace(/ {4}rollout:\n(?: {6}.*\n)+/, `    ${plan}`);
  expect(written).toContain('hold: 2s');
  await writeFile(join(folder, 'routes.yaml'), written);
  example = await startExample(folder);
}, 60_000);

afterAll(async () => {
  example.clear();
  await rm(folder, { recursive: true, force: true });
});

/** Visitors until `stop`, which tells what became of them. */
function sendVisitors(): { stop(): Promise<string> } {
  const sending = promisify(execFile)(process.execPath, [
    compiled('dist/example/traffic.js'),
    ...['--url', example.url, '--requests', '1000000', '--rate', '150'],
  ]);
  return {
    async stop() {
      sending.child.kill('SIGINT');
      // It ends with 130, as whoever was interrupted does.
      return sending.then(
        ({ stdout }) => stdout,
        ({ stdout }: { stdout: string }) => stdout,
      );
    },
  };
}

async function history(): Promise<readonly HistoryEntry[]> {
  const { out } = await strangler(folder, 'history', 'order-read', '--json');
  return JSON.parse(out);
}

async function livePercent(): Promise<number> {
  const { out } = await strangler(folder, 'status', '--json');
  return JSON.parse(out).routes.find(({ id }: { id: string }) => id === 'order-read').live;
}

async function phase(): Promise<string> {
  const { out } = await strangler(folder, 'rollout', 'status', 'orders', '--json');
  return JSON.parse(out).rollouts[0].phase;
}

async function turnDefects(wish: 'on' | 'off'): Promise<void> {
  const port = /orders +http:\/\/127\.0\.0\.1:(\d+)/.exec(example.output())![1];
  expect((await fetch(`http://127.0.0.1:${port}/defects/${wish}`, { method: 'PUT' })).status).toBe(200);
}

const eventually = <T>(probe: () => Promise<T>) => expect.poll(probe, { timeout: 200_000, interval: 300 });

describe.sequential('a rollout of the orders service', () => {
  it('walks to 100 % while everything agrees, each step with its reason in the history', async () => {
    const visitors = sendVisitors();
    const { code, out } = await strangler(folder, 'rollout', 'start', 'orders', '--reason', 'a quiet morning');
    expect([code, out]).toEqual([0, expect.stringContaining('order-read')]);

    await eventually(phase).toBe('awaiting-approval');
    expect(await livePercent()).toBe(25);
    expect((await strangler(folder, 'rollout', 'promote', 'orders')).code).toBe(0);
    await eventually(livePercent).toBe(100);
    await eventually(async () => (await history())[0]!.reason).toContain('complete');

    const told = await visitors.stop();
    expect(told).toMatch(/failures +none/);
    expect(told).not.toMatch(/5\d\d: /);
    const moves = (await history()).filter(({ what }) => what === 'percent');
    expect(moves.map(({ to }) => to).reverse()).toEqual([0, 5, 25, 50, 100]);
    const own = moves.filter(({ source }) => source === 'rollout');
    expect(own.map(({ to }) => to).reverse()).toEqual([5, 25, 100]);
    expect(moves[0]!.reason).toMatch(/errors: .* of .* requests of the service failed/);
  }, 300_000);

  it('goes back to 0 by itself once the service errs, and no visitor sees an error', async () => {
    expect((await strangler(folder, 'rollback', 'orders', '--reason', 'to begin anew')).code).toBe(0);
    expect((await strangler(folder, 'evidence', 'reset', 'order-read')).code).toBe(0);
    const visitors = sendVisitors();
    expect((await strangler(folder, 'rollout', 'start', 'orders')).code).toBe(0);
    await eventually(livePercent).toBe(25);

    await turnDefects('on');
    await eventually(livePercent).toBe(0);

    const told = await visitors.stop();
    expect(told).toMatch(/failures +none/);
    expect(told).not.toMatch(/5\d\d: /);
    const entry = (await history()).find(({ what, to }) => what === 'percent' && to === 0)!;
    expect(entry).toMatchObject({ source: 'rollout', reason: expect.stringMatching(/match: .* differ/) });
    expect(await phase()).toBe('failed');

    await turnDefects('off');
  }, 300_000);
});
