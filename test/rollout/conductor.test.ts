import { beforeEach, describe, expect, it } from 'vitest';
import { chaptersOn } from '../../src/domain/rollout/chapter.ts';
import type { Reading } from '../../src/domain/rollout/decide.ts';
import type { Rollout, RolloutSettings } from '../../src/domain/rollout/model.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import { StateError } from '../../src/domain/state-error.ts';
import type { Evidence, State } from '../../src/ports.ts';
import { Conductor } from '../../src/rollout/conductor.ts';
import { memoryState } from '../../src/state/memory.ts';
import { memoryEvidence } from '../../src/state/memory-evidence.ts';
import { aRow } from '../domain/a-row.ts';
import { aBatch, aTally } from '../domain/some-evidence.ts';
import { planned } from './a-rollout.ts';

const begin = Date.UTC(2026, 0, 5, 12);

let now: number;
/** By a clock of its own, which tests may let stand still or jump. */
let monotonic: number;
let state: State;
let evidence: Evidence;
let reading: Reading;

beforeEach(() => {
  now = begin;
  monotonic = 1_000_000;
  reading = 'unreachable';
  const clock = { now: () => now };
  state = memoryState(clock, [aRow({ route: 'order' }), aRow({ route: 'list' })]);
  evidence = memoryEvidence(defaultEvidence, clock);
});

/** One of any number that follow the same state. It sees what is in force as of its last `hear`, as a proxy would. */
function conductor(change: State['change'] = (order) => state.change(order)) {
  let seen: { live: Awaited<ReturnType<State['read']>>; rollouts: readonly Rollout[] } = { live: [], rollouts: [] };
  const wentBack: string[][] = [];
  const it = new Conductor({
    clock: { now: () => now },
    monotonic: () => monotonic,
    evidence,
    gates: { read: (gates) => gates.map(() => reading), keepOnly: () => undefined },
    inForce: () => seen,
    change,
    async goBack(routes, reason) {
      wentBack.push([...routes]);
      return state.change({ kind: 'guard', routes, who: 'strangler', reason });
    },
    who: 'strangler',
  });
  const hear = async () => {
    seen = { live: await state.read(), rollouts: await state.rollouts() };
  };
  return {
    wentBack,
    decided: (name = 'orders') => it.decided.get(name),
    hear,
    look: () => it.look(),
    async hearAndLook() {
      await hear();
      await it.look();
    },
  };
}

async function start(settings: RolloutSettings = planned(), routes: readonly string[] = ['order']) {
  const order = { kind: 'rollout-start', name: 'orders', routes, settings, who: 'ada', reason: null } as const;
  expect((await state.change(order)).refused).toEqual([]);
}

const rollout = async () => (await state.rollouts())[0]!;
const live = async (route = 'order') => (await state.read()).find((row) => row.route === route)!.live;

/** A second passes in which the service fails so many percent of what is assigned to it. */
async function second(failing = 0, requests = 1_000): Promise<void> {
  const { chapter, routes, step, settings } = await rollout();
  const isWhole = settings.steps[step]!.percent === 100;
  const each = (arm: 'service' | 'legacy', failures: number) =>
    routes.map((route) => ({ chapter, route, arm, requests, failures, latency: [40, requests] }));
  const arms = [...each('service', (requests * failing) / 100), ...(isWhole ? [] : each('legacy', 0))];
  await evidence.record({ ...aBatch([]), arms });
  pass(1_000);
}

function pass(milliseconds: number): void {
  now += milliseconds;
  monotonic += milliseconds;
}

async function seconds(
  count: number,
  of: ReturnType<typeof conductor>[],
  failing = 0,
  requests = 1_000,
): Promise<void> {
  for (let index = 0; index < count; index++) {
    await second(failing, requests);
    for (const each of of) await each.hearAndLook();
  }
}

