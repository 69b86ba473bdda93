import { describe, expect, it } from 'vitest';
import { applyChange } from '../../src/domain/apply.ts';
import type { Change, DeclaredRoute, LiveRoute, Outcome } from '../../src/domain/live.ts';
import { toPercent } from '../../src/domain/percent.ts';
import { aRow } from './a-row.ts';

const now = Date.UTC(2025, 5, 1);
const row = (rest: Partial<LiveRoute> = {}): LiveRoute => aRow({ declared: 25, declaredAt: 1_000, live: 25, ...rest });
const file = (rest: Partial<DeclaredRoute> = {}): DeclaredRoute => ({
  route: 'order',
  service: 'orders',
  percent: 25,
  shadow: 0,
  retired: false,
  ...rest,
});
const reload = (before: readonly LiveRoute[], previous: readonly DeclaredRoute[], routes: readonly DeclaredRoute[]) =>
  applyChange(
    { live: before, rollouts: [] },
    { kind: 'declare', routes, previous, declaredAt: 1_000, who: 'alice' },
    now,
  );
const start = (before: readonly LiveRoute[], routes: readonly DeclaredRoute[], declaredAt = 1_000) =>
  applyChange(
    { live: before, rollouts: [] },
    { kind: 'declare', routes, previous: null, declaredAt, who: 'alice' },
    now,
  );
const shift = (before: readonly LiveRoute[], percent: number) =>
  applyChange(
    { live: before, rollouts: [] },
    { kind: 'shift', routes: ['order'], percent, who: 'bob', reason: 'because' },
    now,
  );
const rollBack = (before: readonly LiveRoute[], routes: readonly string[] | null) =>
  applyChange({ live: before, rollouts: [] }, { kind: 'rollback', routes, who: 'carol', reason: null }, now);

const moves = ({ entries }: Outcome) => entries.map(({ from, to }) => [from, to]);
const codes = ({ refused }: Outcome) => refused.map(({ route, code }) => [route, code]);

describe('a declaration, on a reload', () => {
  it('moves live when the file changes what the state has', () => {
    const outcome = reload([row({ live: 60, latched: true })], [file()], [file({ percent: 30 })]);
    expect(outcome.live).toEqual([row({ declared: 30, live: 30 })]);
    expect(outcome.entries).toEqual([
      {
        what: 'percent',
        at: '2025-06-01T00:00:00.000Z',
        route: 'order',
        from: 60,
        to: 30,
        source: 'file',
        who: 'alice',
        reason: null,
      },
    ]);
  });

  it('leaves a shifted, latched route alone when the file says of it what it said before', () => {
    const shifted = row({ live: 0, latched: true });
    expect(reload([shifted], [file()], [file()])).toEqual({ live: [shifted], rollouts: [], entries: [], refused: [] });
  });

  it('does nothing when another proxy was first with the same file', () => {
    const there = row({ declared: 30, live: 70 });
    expect(reload([there], [file()], [file({ percent: 30 })])).toEqual({
      live: [there],
      rollouts: [],
      entries: [],
      refused: [],
    });
  });

  it("keeps the row when the state follows someone else's file", () => {
    const theirs = row({ declared: 40, live: 40 });
    const outcome = reload([theirs], [file()], [file({ percent: 30 })]);
    expect(outcome.live).toEqual([theirs]);
    expect(codes(outcome)).toEqual([['order', 'conflict']]);
    expect(outcome.refused[0]?.message).toContain('"orders" at 40 %');
    expect(outcome.refused[0]?.message).toContain('"orders" at 30 %');
  });

  it('says so when it disagrees with the state about a route that it did not change', () => {
    expect(codes(reload([row({ declared: 40 })], [file()], [file()]))).toEqual([['order', 'conflict']]);
  });

  it('follows a backup that was moved into place, though it is older', () => {
    const outcome = reload([row({ declaredAt: 9_000 })], [file()], [file({ percent: 5 })]);
    expect(outcome.live).toEqual([row({ declared: 5, live: 5, declaredAt: 9_000 })]);
  });

  it('resets live when the service changes, and says which', () => {
    const outcome = reload([row({ live: 60, latched: true })], [file()], [file({ service: 'orders-2' })]);
    expect(outcome.live).toEqual([row({ service: 'orders-2' })]);
    expect(outcome.entries).toMatchObject([{ from: 60, to: 25, reason: 'service orders → orders-2' }]);
  });

  it('records a change of service that leaves the percent as it is', () => {
    expect(moves(reload([row()], [file()], [file({ service: 'orders-2' })]))).toEqual([[25, 25]]);
  });

  it('brings a rolled back route to its declared percent when legacy retires', () => {
    const before = row({ declared: 100, live: 0, latched: true });
    const outcome = reload([before], [file({ percent: 100 })], [file({ percent: 100, retired: true })]);
    expect(outcome.live).toEqual([row({ declared: 100, live: 100, retired: true })]);
  });

  it('takes out a route that left the file, and leaves those that were never in it', () => {
    const outcome = reload([row({ live: 60 }), row({ route: 'theirs' })], [file()], []);
    expect(outcome.live).toEqual([row({ route: 'theirs' })]);
    expect(moves(outcome)).toEqual([[60, null]]);
  });

  it('does not take out what another file has changed', () => {
    const outcome = reload([row({ declared: 40 })], [file()], []);
    expect(outcome.live).toEqual([row({ declared: 40 })]);
    expect(codes(outcome)).toEqual([['order', 'conflict']]);
  });

  it('heals a state that lost the row', () => {
    const outcome = reload([], [file()], [file()]);
    expect(outcome.live).toEqual([row()]);
    expect(moves(outcome)).toEqual([[null, 25]]);
  });

  it('writes nothing into the history when live is there already', () => {
    const outcome = reload([row({ live: 30 })], [file()], [file({ percent: 30 })]);
    expect(outcome.live).toEqual([row({ declared: 30, live: 30 })]);
    expect(outcome.entries).toEqual([]);
  });
});

