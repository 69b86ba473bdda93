import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyChange } from '../../src/domain/apply.ts';
import type { Change, Contents, LiveRoute } from '../../src/domain/live.ts';
import { changes, declaration, everyStep, play } from './any-change.ts';

it('keeps every percent between 0 and 100, with two decimals, under one row a route', () => {
  everyStep(({ outcome }) => {
    for (const { live, declared, shadowLive, shadowDeclared } of outcome.live) {
      for (const value of [live, declared, shadowLive, shadowDeclared]) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(100);
        expect(Number(value.toFixed(2))).toBe(value);
      }
    }
    const routes = outcome.live.map((row) => row.route);
    expect(routes).toEqual([...new Set(routes)].sort());
  });
});

it('keeps a latched route at 0, and never latches a retired one', () => {
  everyStep(({ outcome }) => {
    for (const row of outcome.live) if (row.latched) expect(row).toMatchObject({ live: 0, retired: false });
  });
});

it('tells a history from which the live percents and shadows follow', () => {
  fc.assert(
    fc.property(changes, (sequence) => {
      const percents = new Map<string, number>();
      const shadows = new Map<string, number>();
      for (const { outcome } of play(sequence)) {
        for (const { what, route, from, to } of outcome.entries) {
          if (what === 'rollout') {
            expect([from, to]).toEqual([percents.get(route), percents.get(route)]);
            continue;
          }
          const replayed = what === 'percent' ? percents : shadows;
          expect(from ?? 0).toBe(replayed.get(route) ?? 0);
          if (what === 'percent') expect(from === null).toBe(!percents.has(route));
          if (to === null) replayed.delete(route);
          else replayed.set(route, to);
        }
        expect(new Map(outcome.live.map((row) => [row.route, row.live]))).toEqual(percents);
        for (const { route, shadowLive } of outcome.live) expect(shadowLive).toBe(shadows.get(route) ?? 0);
      }
    }),
    { numRuns: 300 },
  );
});

it('never moves the percent for the sake of a shadow, nor a shadow for the sake of the percent', () => {
  everyStep(({ before, change, outcome }) => {
    const after = new Map(outcome.live.map((row) => [row.route, row]));
    for (const row of before.live) {
      const now = after.get(row.route);
      if (now === undefined || now.service !== row.service || now.retired !== row.retired) continue;
      if (change.kind === 'shadow' || change.kind === 'calibrate' || now.declared === row.declared) {
        if (!movesCallers(change)) expect([now.live, now.latched]).toEqual([row.live, row.latched]);
      }
      if (change.kind !== 'shadow' && now.shadowDeclared === row.shadowDeclared) {
        expect(now.shadowLive).toBe(row.shadowLive);
      }
    }
  });
});

it('does nothing the second time that the same is said', () => {
  everyStep(({ change, outcome }) => {
    // Who says "promote" twice, and not for which step, means two steps.
    if (change.kind === 'rollout-steer' && change.action === 'promote') return;
    const again = applyChange(outcome, change, 1e12);
    expect(again.entries).toEqual([]);
    const withoutTimes = (rows: readonly LiveRoute[]) => rows.map((row) => ({ ...row, declaredAt: 0 }));
    expect(withoutTimes(again.live)).toEqual(withoutTimes(outcome.live));
    expect(again.rollouts).toEqual(outcome.rollouts);
  });
});

it('leaves every row alone on a reload of a file that did not change', () => {
  fc.assert(
    fc.property(changes, declaration, (sequence, routes) => {
      const before = play(sequence).at(-1)?.outcome ?? { live: [], rollouts: [] };
      const reload: Change = { kind: 'declare', routes, previous: routes, declaredAt: 0, who: 'file' };
      const { live, rollouts } = applyChange(before, reload, 1e12);
      expect(live).toEqual(expect.arrayContaining([...before.live]));
      expect(rollouts).toEqual(before.rollouts);
      expect(new Set(live.map((row) => row.route))).toEqual(
        new Set([...before.live, ...routes].map((known) => known.route)),
      );
    }),
  );
});

it('clears a latch only by a shift, a rollout that begins or a declaration that changed', () => {
  everyStep(({ before, change, outcome }) => {
    const after = new Map(outcome.live.map((row) => [row.route, row]));
    for (const row of before.live.filter((each) => each.latched)) {
      const now = after.get(row.route);
      if (now === undefined || now.latched) continue;
      const redeclared = now.declared !== row.declared || now.service !== row.service || now.retired !== row.retired;
      expect(change.kind === 'shift' || change.kind === 'rollout-start' || redeclared).toBe(true);
    }
  });
});

it('gives the same rows whichever of two proxies tells first of the same reload', () => {
  fc.assert(
    fc.property(declaration, declaration, fc.nat(6), (old, changed, copies) => {
      const first: Change = { kind: 'declare', routes: old, previous: null, declaredAt: 0, who: 'file' };
      const then: Change = { kind: 'declare', routes: changed, previous: old, declaredAt: 0, who: 'file' };
      const start = applyChange({ live: [], rollouts: [] }, first, 1_000);
      const once = applyChange(start, then, 2_000);
      let rows: Contents = once;
      for (let copy = 0; copy < copies; copy += 1) {
        const outcome = applyChange(rows, then, 3_000);
        expect(outcome.entries).toEqual([]);
        rows = outcome;
      }
      expect(rows.live).toEqual(once.live);
      expect(once.refused).toEqual([]);
    }),
  );
});

it('does not touch what it was given', () => {
  everyStep(({ before, change }) => {
    const copy = structuredClone({ before, change });
    applyChange(deepFrozen(before), deepFrozen(change), 1e12);
    expect({ before, change }).toEqual(copy);
  });
});

const movesCallers = ({ kind }: Change) => kind !== 'declare' && kind !== 'shadow' && kind !== 'calibrate';

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFrozen);
  return value;
}
