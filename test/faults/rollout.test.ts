import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HistoryEntry } from '../../src/domain/live.ts';
import type { ChapterEvidence } from '../../src/domain/rollout/arm-counts.ts';
import type { RolloutStatus } from '../../src/domain/rollout/status.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import { openState } from '../../src/state/open.ts';
import { openEvidence } from '../../src/state/open-evidence.ts';
import { compiledEvidenceWorker, compiledWorker } from '../state/place.ts';
import type { StartedProxy } from '../support/process.ts';
import { ask, type Load, startLoad } from './load.ts';
import { eventually, type Stage, stage } from './stage.ts';

const caller = 'caller: [header:x-user]';

/** Four hundred users, who come one after the other, for ever. */
const load = (proxy: StartedProxy): Load =>
  startLoad(proxy.url, ['/read'], 8, 4, (turn) => ({ 'x-user': `user-${turn % 400}` }));

const split = (percent: number) => `{ id: read, match: GET /read, service: orders, percent: ${percent} }`;

/** Short holds, and gates that a few hundred requests of a service that is well can pass. */
const rolling = (hold: string) =>
  `{ id: read, match: GET /read, service: orders, percent: 0,
     rollout: { steps: [20, 50, 100], hold: ${hold}, gates: { errors: +10%, p99: off, minRequests: 50 } } }`;

const failing: Stage['orders']['answer'] = (_, response) => {
  response.writeHead(503).end('orders');
};

async function history(at: Stage): Promise<readonly HistoryEntry[]> {
  return JSON.parse((await at.run('history', '--json', '--limit', '1000')).out);
}

async function status(
  proxy: StartedProxy,
): Promise<{ routes: { live: number; latched: boolean }[]; rollouts: RolloutStatus[] }> {
  return JSON.parse((await ask(new URL('/api/status', proxy.admin))).body);
}

const rolloutOf = async (proxy: StartedProxy): Promise<RolloutStatus> => (await status(proxy)).rollouts[0]!;

async function startRollout(at: Stage): Promise<void> {
  expect(await at.run('rollout', 'start', 'read')).toMatchObject({ code: 0 });
}

/** With the same routes and targets, on one state. */
async function twoProxies(route: string): Promise<{ at: Stage; proxies: readonly StartedProxy[] }> {
  const [at, other] = await Promise.all([stage(), stage()]);
  const state = `state: sqlite:${join(at.folder, 'state.db')}`;
  const yaml = at.yaml([route], caller).replace(/state: .*/, state);
  await at.write(yaml);
  await other.write(yaml.replace(/admin: .*/, other.yaml([]).match(/admin: .*/)![0]));
  return { at, proxies: [await at.start(), await other.start()] };
}

describe('the guard', () => {
  it.each([1, 2])(
    'takes a failing service back to 0 within seconds, with %i workers, and no caller sees a failure',
    async (workers) => {
      const at = await stage();
      await at.write(at.yaml([split(20)], caller));
      const proxy = await at.start('--workers', String(workers));
      const callers = load(proxy);
      await callers.further(500);
      expect((await status(proxy)).routes[0]!.live).toBe(20);

      at.orders.answer = failing;
      const failedAt = performance.now();
      const said = await proxy.logged(({ event }) => event === 'guard.tripped');
      expect(said).toMatchObject({ route: 'read', level: 'error' });
      await eventually(async () => (await status(proxy)).routes[0]).toMatchObject({ live: 0, latched: true });
      expect(performance.now() - failedAt).toBeLessThan(15_000);

      // Those under way may still be answered by legacy in its place.
      await callers.further(100);
      at.orders.answer = (_, response) => response.end('orders');
      const { failures } = await callers.stop();
      expect(failures).toEqual([]);
      const entries = (await history(at)).filter(({ source }) => source === 'guard');
      expect(entries).toMatchObject([{ route: 'read', from: 20, to: 0, who: 'strangler', reason: said.reason }]);
      expect((await ask(new URL('/metrics', proxy.admin))).body).toContain(
        'strangler_guard_trips_total{route="read"} 1',
      );
    },
  );

  it('saves callers while the state can not be written, and writes it when it can', async () => {
    const at = await stage();
    await at.write(at.yaml([split(20)], caller));
    const proxy = await at.start();
    const callers = load(proxy);
    await callers.further(300);
    const lock = new Sqlite(join(at.folder, 'state.db'));
    onTestFinished(() => void lock.close());
    lock.exec('BEGIN EXCLUSIVE');

    at.orders.answer = failing;
    await proxy.logged(({ event }) => event === 'guard.tripped');
    await eventually(async () => (await status(proxy)).routes[0]).toMatchObject({ live: 0, latched: true });

    lock.exec('COMMIT');
    await eventually(async () => (await history(at)).filter(({ source }) => source === 'guard')).toHaveLength(1);
    expect((await callers.stop()).failures).toEqual([]);
    expect(proxy.log.filter(({ event }) => event === 'guard.tripped')).toHaveLength(1);
  });

  it('of two proxies on one state leaves one entry', async () => {
    const { at, proxies } = await twoProxies(split(20));
    const callers = proxies.map(load);
    await Promise.all(callers.map((each) => each.further(300)));
    at.orders.answer = failing;
    for (const proxy of proxies) {
      await eventually(async () => (await status(proxy)).routes[0]).toMatchObject({ live: 0, latched: true });
    }
    await Promise.all(callers.map((each) => each.further(500)));
    for (const each of callers) expect((await each.stop()).failures).toEqual([]);
    expect((await history(at)).filter(({ source }) => source === 'guard')).toHaveLength(1);
    const said = proxies.flatMap(({ log }) => log).filter(({ event }) => event === 'guard.tripped');
    expect(said).toHaveLength(1);
  });
});