describe('a declaration, at start-up', () => {
  it('leaves live alone when the state was declared the same', () => {
    const shifted = row({ live: 60, latched: true });
    expect(start([shifted], [file()])).toEqual({ live: [shifted], rollouts: [], entries: [], refused: [] });
  });

  it('moves live when the file changed while no proxy ran', () => {
    expect(start([row({ live: 60 })], [file({ percent: 30 })], 2_000).live).toEqual([
      row({ declared: 30, live: 30, declaredAt: 2_000 }),
    ]);
  });

  it('never undoes a newer file: not a percent, not a route that it lacks', () => {
    const before = [row({ declaredAt: 5_000 }), row({ route: 'x', declaredAt: 5_000 })];
    const outcome = start(before, [file({ percent: 30 })], 4_999);
    expect(outcome.live).toEqual(before);
    expect(outcome.entries).toEqual([]);
    expect(codes(outcome)).toEqual([
      ['order', 'older-file'],
      ['x', 'older-file'],
    ]);
    expect(outcome.refused[0]?.message).toContain('1970-01-01T00:00:05.000Z');
  });

  it('remembers the newest file that agreed, so that one between the two does not win', () => {
    const agreed = start([row()], [file()], 3_000);
    expect(agreed.entries).toEqual([]);
    expect(codes(start(agreed.live, [file({ percent: 30 })], 2_000))).toEqual([['order', 'older-file']]);
  });

  it('takes out a route that a file which is not older lacks', () => {
    expect(start([row()], [], 1_000).live).toEqual([]);
  });

  it('does not let a file from the future stay the newest', () => {
    const { live } = start([], [file()], now + 86_400_000);
    const tomorrow = now + 1_000;
    const change: Change = {
      kind: 'declare',
      routes: [file({ percent: 1 })],
      previous: null,
      declaredAt: tomorrow,
      who: '',
    };
    expect(applyChange({ live, rollouts: [] }, change, tomorrow).live).toMatchObject([{ live: 1 }]);
  });
});

