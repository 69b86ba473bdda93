import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyChange } from '../../src/domain/apply.ts';
import type { Change, DeclaredRoute, LiveRoute, Outcome } from '../../src/domain/live.ts';

const names = ['a', 'b', 'c', '__proto__'];
const percent = fc.oneof(fc.constantFrom(0, 0.01, 1, 25, 99.99, 100), fc.double({ min: 0, max: 100, noNaN: true }));
const declaration: fc.Arbitrary<readonly DeclaredRoute[]> = fc.uniqueArray(
  fc.record({
    route: fc.constantFrom(...names),
    service: fc.constantFrom('s', 't'),
    percent,
    shadow: percent,
    retired: fc.boolean(),
  }),
  { selector: (declared) => declared.route },
);
const declare = fc.record({
  kind: fc.constant('declare' as const),
  routes: declaration,
  previous: fc.option(declaration),
  declaredAt: fc.nat(5),
  who: fc.constant('file'),
});
const shift = fc.record({
  kind: fc.constant('shift' as const),
  routes: fc.array(fc.constantFrom(...names, 'unknown'), { maxLength: 4 }),
  percent,
  who: fc.constant('bob'),
  reason: fc.option(fc.string()),
});
const rollback = fc.record({
  kind: fc.constant('rollback' as const),
  routes: fc.option(fc.array(fc.constantFrom(...names, 'unknown'), { maxLength: 4 })),
  who: fc.constant('carol'),
  reason: fc.option(fc.string()),
});
const shadow = fc.record({
  kind: fc.constant('shadow' as const),
  routes: fc.array(fc.constantFrom(...names, 'unknown'), { maxLength: 4 }),
  percent,
  source: fc.constantFrom('shift' as const, 'guard' as const),
  who: fc.constant('dan'),
  reason: fc.option(fc.string()),
});
const calibrate = fc.record({
  kind: fc.constant('calibrate' as const),
  routes: fc.array(fc.constantFrom(...names, 'unknown'), { maxLength: 4 }),
  until: fc.nat(),
});
const changes: fc.Arbitrary<readonly Change[]> = fc.array(fc.oneof(declare, shift, rollback, shadow, calibrate), {
  maxLength: 20,
});

interface Step {
  readonly before: readonly LiveRoute[];
  readonly change: Change;
  readonly outcome: Outcome;
}

function play(sequence: readonly Change[]): readonly Step[] {
  let before: readonly LiveRoute[] = [];
  return sequence.map((change, index) => {
    const step = { before, change, outcome: applyChange(before, change, index * 1_000) };
    before = step.outcome.live;
    return step;
  });
}

function everyStep(check: (step: Step) => void): void {
  fc.assert(
    fc.property(changes, (sequence) => {
      for (const step of play(sequence)) check(step);
    }),
    { numRuns: 300 },
  );
}

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
    for (const row of before) {
      const now = after.get(row.route);
      if (now === undefined || now.service !== row.service || now.retired !== row.retired) continue;
      if (change.kind === 'shadow' || change.kind === 'calibrate' || now.declared === row.declared) {
        const moved = change.kind === 'shift' || change.kind === 'rollback';
        if (!moved) expect([now.live, now.latched]).toEqual([row.live, row.latched]);
      }
      if (change.kind !== 'shadow' && now.shadowDeclared === row.shadowDeclared) {
        expect(now.shadowLive).toBe(row.shadowLive);
      }
    }
  });
});

it('does nothing the second time that the same is said', () => {
  everyStep(({ change, outcome }) => {
    const again = applyChange(outcome.live, change, 1e12);
    expect(again.entries).toEqual([]);
    const withoutTimes = (rows: readonly LiveRoute[]) => rows.map((row) => ({ ...row, declaredAt: 0 }));
    expect(withoutTimes(again.live)).toEqual(withoutTimes(outcome.live));
  });
});

it('leaves every row alone on a reload of a file that did not change', () => {
  fc.assert(
    fc.property(changes, declaration, (sequence, routes) => {
      const before = play(sequence).at(-1)?.outcome.live ?? [];
      const reload: Change = { kind: 'declare', routes, previous: routes, declaredAt: 0, who: 'file' };
      const { live } = applyChange(before, reload, 1e12);
      expect(live).toEqual(expect.arrayContaining([...before]));
      expect(new Set(live.map((row) => row.route))).toEqual(
        new Set([...before, ...routes].map((known) => known.route)),
      );
    }),
  );
});

it('clears a latch only by a shift or a declaration that changed', () => {
  everyStep(({ before, change, outcome }) => {
    const after = new Map(outcome.live.map((row) => [row.route, row]));
    for (const row of before.filter((each) => each.latched)) {
      const now = after.get(row.route);
      if (now === undefined || now.latched) continue;
      const redeclared = now.declared !== row.declared || now.service !== row.service || now.retired !== row.retired;
      expect(change.kind === 'shift' || redeclared).toBe(true);
    }
  });
});

it('gives the same rows whichever of two proxies tells first of the same reload', () => {
  fc.assert(
    fc.property(declaration, declaration, fc.nat(6), (old, changed, copies) => {
      const first: Change = { kind: 'declare', routes: old, previous: null, declaredAt: 0, who: 'file' };
      const then: Change = { kind: 'declare', routes: changed, previous: old, declaredAt: 0, who: 'file' };
      const start = applyChange([], first, 1_000).live;
      const once = applyChange(start, then, 2_000);
      let rows = once.live;
      for (let copy = 0; copy < copies; copy += 1) {
        const outcome = applyChange(rows, then, 3_000);
        expect(outcome.entries).toEqual([]);
        rows = outcome.live;
      }
      expect(rows).toEqual(once.live);
      expect(once.refused).toEqual([]);
    }),
  );
});

it('does not touch what it was given', () => {
  everyStep(({ before, change }) => {
    const copy = structuredClone({ before, change });
    applyChange(Object.freeze(before.map((row) => Object.freeze(row))), Object.freeze(change), 1e12);
    expect({ before, change }).toEqual(copy);
  });
});
