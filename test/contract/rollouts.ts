import { beforeEach, describe, expect, it } from 'vitest';
import type { Change, Contents } from '../../src/domain/live.ts';
import type { Rollout, RolloutSettings } from '../../src/domain/rollout/model.ts';
import { beginStep } from '../../src/domain/rollout/position.ts';
import type { SteerAction } from '../../src/domain/rollout/steer.ts';
import type { State } from '../../src/ports.ts';
import { cart, declare, type LastingPlace, order, type Place, rollback, type Suite, shift, suiteAt } from './state.ts';

export const settings: RolloutSettings = {
  steps: [1, 5, 25, 100].map((percent) => ({ percent, hold: 600_000, approve: percent === 25 })),
  gates: { errors: 0.5, p99: 1.2, match: null, minRequests: 500, prometheus: [] },
  onFailure: 'rollback',
};

/** What every state promises of rollouts. */
export function describeRollouts(name: string, makePlace: () => Promise<Place>): void {
  describeWith(name, makePlace, () => {});
}

/** The same, and what is promised beyond one process and its end. */
export function describeLastingRollouts(name: string, makePlace: () => Promise<LastingPlace>): void {
  describeWith(name, makePlace, (suite) => {
    it('are the same after the state was closed and opened again', async () => {
      const state = await suite.open();
      await state.change(start());
      await state.change(conduct(await the(state), { held: 1234 }));
      const rollouts = await state.rollouts();
      const entries = await state.history({ limit: 100 });
      await state.close();
      const again = await suite.open();
      expect(await again.rollouts()).toEqual(rollouts);
      expect(await again.history({ limit: 100 })).toEqual(entries);
    });

    it('are told of when another process moves them', async () => {
      const state = await suite.open();
      await state.change(start());
      const told = await nextContents(state, () => suite.place().changeFromOutside(steer('pause')));
      expect(told.rollouts).toMatchObject([{ standing: { phase: 'paused', who: 'ada' } }]);
    });

    it('are advanced by one of many processes, however many conductors have seen the same', async () => {
      const state = await suite.open();
      await state.change(start());
      const change = advance(await the(state));
      const others = [1, 2, 3].map(() => suite.place().changeFromOutside(change));
      await Promise.all([state.change(change), ...others]);
      expect(await the(state)).toMatchObject({ step: 1, version: 2 });
      const raised = (await state.history({ limit: 100 })).filter(({ to }) => to === 5);
      expect(raised.map(({ route }) => route)).toEqual(['cart', 'order']);
    });
  });
}