describe('a shift', () => {
  it('sets live and clears the latch', () => {
    const outcome = shift([row({ live: 0, latched: true })], 12.345);
    expect(outcome.live).toEqual([row({ live: 12.35 })]);
    expect(outcome.entries).toMatchObject([{ from: 0, to: 12.35, source: 'shift', who: 'bob', reason: 'because' }]);
  });

  it('to the same percent is in the history only when it clears a latch', () => {
    expect(shift([row()], 25).entries).toEqual([]);
    expect(moves(shift([row({ live: 0, latched: true })], 0))).toEqual([[0, 0]]);
  });

  it('is refused for a route that the state does not know, or that only its service can answer', () => {
    expect(codes(shift([], 5))).toEqual([['order', 'unknown-route']]);
    expect(codes(shift([row({ retired: true })], 5))).toEqual([['order', 'retired']]);
  });

  it('moves a route once, however often it is named', () => {
    const change: Change = { kind: 'shift', routes: ['order', 'order'], percent: 5, who: 'bob', reason: null };
    expect(moves(applyChange({ live: [row()], rollouts: [] }, change, now))).toEqual([[25, 5]]);
  });
});

describe('a rollback', () => {
  it('goes to 0 and latches, also a route that is at 0', () => {
    const outcome = rollBack([row(), row({ route: 'x', live: 0 })], ['x', 'order']);
    expect(outcome.live).toEqual([row({ live: 0, latched: true }), row({ route: 'x', live: 0, latched: true })]);
    expect(moves(outcome)).toEqual([
      [0, 0],
      [25, 0],
    ]);
  });

  it('of everything lists the retired routes and leaves them', () => {
    const outcome = rollBack([row(), row({ route: 'gone', retired: true, live: 100 })], null);
    expect(outcome.live.map(({ route, live }) => [route, live])).toEqual([
      ['gone', 100],
      ['order', 0],
    ]);
    expect(codes(outcome)).toEqual([['gone', 'retired']]);
  });

  it('twice is in the history once', () => {
    expect(rollBack(rollBack([row()], null).live, null).entries).toEqual([]);
  });

  it('of an unknown route is refused', () => {
    expect(codes(rollBack([], ['order']))).toEqual([['order', 'unknown-route']]);
  });
});

describe('a declared shadow percent', () => {
  it('sets the live one when it changes, and leaves a shifted, latched percent alone', () => {
    const before = row({ live: 0, latched: true, shadowDeclared: 10, shadowLive: 3 });
    const outcome = reload([before], [file({ shadow: 10 })], [file({ shadow: 20 })]);
    expect(outcome.live).toEqual([row({ live: 0, latched: true, shadowDeclared: 20, shadowLive: 20 })]);
    expect(outcome.entries).toMatchObject([{ what: 'shadow', from: 3, to: 20, source: 'file', who: 'alice' }]);
  });

  it('that did not change leaves the live one alone, whatever becomes of the percent', () => {
    const before = row({ shadowDeclared: 10, shadowLive: 3 });
    const outcome = reload([before], [file({ shadow: 10 })], [file({ percent: 30, shadow: 10 })]);
    expect(outcome.live).toEqual([row({ declared: 30, live: 30, shadowDeclared: 10, shadowLive: 3 })]);
    expect(outcome.entries).toMatchObject([{ what: 'percent', from: 25, to: 30 }]);
    expect(start(outcome.live, [file({ percent: 30, shadow: 10 })]).live).toEqual(outcome.live);
  });

  it('begins anew with another service, and so does a calibration', () => {
    const before = row({ live: 60, shadowDeclared: 10, shadowLive: 3, calibrateUntil: 9_999 });
    const outcome = reload([before], [file({ shadow: 10 })], [file({ shadow: 10, service: 'orders-2' })]);
    expect(outcome.live).toEqual([row({ service: 'orders-2', shadowDeclared: 10, shadowLive: 10 })]);
    expect(outcome.entries.map(({ what, from, to }) => [what, from, to])).toEqual([
      ['percent', 60, 25],
      ['shadow', 3, 10],
    ]);
  });

  it('follows where only the percent is in conflict, and the other way round', () => {
    const before = row({ declared: 40, shadowDeclared: 10, shadowLive: 10 });
    const shadow = reload([before], [file({ shadow: 10 })], [file({ shadow: 20 })]);
    expect(shadow.live).toEqual([row({ declared: 40, shadowDeclared: 20, shadowLive: 20 })]);
    expect(codes(shadow)).toEqual([['order', 'conflict']]);

    const theirs = row({ shadowDeclared: 7, shadowLive: 7 });
    const percent = reload([theirs], [file({ shadow: 10 })], [file({ percent: 30, shadow: 10 })]);
    expect(percent.live).toEqual([{ ...theirs, declared: 30, live: 30 }]);
    expect(percent.refused).toMatchObject([{ code: 'conflict', message: expect.stringContaining('shadowed at 7 %') }]);
  });

  it('never undoes a newer file at start-up', () => {
    const before = [row({ declaredAt: 5_000, shadowDeclared: 10, shadowLive: 3 })];
    const outcome = start(before, [file({ shadow: 20 })], 4_999);
    expect(outcome.live).toEqual(before);
    expect(codes(outcome)).toEqual([['order', 'older-file']]);
  });

  it('is in the history of a route that comes and goes, where anything was shadowed', () => {
    const whats = ({ entries }: Outcome) => entries.map(({ what, from, to }) => [what, from, to]);
    const shadowed = start([], [file({ shadow: 5 })]);
    expect(whats(shadowed)).toEqual([
      ['percent', null, 25],
      ['shadow', null, 5],
    ]);
    expect(whats(reload(shadowed.live, [file({ shadow: 5 })], []))).toEqual([
      ['percent', 25, null],
      ['shadow', 5, null],
    ]);
    expect(whats(start([], [file()]))).toEqual([['percent', null, 25]]);
  });
});