describe('a rollout', () => {
  it('walks to 100 by itself while callers are served, and tells each step', async () => {
    const at = await stage();
    await at.write(at.yaml([rolling('2s')], caller));
    const proxy = await at.start('--workers', '2');
    const callers = load(proxy);
    await startRollout(at);
    await proxy.logged(({ event }) => event === 'rollout.completed');
    expect((await status(proxy)).routes[0]!.live).toBe(100);
    expect((await callers.stop()).failures).toEqual([]);
    const told = proxy.log.map(({ event }) => String(event)).filter((event) => event.startsWith('rollout.'));
    expect(told).toEqual(['rollout.started', 'rollout.advanced', 'rollout.advanced', 'rollout.completed']);
  });

  it('goes back by itself when the service begins to fail, with the reason in the history', async () => {
    const at = await stage();
    await at.write(at.yaml([`${rolling('2s').slice(0, -1)}, guard: off }`], caller));
    const proxy = await at.start();
    const callers = load(proxy);
    await startRollout(at);
    await proxy.logged(({ event }) => event === 'rollout.advanced');
    at.orders.answer = failing;
    const { reason } = await proxy.logged(({ event }) => event === 'rollout.failed');
    await eventually(async () => (await status(proxy)).routes[0]).toMatchObject({ live: 0, latched: true });
    expect((await callers.stop()).failures).toEqual([]);
    expect((await history(at))[0]).toMatchObject({ source: 'rollout', from: 50, to: 0 });
    expect((await history(at))[0]!.reason).toContain(String(reason));
  });

  it('is judged in words while it is under way', async () => {
    const at = await stage();
    await at.write(at.yaml([rolling('1h')], caller));
    const proxy = await at.start();
    const callers = load(proxy);
    await startRollout(at);
    await eventually(async () => (await rolloutOf(proxy)).gates?.map(({ verdict }) => verdict)).toEqual(['pass']);
    expect((await rolloutOf(proxy)).gates![0]!.words).toMatch(/\d/);
    expect((await ask(new URL('/metrics', proxy.admin))).body).toContain(
      'strangler_rollout_percent{rollout="read"} 20',
    );
    await callers.stop();
  });

  it('is conducted by two proxies as by one', async () => {
    const { at, proxies } = await twoProxies(rolling('3s'));
    const callers = proxies.map(load);
    const startedAt = performance.now();
    await startRollout(at);
    await Promise.all(proxies.map((proxy) => proxy.logged(({ event }) => event === 'rollout.completed')));
    // Three holds of three seconds, each lived through once.
    expect(performance.now() - startedAt).toBeGreaterThan(9_000);
    for (const each of callers) expect((await each.stop()).failures).toEqual([]);
    const moved = (await history(at)).filter(({ what, source }) => what === 'percent' && source === 'rollout');
    expect(moved.map(({ from, to }) => [from, to])).toEqual([
      [50, 100],
      [20, 50],
      [0, 20],
    ]);
  });

  it('waits while its evidence can not be kept, at no cost to callers, and goes on when it can', async () => {
    const at = await stage();
    await at.write(at.yaml([rolling('1s')], caller));
    const file = join(at.folder, 'state.evidence.db');
    await writeFile(file, 'this is no database, whatever its name says'.repeat(100));
    const proxy = await at.start();
    const callers = load(proxy);
    await startRollout(at);
    await proxy.logged(({ event }) => event === 'evidence.lost');
    await callers.further(500);
    expect(await rolloutOf(proxy)).toMatchObject({ phase: 'holding', step: 1, held: 0, gates: null });
    await rm(file);
    await proxy.logged(({ event }) => event === 'rollout.advanced');
    expect((await callers.stop()).failures).toEqual([]);
  });

  it('goes on after kill -9 on the step where it was, with what it had held and seen', async () => {
    const at = await stage();
    await at.write(at.yaml([rolling('12s')], caller));
    const first = await at.start();
    const callers = load(first);
    await startRollout(at);
    await eventually(async () => (await storedRollout(at)).held).toBeGreaterThanOrEqual(5_000);
    await eventually(async () => (await evidenceOf(at))?.service.requests ?? 0).toBeGreaterThan(100);
    await first.stop('SIGKILL');
    await callers.stop();
    const [before, seen] = [await storedRollout(at), await evidenceOf(at)];

    const second = await at.start();
    const after = await storedRollout(at);
    expect(after).toMatchObject({ step: 0, chapter: before.chapter, standing: { phase: 'holding' } });
    expect(after.held).toBeGreaterThanOrEqual(before.held);
    expect((await evidenceOf(at))!.service.requests).toBeGreaterThanOrEqual(seen!.service.requests);

    const restartedAt = performance.now();
    const more = load(second);
    await second.logged(({ event }) => event === 'rollout.advanced');
    // What was held before the kill is not held again; nor is the rest of it left out.
    expect(performance.now() - restartedAt).toBeGreaterThan(12_000 - 6_000 - 3_000);
    expect((await more.stop()).failures).toEqual([]);
  });
});

async function storedRollout(at: Stage) {
  const location = { kind: 'sqlite', path: join(at.folder, 'state.db') } as const;
  const state = await openState(location, { now: Date.now }, compiledWorker);
  const [rollout] = await state.rollouts();
  await state.close();
  return rollout!;
}

async function evidenceOf(at: Stage): Promise<ChapterEvidence | undefined> {
  const location = { kind: 'sqlite', path: join(at.folder, 'state.db') } as const;
  const evidence = await openEvidence(location, defaultEvidence, { now: Date.now }, compiledEvidenceWorker);
  const [found] = await evidence.arms({ chapters: [(await storedRollout(at)).chapter] });
  await evidence.close();
  return found;
}