function describeWith<P extends Place>(
  name: string,
  makePlace: () => Promise<P>,
  more: (suite: Suite<P>) => void,
): void {
  describe(`rollouts in the ${name} state`, () => {
    let state: State;
    let now: number;
    const suite = suiteAt(makePlace, () => now);
    const { open } = suite;

    beforeEach(async () => {
      now = Date.UTC(2025, 0, 1);
      state = await open();
      await state.change(declare([order(0), cart(0)]));
    });

    const rows = async () => (await state.read()).map(({ route, live, latched }) => [route, live, latched]);
    const news = async (limit: number) =>
      (await state.history({ limit })).map(({ what, route, from, to, source, reason }) => {
        return [what, route, from, to, source, reason];
      });

    it('are none at first', async () => {
      expect(await state.rollouts()).toEqual([]);
    });

    it('begin on the first step, with all of their routes, and say so', async () => {
      const outcome = await state.change(start());
      const begun = {
        name: 'orders',
        routes: ['order', 'cart'],
        settings,
        step: 0,
        standing: { phase: 'holding' },
        held: 0,
        chapter: expect.stringMatching(/./),
        startedAt: now,
        changedAt: now,
        version: 1,
      };
      expect(outcome.rollouts).toEqual([begun]);
      expect(await state.rollouts()).toEqual([begun]);
      expect(await rows()).toEqual([
        ['cart', 1, false],
        ['order', 1, false],
      ]);
      expect(await news(1)).toEqual([
        ['percent', 'cart', 0, 1, 'rollout', 'rollout orders begins on step 1 of 4 (1 %): go'],
      ]);
    });

    it('advance in one change with the percents of all their routes', async () => {
      await state.change(start());
      now += 5_000;
      const outcome = await state.change(advance(await the(state), 'all gates passed: 0 of 600 failed'));
      expect(outcome.rollouts).toMatchObject([{ step: 1, version: 2, changedAt: now, startedAt: now - 5_000 }]);
      expect(await rows()).toEqual([
        ['cart', 5, false],
        ['order', 5, false],
      ]);
      expect(await news(2)).toEqual([
        ['percent', 'cart', 1, 5, 'rollout', 'all gates passed: 0 of 600 failed'],
        ['percent', 'order', 1, 5, 'rollout', 'all gates passed: 0 of 600 failed'],
      ]);
    });

    it('refuse whoever has read another version, and stay as they are', async () => {
      await state.change(start());
      const seen = await the(state);
      await state.change(conduct(seen, { held: 10 }));
      const before = await state.rollouts();
      for (const late of [advance(seen), conduct(seen, { held: 99 }), fail(seen)]) {
        const outcome = await state.change(late);
        expect(outcome.refused).toMatchObject([{ route: 'orders', code: 'conflict' }]);
        expect(outcome.entries).toEqual([]);
      }
      expect(await state.rollouts()).toEqual(before);
      expect(await rows()).toMatchObject([
        ['cart', 1, false],
        ['order', 1, false],
      ]);
    });

    it('are advanced once, though two handles say it at once; the loser reads again', async () => {
      await state.change(start());
      const other = await open();
      const seen = await the(state);
      const outcomes = await Promise.all([state.change(advance(seen)), other.change(advance(seen))]);
      expect(outcomes.map(({ refused }) => refused.map(({ code }) => code)).sort()).toEqual([[], ['conflict']]);
      expect((await other.change(advance(await the(other)))).refused).toEqual([]);
      expect(await the(state)).toMatchObject({ step: 2 });
    });

    it('keep how long they have held, without a word in the history', async () => {
      await state.change(start());
      const entries = await state.history({ limit: 100 });
      for (const held of [250, 500, 750]) {
        now += 250;
        const outcome = await state.change(conduct(await the(state), { held }));
        expect([outcome.entries, outcome.refused]).toEqual([[], []]);
      }
      expect(await the(state)).toMatchObject({ held: 750, version: 4, changedAt: now - 750 });
      expect(await state.history({ limit: 100 })).toEqual(entries);
    });

    it('tell watchers, and let them see that no row has changed when only time has passed', async () => {
      const told: Contents[] = [];
      const stop = state.watch((live, rollouts) => told.push({ live, rollouts }));
      await state.change(start());
      await state.change(conduct(await the(state), { held: 250 }));
      await state.change(advance(await the(state)));
      await expect
        .poll(() => told.map(({ rollouts: [one] }) => [one?.step, one?.held]))
        .toEqual([
          [0, 0],
          [0, 250],
          [1, 0],
        ]);
      expect(told[1]!.live).toBe(told[0]!.live);
      expect(told[2]!.live).not.toBe(told[1]!.live);
      expect(told.map(({ live }) => live[0]?.live)).toEqual([1, 1, 5]);
      stop();
    });

    it('tell watchers of what another handle does', async () => {
      await state.change(start());
      const other = await open();
      const told = await nextContents(state, () => other.change(steer('pause')));
      expect(told.rollouts).toMatchObject([{ standing: { phase: 'paused', reason: 'lunch' } }]);
    });

    it('fail back to 0, latched, and begin again when somebody starts them', async () => {
      await state.change(start());
      await state.change(fail(await the(state)));
      expect(await rows()).toEqual([
        ['cart', 0, true],
        ['order', 0, true],
      ]);
      expect(await the(state)).toMatchObject({ standing: { phase: 'failed', reason: '9 of 500 failed' } });
      expect((await state.change(advance(await the(state)))).refused).toMatchObject([{ code: 'no-rollout' }]);
      expect((await state.change(steer('promote'))).refused).toMatchObject([{ code: 'no-rollout' }]);
      const { rollouts } = await state.change(start());
      expect(rollouts).toMatchObject([{ step: 0, version: 3, standing: { phase: 'holding' } }]);
      expect(await rows()).toEqual([
        ['cart', 1, false],
        ['order', 1, false],
      ]);
    });

    it('are ended by a rollback of one of their routes, which moves no other', async () => {
      await state.change(start());
      await state.change(rollback(['cart'], 'fire'));
      expect(await rows()).toEqual([
        ['cart', 0, true],
        ['order', 1, false],
      ]);
      expect(await the(state)).toMatchObject({
        standing: { phase: 'aborted', who: 'carol', reason: 'cart: rolled back: fire' },
      });
      const words = 'rollout orders ends on step 1 of 4 (1 %): cart: rolled back: fire';
      expect(await news(3)).toEqual([
        ['rollout', 'cart', 0, 0, 'rollback', words],
        ['rollout', 'order', 1, 1, 'rollback', words],
        ['percent', 'cart', 1, 0, 'rollback', 'fire'],
      ]);
    });

    it('fail by the guard, with all of their routes where the plan says rollback', async () => {
      await state.change(start());
      await state.change({ kind: 'guard', routes: ['cart'], who: 'strangler', reason: '30 of 60 failed' });
      expect(await rows()).toEqual([
        ['cart', 0, true],
        ['order', 0, true],
      ]);
      expect(await the(state)).toMatchObject({ standing: { phase: 'failed', reason: 'cart: 30 of 60 failed' } });
      const [latest] = await state.history({ limit: 1, route: 'order' });
      expect(latest).toMatchObject({ from: 1, to: 0, source: 'guard', who: 'strangler' });
      expect(latest?.reason).toBe('rollout orders failed on step 1 of 4 (1 %): cart: 30 of 60 failed');
    });

    it('leave the other routes to the guard alone where the plan says pause', async () => {
      await state.change(start({ settings: { ...settings, onFailure: 'pause' } }));
      await state.change({ kind: 'guard', routes: ['cart'], who: 'strangler', reason: '30 of 60 failed' });
      expect(await rows()).toEqual([
        ['cart', 0, true],
        ['order', 1, false],
      ]);
    });

    it('are ended by a declared percent that changes, and by nothing else that is declared', async () => {
      await state.change(start());
      const shadowed = [order(0, { shadow: 5 }), cart(0)];
      await state.change(declare(shadowed, { previous: [order(0), cart(0)] }));
      expect(await the(state)).toMatchObject({ standing: { phase: 'holding' } });
      await state.change(declare([order(2, { shadow: 5 }), cart(0)], { previous: shadowed }));
      expect(await the(state)).toMatchObject({ standing: { phase: 'aborted', who: 'alice' } });
      expect(await rows()).toEqual([
        ['cart', 1, false],
        ['order', 2, false],
      ]);
    });

    it('refuse a shift, with the way out, unless it pauses them', async () => {
      await state.change(start());
      const outcome = await state.change(shift(['order'], 3));
      expect(outcome.refused).toMatchObject([{ route: 'order', code: 'in-rollout' }]);
      expect(outcome.refused[0]?.message).toContain('--pause-rollout');
      expect(outcome.refused[0]?.message).toContain('strangler rollout abort orders');
      expect(outcome.entries).toEqual([]);
      const { chapter } = await the(state);
      const shifting = { kind: 'shift', routes: ['order'], percent: 3, pauseRollout: true } as const;
      await state.change({ ...shifting, who: 'bob', reason: null });
      const paused = await the(state);
      expect(paused).toMatchObject({ step: 0, standing: { phase: 'paused', who: 'bob' } });
      expect(paused.chapter).not.toBe(chapter);
      expect(await rows()).toEqual([
        ['cart', 1, false],
        ['order', 3, false],
      ]);
      expect((await state.change(steer('promote'))).refused).toMatchObject([{ code: 'not-now' }]);
      // What a shift has given is not taken back: the first step that is wide enough, for both.
      await state.change(steer('resume'));
      expect(await the(state)).toMatchObject({ step: 1, held: 0, standing: { phase: 'holding' } });
      expect(await rows()).toEqual([
        ['cart', 5, false],
        ['order', 5, false],
      ]);
    });

    it('go on after a pause with what they have held; after a pause of their own they begin the step anew', async () => {
      await state.change(start());
      await state.change(conduct(await the(state), { held: 700 }));
      await state.change(steer('pause'));
      const { chapter } = await the(state);
      await state.change(steer('resume'));
      expect(await the(state)).toMatchObject({ held: 700, chapter, standing: { phase: 'holding' } });
      const standing = { phase: 'paused', who: 'rollout', reason: 'p99' } as const;
      await state.change(conduct(await the(state), { standing }, 'p99 is too high'));
      await state.change(steer('resume'));
      const anew = await the(state);
      expect(anew).toMatchObject({ step: 0, held: 0 });
      expect(anew.chapter).not.toBe(chapter);
    });

    it('are promoted step by step to their end, for the step that was meant', async () => {
      await state.change(start());
      for (const step of [0, 1, 2, 3]) {
        expect((await state.change(steer('promote', step))).refused).toEqual([]);
        const again = await state.change(steer('promote', step));
        expect(again.refused).toMatchObject([{ code: step === 3 ? 'no-rollout' : 'conflict' }]);
      }
      expect(await the(state)).toMatchObject({ step: 3, standing: { phase: 'complete' } });
      expect(await rows()).toEqual([
        ['cart', 100, false],
        ['order', 100, false],
      ]);
      const words = 'rollout orders: step 4 of 4 (100 %) promoted without waiting for its gates, complete: lunch';
      expect(await news(1)).toEqual([['rollout', 'cart', 100, 100, 'shift', words]]);
    });

    it('leave callers where they are when they are aborted', async () => {
      await state.change(start());
      await state.change(steer('abort'));
      expect(await rows()).toEqual([
        ['cart', 1, false],
        ['order', 1, false],
      ]);
      expect(await the(state)).toMatchObject({ standing: { phase: 'aborted', who: 'ada', reason: 'lunch' } });
    });

    it('begin on the first step that takes nobody back, and not beyond the last', async () => {
      await state.change(shift(['order', 'cart'], 12));
      expect((await state.change(start())).rollouts).toMatchObject([{ step: 2 }]);
      expect(await rows()).toEqual([
        ['cart', 25, false],
        ['order', 25, false],
      ]);
      await state.change(steer('abort'));
      await state.change(shift(['cart'], 100));
      expect((await state.change(start())).refused).toMatchObject([{ route: 'cart', code: 'beyond-steps' }]);
    });

    it('widen no route by a step for which there is evidence of another one only', async () => {
      await state.change(shift(['order'], 50));
      const { refused, rollouts } = await state.change(start());
      expect(refused).toMatchObject([{ route: 'orders', code: 'not-now' }]);
      expect(refused[0]?.message).toMatch(/cart at 0 % and order at 50 %: .*strangler shift/);
      expect(rollouts).toEqual([]);
      expect(await rows()).toMatchObject([
        ['cart', 0, false],
        ['order', 50, false],
      ]);
    });

    it('begin with all routes or with none', async () => {
      await state.change(start({ name: 'cart', routes: ['cart'] }));
      const outcome = await state.change(start({ routes: ['order', 'cart', 'nobody'] }));
      expect(outcome.refused.map(({ route, code }) => [route, code])).toEqual([
        ['cart', 'in-rollout'],
        ['nobody', 'unknown-route'],
      ]);
      expect(outcome.rollouts.map(({ name }) => name)).toEqual(['cart']);
      expect(await rows()).toMatchObject([
        ['cart', 1, false],
        ['order', 0, false],
      ]);
    });

    it('come back with rows that the state has lost', async () => {
      await state.change(start());
      const remembered = await state.read();
      const rememberedRollouts = await state.rollouts();
      const emptied = await makePlace();
      const anew = await emptied.open({ now: () => now });
      await anew.change({ ...(declare([order(0), cart(0)]) as object), remembered, rememberedRollouts } as Change);
      expect(await anew.read()).toEqual(remembered);
      expect(await anew.rollouts()).toEqual(rememberedRollouts);
      await anew.close();
      await emptied.remove();
    });

    it('reject a plan that can not be followed', async () => {
      for (const percents of [[], [5, 5], [5, 1], [0, 5], [101]]) {
        const steps = percents.map((percent) => ({ percent, hold: 1, approve: false }));
        await expect(state.change(start({ settings: { ...settings, steps } }))).rejects.toThrow(RangeError);
      }
      expect(await state.rollouts()).toEqual([]);
    });

    more(suite);
  });
}