describe('a conductor', () => {
  it('walks from the first step to the last on good evidence, each for the whole of its hold', async () => {
    await start();
    const one = conductor();
    const seen: number[] = [];
    for (let index = 0; index < 60 && (await rollout()).standing.phase === 'holding'; index++) {
      seen.push(await live());
      await seconds(1, [one]);
    }
    expect(await rollout()).toMatchObject({ standing: { phase: 'complete' }, step: 2 });
    expect(await live()).toBe(100);
    const stayed = [5, 50, 100].map((percent) => seen.filter((each) => each === percent).length);
    // A second to see each step first, and ten of its hold.
    for (const held of stayed) expect(held).toBeGreaterThanOrEqual(10);
    for (const held of stayed) expect(held).toBeLessThanOrEqual(12);
    const told = (await state.history({ limit: 10 })).map(({ from, to, source, who }) => [from, to, source, who]);
    expect(told).toEqual([
      [100, 100, 'rollout', 'strangler'],
      [50, 100, 'rollout', 'strangler'],
      [5, 50, 'rollout', 'strangler'],
      [0, 5, 'rollout', 'ada'],
    ]);
  });

  it('says each decision in the history, with its figures', async () => {
    await start();
    await seconds(13, [conductor()]);
    const [advance] = await state.history({ limit: 1 });
    expect(advance).toMatchObject({ from: 5, to: 50 });
    expect(advance!.reason).toMatch(/\d/);
  });

  it('takes callers back as soon as it is proved that the service fails, and latches', async () => {
    await start();
    await seconds(3, [conductor()], 20);
    expect(await rollout()).toMatchObject({ standing: { phase: 'failed' } });
    expect((await state.read()).find(({ route }) => route === 'order')).toMatchObject({ live: 0, latched: true });
    expect((await state.history({ limit: 1 }))[0]!.reason).toContain('20');
  });

  it('waits where there is no traffic, however long', async () => {
    await start();
    const one = conductor();
    for (let index = 0; index < 100; index++) {
      pass(1_000);
      await one.hearAndLook();
    }
    expect(await rollout()).toMatchObject({ standing: { phase: 'holding' }, step: 0, held: 10_000 });
    await seconds(2, [one], 0, 20_000);
    expect(await live()).toBe(50);
  });

  it('waits where the evidence can not be read, and counts none of that as a hold', async () => {
    await start();
    const one = conductor();
    await seconds(4, [one]);
    const arms = evidence.arms.bind(evidence);
    evidence.arms = () => Promise.reject(new StateError('unavailable', 'the disk is gone'));
    await seconds(60, [one], 20);
    expect(await rollout()).toMatchObject({ standing: { phase: 'holding' }, step: 0 });
    expect((await rollout()).held).toBeLessThanOrEqual(5_000);
    expect(one.decided()).toContain('the disk is gone');
    evidence.arms = arms;
    await seconds(1, [one]);
    expect(await rollout()).toMatchObject({ standing: { phase: 'failed' } });
  });

  it('widens nothing while it is paused, and still ends what fails', async () => {
    await start();
    const one = conductor();
    await seconds(2, [one]);
    await state.change({ kind: 'rollout-steer', name: 'orders', action: 'pause', who: 'ada', reason: 'lunch' });
    await seconds(30, [one]);
    expect(await rollout()).toMatchObject({ standing: { phase: 'paused', who: 'ada' }, step: 0 });
    expect((await rollout()).held).toBeLessThanOrEqual(2_000);
    await seconds(30, [one], 20);
    expect(await rollout()).toMatchObject({ standing: { phase: 'failed' } });
    expect(await live()).toBe(0);
  });

  it('waits for an approval where a step asks for one', async () => {
    const steps = [5, 100].map((percent) => ({ percent, hold: 5_000, approve: true }));
    await start(planned({ steps }));
    const one = conductor();
    await seconds(20, [one]);
    expect(await rollout()).toMatchObject({ standing: { phase: 'awaiting-approval' }, step: 0 });
    await state.change({ kind: 'rollout-steer', name: 'orders', action: 'promote', who: 'ada', reason: null });
    expect(await live()).toBe(100);
  });

  it('goes by what Prometheus said, where a gate asks for it', async () => {
    const prometheus = [{ url: 'http://prometheus.example', query: 'saturation', min: null, max: 0.8 }];
    await start(planned({ gates: { ...planned().gates, prometheus } }));
    const one = conductor();
    await seconds(20, [one]);
    expect(await rollout()).toMatchObject({ standing: { phase: 'holding' }, step: 0 });
    reading = 0.5;
    await seconds(1, [one]);
    expect(await live()).toBe(50);
    reading = 0.9;
    await seconds(2, [one]);
    expect(await rollout()).toMatchObject({ standing: { phase: 'failed' } });
    expect((await state.history({ limit: 1 }))[0]!.reason).toContain('saturation');
  });

  it('goes by what shadowing has judged of both arms since the step began', async () => {
    await start(planned({ gates: { ...planned().gates, match: 99.9 } }));
    const one = conductor();
    await seconds(20, [one]);
    expect(await live()).toBe(5);
    const window = begin - (begin % 60_000);
    const judged = (rest: object) => aTally({ window, eligible: 4_000, compared: 4_000, skipped: {}, ...rest });
    await evidence.record(aBatch([judged({ matched: 4_000 }), judged({ arm: 'service', matched: 4_000 })]));
    await seconds(6, [one]);
    expect(await live()).toBe(50);
    await evidence.record(aBatch([judged({ matched: 3_000, window })]));
    await seconds(6, [one]);
    expect(await rollout()).toMatchObject({ standing: { phase: 'failed' } });
  });

  it('leaves out what was judged in the minute in which it began, since the service may have been mended in it', async () => {
    now = begin + 30_000;
    await start(planned({ gates: { ...planned().gates, match: 99.9 } }));
    const one = conductor();
    const judged = aTally({ window: begin, eligible: 4_000, compared: 4_000, matched: 0, skipped: {} });
    await evidence.record(aBatch([judged]));
    await seconds(20, [one]);
    expect(await rollout()).toMatchObject({ step: 0, standing: { phase: 'holding' } });

    await evidence.record(aBatch([{ ...judged, window: begin + 60_000 }]));
    await seconds(20, [one]);
    expect(await rollout()).toMatchObject({ standing: { phase: 'failed' } });
  });

  it('holds the last step against what legacy did on the last one that it had callers on', async () => {
    const gates = { ...planned().gates, p99: null };
    await start(planned({ gates, steps: [5, 100].map((percent) => ({ percent, hold: 5_000, approve: false })) }));
    const one = conductor();
    await seconds(7, [one]);
    expect(await live()).toBe(100);
    expect((await evidence.arms({ beginning: chaptersOn(await rollout(), 0) }))[0]!.legacy.requests).toBe(6_000);
    // Nothing would be proved without it: at 100 nobody is in legacy's arm.
    await seconds(2, [one], 20);
    expect(await rollout()).toMatchObject({ standing: { phase: 'failed' } });
  });

  it('holds a route that legacy was not asked for on the last step against what it did on the one before', async () => {
    const gates = { ...planned().gates, p99: null };
    const steps = [5, 50, 100].map((percent) => ({ percent, hold: 5_000, approve: false }));
    await start(planned({ gates, steps }), ['order', 'list']);
    const one = conductor();
    await seconds(6, [one]);
    expect(await live()).toBe(50);
    const record = async (routes: readonly string[], arms: readonly ('service' | 'legacy')[]) => {
      const { chapter } = await rollout();
      const figures = { requests: 1_000, failures: 0, latency: [40, 1_000] };
      const counts = routes.flatMap((route) => arms.map((arm) => ({ chapter, route, arm, ...figures })));
      await evidence.record({ ...aBatch([]), arms: counts });
    };
    for (let index = 0; index < 8 && (await live()) === 50; index++) {
      await record(['order'], ['service', 'legacy']);
      pass(1_000);
      await one.hearAndLook();
    }
    expect(await live()).toBe(100);
    for (let index = 0; index < 8; index++) {
      await record(['order', 'list'], ['service']);
      pass(1_000);
      await one.hearAndLook();
    }
    expect(await rollout()).toMatchObject({ standing: { phase: 'complete' } });
  });

  it('pauses, and says why, where somebody has moved a route by other means', async () => {
    await start(planned(), ['order', 'list']);
    const one = conductor();
    await seconds(2, [one]);
    // Nothing that this state takes does it: another version of strangler may have.
    const rows = (await state.read()).map((row) => (row.route === 'list' ? { ...row, live: 7 } : row));
    state.read = async () => rows;
    await seconds(2, [one]);
    expect((await rollout()).standing.phase).toBe('holding');
    await seconds(3, [one]);
    const { standing } = await rollout();
    expect(standing).toMatchObject({ phase: 'paused', who: 'rollout' });
    expect(standing).toMatchObject({ reason: expect.stringMatching(/list is at 7 %, not on step 1 of 3 \(5 %\)/) });
  });

  it('goes on where another one was when it ended, and loses no more than it has not stored', async () => {
    await start();
    await seconds(8, [conductor()]);
    const { held, chapter } = await rollout();
    expect(held).toBe(5_000);
    // A night without a proxy: nothing of it counts.
    pass(8 * 3_600_000);
    const after = conductor();
    await seconds(4, [after]);
    expect(await rollout()).toMatchObject({ step: 0, chapter });
    await seconds(3, [after]);
    expect(await live()).toBe(50);
  });

  it('counts no time that nobody saw pass, and none that a clock jumps by', async () => {
    await start();
    const one = conductor();
    await seconds(1, [one]);
    now += 365 * 24 * 3_600_000;
    await seconds(1, [one]);
    now -= 400 * 24 * 3_600_000;
    await seconds(1, [one]);
    // The whole process stood still.
    monotonic += 3_600_000;
    await one.hearAndLook();
    monotonic -= 50;
    await one.hearAndLook();
    await seconds(2, [one]);
    expect(await rollout()).toMatchObject({ step: 0, standing: { phase: 'holding' } });
    expect((await rollout()).held).toBeLessThan(10_000);
  });
});