describe('a change of the live shadow', () => {
  const shadow = (before: readonly LiveRoute[], percent: number, source: 'shift' | 'guard' = 'shift') =>
    applyChange(
      { live: before, rollouts: [] },
      { kind: 'shadow', routes: ['order'], percent, source, who: 'dan', reason: 'why' },
      now,
    );

  it('leaves percent and latch alone, and says who and why', () => {
    const outcome = shadow([row({ live: 0, latched: true })], 12.345);
    expect(outcome.live).toEqual([row({ live: 0, latched: true, shadowLive: 12.35 })]);
    expect(outcome.entries).toEqual([
      {
        what: 'shadow',
        at: '2025-06-01T00:00:00.000Z',
        route: 'order',
        from: 0,
        to: 12.35,
        source: 'shift',
        who: 'dan',
        reason: 'why',
      },
    ]);
    expect(shadow(outcome.live, 12.35).entries).toEqual([]);
  });

  it("can be the proxy's own", () => {
    expect(shadow([row({ shadowLive: 5 })], 0, 'guard').entries).toMatchObject([{ source: 'guard', from: 5, to: 0 }]);
  });

  it('survives a rollback', () => {
    expect(rollBack([row({ shadowLive: 5 })], null).live).toMatchObject([{ live: 0, shadowLive: 5 }]);
  });

  it('is refused for a route that the state does not know, or whose legacy is gone', () => {
    expect(codes(shadow([], 5))).toEqual([['order', 'unknown-route']]);
    expect(codes(shadow([row({ retired: true })], 5))).toEqual([['order', 'retired']]);
  });
});

describe('a calibration', () => {
  const calibrate = (before: readonly LiveRoute[], until: number) =>
    applyChange({ live: before, rollouts: [] }, { kind: 'calibrate', routes: ['order'], until }, now);

  it('lasts until its time, and is not in the history', () => {
    const outcome = calibrate([row({ live: 0, latched: true })], now + 60_000);
    expect(outcome.live).toEqual([row({ live: 0, latched: true, calibrateUntil: now + 60_000 })]);
    expect(outcome.entries).toEqual([]);
    expect(calibrate(outcome.live, 0).live).toMatchObject([{ calibrateUntil: 0 }]);
  });

  it('is refused where there is no legacy, and rejects what is no time', () => {
    expect(codes(calibrate([row({ retired: true })], now))).toEqual([['order', 'retired']]);
    for (const until of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => calibrate([row()], until)).toThrow(RangeError);
    }
  });
});

describe('a percent', () => {
  it('is rounded to two decimals', () => {
    expect([0, 0.004, 0.005, 33.333, 99.999, 100].map(toPercent)).toEqual([0, 0, 0.01, 33.33, 100, 100]);
    expect(Object.is(toPercent(-0), 0)).toBe(true);
  });

  it('lies between 0 and 100', () => {
    for (const value of [-0.001, 100.001, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => toPercent(value)).toThrow(RangeError);
    }
  });
});