async function the(state: State): Promise<Rollout> {
  return (await state.rollouts())[0]!;
}

/** What a watcher is told next, after `cause`. */
function nextContents(state: State, cause: () => Promise<unknown>): Promise<Contents> {
  return new Promise((resolve, reject) => {
    const stop = state.watch((live, rollouts) => {
      stop();
      resolve({ live, rollouts });
    });
    cause().catch(reject);
  });
}

type Start = Extract<Change, { kind: 'rollout-start' }>;

export function start(rest: Partial<Start> = {}): Change {
  return {
    kind: 'rollout-start',
    name: 'orders',
    routes: ['order', 'cart'],
    settings,
    who: 'ada',
    reason: 'go',
    ...rest,
  };
}

function steer(action: SteerAction, step?: number): Change {
  return {
    kind: 'rollout-steer',
    name: 'orders',
    action,
    ...(step !== undefined && { step }),
    who: 'ada',
    reason: 'lunch',
  };
}

function conduct(seen: Rollout, rest: Partial<Rollout>, reason: string | null = null): Change {
  const author = { source: 'rollout', who: 'strangler', reason } as const;
  return { kind: 'rollout', name: seen.name, version: seen.version, to: { ...seen, ...rest }, ...author };
}

function advance(seen: Rollout, reason = 'all gates passed'): Change {
  return conduct(seen, beginStep(seen, seen.step + 1), reason);
}

function fail(seen: Rollout): Change {
  return conduct(seen, { standing: { phase: 'failed', reason: '9 of 500 failed' } }, '9 of 500 failed');
}