it('holds a rollout of very many routes for no longer than one of few, though it looks at them less often', async () => {
  const routes = Array.from({ length: 1_000 }, (_, index) => `route-${index}`);
  state = memoryState(
    { now: () => now },
    routes.map((route) => aRow({ route })),
  );
  const steps = [5, 100].map((percent) => ({ percent, hold: 60_000, approve: false }));
  await start(planned({ steps }), routes);
  const one = conductor();
  for (let index = 0; index < 60; index++) {
    pass(1_000);
    await one.hearAndLook();
  }
  expect((await rollout()).held).toBeGreaterThanOrEqual(45_000);
});

describe('two conductors on one state', () => {
  it('live through a hold once', async () => {
    await start();
    const both = [conductor(), conductor()];
    await seconds(8, both);
    expect((await rollout()).held).toBeLessThanOrEqual(8_000);
    await seconds(2, both);
    expect(await live()).toBe(5);
    await seconds(3, both);
    expect(await live()).toBe(50);
  });

  it('take a step once where both decide on the same sight', async () => {
    await start();
    const [one, other] = [conductor(), conductor()];
    for (let index = 0; index < 12; index++) {
      await second();
      await one.hear();
      await other.hear();
      await Promise.all([one.look(), other.look()]);
    }
    expect(await live()).toBe(50);
    const entries = await state.history({ limit: 100 });
    expect(entries.filter(({ to }) => to === 50)).toHaveLength(1);
  });

  it('are no slower when one of them hears of everything late', async () => {
    await start();
    const [one, late] = [conductor(), conductor()];
    await late.hear();
    for (let index = 0; index < 12; index++) {
      await seconds(1, [one]);
      await late.look();
    }
    expect(await live()).toBe(50);
  });
});

describe('a conductor whose state is in trouble', () => {
  const full = () => Promise.reject(new StateError('unavailable', 'the disk is full'));

  it('saves the callers of a service that fails all the same', async () => {
    await start();
    const one = conductor(full);
    await seconds(3, [one], 20);
    expect(one.wentBack).toContainEqual(['order']);
    expect(await live()).toBe(0);
  });

  it('advances when it can be written again, and not twice', async () => {
    await start();
    let isFull = true;
    const one = conductor((change) => (isFull ? full() : state.change(change)));
    await seconds(20, [one]);
    expect(await rollout()).toMatchObject({ step: 0, held: 0 });
    isFull = false;
    await seconds(1, [one]);
    expect(await rollout()).toMatchObject({ step: 1 });
    await seconds(3, [one]);
    expect(await rollout()).toMatchObject({ step: 1 });
  });
});
