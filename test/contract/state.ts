import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change, DeclaredRoute, LiveRoute } from '../../src/domain/live.ts';
import type { Clock, State } from '../../src/ports.ts';
import { aRow } from '../domain/a-row.ts';

/** Where one test's state lives: handles opened on it see each other's changes. */
export interface Place {
  open(clock: Clock): Promise<State>;
  remove(): Promise<void>;
}

/** A place that outlives its handles and that other processes reach too. */
export interface LastingPlace extends Place {
  changeFromOutside(change: Change): Promise<void>;
}

/** What one test works with; `open` gives a further handle on its place. */
export interface Suite<P> {
  place(): P;
  open(): Promise<State>;
}

/** A fresh place for each test, and an end to every handle on it. */
export function suiteAt<P extends Place>(makePlace: () => Promise<P>, now: () => number): Suite<P> {
  let place: P;
  const handles: State[] = [];
  beforeEach(async () => {
    place = await makePlace();
  });
  afterEach(async () => {
    await Promise.all(handles.splice(0).map((handle) => handle.close()));
    await place.remove();
  });
  return {
    place: () => place,
    async open() {
      const handle = await place.open({ now });
      handles.push(handle);
      return handle;
    },
  };
}

/** What every state promises, whatever it is made of. */
export function describeState(name: string, makePlace: () => Promise<Place>): void {
  describeWith(name, makePlace, () => {});
}

/** The same, and what is promised beyond one process and its end. */
export function describeLastingState(name: string, makePlace: () => Promise<LastingPlace>): void {
  describeWith(name, makePlace, (suite) => {
    it('tells watchers of what another process changes', async () => {
      const state = await suite.open();
      await state.change(declare([order(25)]));
      const rows = await nextRows(state, () => suite.place().changeFromOutside(shift(['order'], 32)));
      expect(rows).toMatchObject([{ route: 'order', live: 32 }]);
    });

    it('is the same after it was closed and opened again', async () => {
      const state = await suite.open();
      await state.change(declare([order(25), cart(10)]));
      await state.change(rollback(['cart']));
      await state.change(shift(['order'], 12.34));
      const rows = await state.read();
      const entries = await state.history({ limit: 100 });
      await state.close();
      const again = await suite.open();
      expect(await again.read()).toEqual(rows);
      expect(await again.history({ limit: 100 })).toEqual(entries);
    });
  });
}

function describeWith<P extends Place>(
  name: string,
  makePlace: () => Promise<P>,
  more: (suite: Suite<P>) => void,
): void {
  describe(`the ${name} state`, () => {
    let state: State;
    let now: number;
    const suite = suiteAt(makePlace, () => now);
    const { open } = suite;

    beforeEach(async () => {
      now = Date.UTC(2025, 0, 1);
      state = await open();
    });

    const percents = async (): Promise<Record<string, number>> =>
      Object.fromEntries((await state.read()).map((row) => [row.route, row.live]));

    it('knows no route and no history at first', async () => {
      expect(await state.read()).toEqual([]);
      expect(await state.history({ limit: 10 })).toEqual([]);
    });

    it('starts a declared route at its declared percent, and says so in the history', async () => {
      const outcome = await state.change(declare([order(25)], { declaredAt: now - 5 }));
      const row = aRow({ declared: 25, declaredAt: now - 5, live: 25 });
      expect(outcome.live).toEqual([row]);
      expect(await state.read()).toEqual([row]);
      expect(await state.history({ limit: 10 })).toEqual([
        {
          what: 'percent',
          at: '2025-01-01T00:00:00.000Z',
          route: 'order',
          from: null,
          to: 25,
          source: 'file',
          who: 'alice',
          reason: null,
        },
      ]);
    });

    it('keeps a shift through a declaration that did not change', async () => {
      await state.change(declare([order(25)]));
      await state.change(shift(['order'], 50));
      await state.change(declare([order(25)]));
      await state.change(declare([order(25)], { previous: [order(25)] }));
      expect(await percents()).toEqual({ order: 50 });
      expect(await state.history({ limit: 10 })).toHaveLength(2);
    });

    it('lets a changed declaration win over a shift and a latch', async () => {
      await state.change(declare([order(25)]));
      await state.change(rollback(['order']));
      expect(await state.read()).toMatchObject([{ live: 0, latched: true }]);
      await state.change(declare([order(30)], { previous: [order(25)] }));
      expect(await state.read()).toMatchObject([{ live: 30, declared: 30, latched: false }]);
      const [latest] = await state.history({ limit: 1 });
      expect(latest).toMatchObject({ from: 0, to: 30, source: 'file' });
    });

    it('forgets a route that was taken out, and starts it anew when it is back', async () => {
      await state.change(declare([order(25)]));
      await state.change(shift(['order'], 70));
      await state.change(declare([], { previous: [order(25)] }));
      expect(await state.read()).toEqual([]);
      await state.change(declare([order(25)], { previous: [] }));
      expect(await percents()).toEqual({ order: 25 });
      const moves = (await state.history({ limit: 10 })).map(({ from, to }) => [from, to]);
      expect(moves).toEqual([
        [null, 25],
        [70, null],
        [25, 70],
        [null, 25],
      ]);
    });

    it('makes one history of a change that many say at once', async () => {
      await state.change(declare([order(25), cart(10)]));
      const others = await Promise.all([open(), open(), open()]);
      const change = declare([order(40), cart(10)], { previous: [order(25), cart(10)] });
      await Promise.all([state, ...others].flatMap((handle) => [handle.change(change), handle.change(change)]));
      const entries = await state.history({ limit: 20 });
      expect(entries.filter((entry) => entry.to === 40)).toHaveLength(1);
      expect(entries).toHaveLength(3);
      expect(await percents()).toEqual({ cart: 10, order: 40 });
    });

    it('makes one history of many proxies that start at once', async () => {
      const others = await Promise.all([open(), open(), open()]);
      await Promise.all([state, ...others].map((handle) => handle.change(declare([order(25), cart(10)]))));
      expect(await state.history({ limit: 20 })).toHaveLength(2);
    });

    it('makes changes in the order in which they arrive, and returns rows in the order of their names', async () => {
      await state.change(declare([order(0), cart(0)]));
      const outcomes = await Promise.all([1, 2, 3, 4].map((percent) => state.change(shift(['order'], percent))));
      expect(outcomes.map(({ entries }) => entries.map(({ from, to }) => [from, to]))).toEqual([
        [[0, 1]],
        [[1, 2]],
        [[2, 3]],
        [[3, 4]],
      ]);
      expect((await state.read()).map((row) => row.route)).toEqual(['cart', 'order']);
    });

    it('says who is refused and makes the rest of the change', async () => {
      await state.change(declare([order(100, { retired: true }), cart(10)]));
      const outcome = await state.change(shift(['order', 'nobody', 'cart'], 20));
      expect(outcome.refused.map(({ route, code }) => [route, code])).toEqual([
        ['order', 'retired'],
        ['nobody', 'unknown-route'],
      ]);
      expect(await percents()).toEqual({ cart: 20, order: 100 });
    });

    it('rolls every route back but the retired', async () => {
      await state.change(declare([order(100, { retired: true }), cart(10), page(0)]));
      const outcome = await state.change(rollback(null));
      expect(outcome.refused).toMatchObject([{ route: 'order', code: 'retired' }]);
      expect(await percents()).toEqual({ cart: 0, order: 100, page: 0 });
      expect((await state.read()).map((row) => row.latched)).toEqual([true, false, true]);
    });

    it('keeps live shadows beside the live percents, through a declaration that did not change', async () => {
      await state.change(declare([order(25, { shadow: 10 }), cart(0)]));
      await state.change(shadow(['order'], 33.336, 'guard'));
      await state.change({ kind: 'calibrate', routes: ['cart'], until: now + 60_000 });
      await state.change(declare([order(25, { shadow: 10 }), cart(0)]));
      expect(await state.read()).toMatchObject([
        { route: 'cart', live: 0, shadowDeclared: 0, shadowLive: 0, calibrateUntil: now + 60_000 },
        { route: 'order', live: 25, shadowDeclared: 10, shadowLive: 33.34, calibrateUntil: 0 },
      ]);
      const [latest, ...before] = await state.history({ limit: 10, route: 'order' });
      expect(latest).toMatchObject({ what: 'shadow', from: 10, to: 33.34, source: 'guard', who: 'dan' });
      expect(before).toMatchObject([
        { what: 'shadow', from: null, to: 10 },
        { what: 'percent', from: null, to: 25 },
      ]);
    });

    it('rejects a percent that is none, and stays as it is', async () => {
      await state.change(declare([order(25)]));
      for (const percent of [-0.01, 100.01, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expect(state.change(shift(['order'], percent))).rejects.toThrow(RangeError);
        await expect(state.change(shadow(['order'], percent))).rejects.toThrow(RangeError);
      }
      expect(await percents()).toEqual({ order: 25 });
    });

    it('keeps two decimals exactly', async () => {
      await state.change(declare([order(0.29), cart(57.58), page(99.99)]));
      expect(await percents()).toEqual({ cart: 57.58, order: 0.29, page: 99.99 });
      await state.change(shift(['cart'], 33.336));
      expect(await percents()).toMatchObject({ cart: 33.34 });
      expect(await state.history({ limit: 1 })).toMatchObject([{ from: 57.58, to: 33.34 }]);
    });

    it('tells the history newest first, by route, since a time, as much as was asked for', async () => {
      await state.change(declare([order(0), cart(0)]));
      for (const percent of [1, 2, 3]) {
        now += 1_000;
        await state.change(shift(['order'], percent));
        await state.change(shift(['cart'], percent * 10));
      }
      const tos = async (query: Parameters<State['history']>[0]): Promise<unknown[]> =>
        (await state.history(query)).map((entry) => entry.to);
      expect(await tos({ limit: 3 })).toEqual([30, 3, 20]);
      expect(await tos({ limit: 100, route: 'order' })).toEqual([3, 2, 1, 0]);
      expect(await tos({ limit: 100, since: now - 1_000 })).toEqual([30, 3, 20, 2]);
      expect(await tos({ limit: 1, since: now, route: 'order' })).toEqual([3]);
      expect(await tos({ limit: 5, since: now + 1 })).toEqual([]);
      expect(await tos({ limit: 0 })).toEqual([]);
      expect(await tos({ limit: -1 })).toEqual([]);
      expect(await tos({ limit: Number.POSITIVE_INFINITY })).toHaveLength(8);
    });

    it('keeps names and reasons whatever they contain', async () => {
      const names = [
        'ünïcode ✂ 𝒳 路由',
        'nul\0inside',
        '\0',
        '__proto__',
        "'; DROP TABLE live; --",
        'line\r\nbreak',
        'x'.repeat(10_240),
      ];
      await state.change(declare(names.map((route) => ({ ...order(1), route }))));
      for (const [index, text] of names.entries()) {
        await state.change({ kind: 'shift', routes: [text], percent: index + 2, who: text, reason: text });
        expect(await state.history({ route: text, limit: 1 })).toMatchObject([
          { route: text, from: 1, to: index + 2, who: text, reason: text },
        ]);
      }
      const rows = await state.read();
      expect(new Map(rows.map((row) => [row.route, row.live]))).toEqual(
        new Map(names.map((text, index) => [text, index + 2])),
      );
      expect(rows.map((row) => row.route)).toEqual([...names].sort());
      const again = await state.change(declare(names.map((route) => ({ ...order(1), route }))));
      expect(again.entries).toEqual([]);
    });

    it('tells watchers of a change, and no more after they stop', async () => {
      const seen: number[][] = [];
      const stop = state.watch((rows) => seen.push(rows.map((row) => row.live)));
      await state.change(declare([order(25)]));
      await state.change(declare([order(25)]));
      await state.change(shift(['order'], 26));
      await expect.poll(() => seen).toEqual([[25], [26]]);
      stop();
      await state.change(shift(['order'], 27));
      const late = await nextRows(state, () => state.change(shift(['order'], 28)));
      expect(late).toMatchObject([{ live: 28 }]);
      expect(seen).toEqual([[25], [26]]);
    });

    it('tells watchers of what another handle changes', async () => {
      await state.change(declare([order(25)]));
      const other = await open();
      const rows = await nextRows(state, () => other.change(shift(['order'], 31)));
      expect(rows).toMatchObject([{ route: 'order', live: 31 }]);
    });

    it('refuses everything once it is closed, and may be closed twice', async () => {
      const closed = await open();
      await closed.close();
      await closed.close();
      const attempts = [closed.read(), closed.change(shift(['order'], 1)), closed.history({ limit: 1 })];
      for (const attempt of attempts)
        await expect(attempt).rejects.toMatchObject({ name: 'StateError', code: 'closed' });
    });

    more(suite);
  });
}

/** The next rows that a watcher is told of, after `cause`. */
export function nextRows(state: State, cause: () => Promise<unknown>): Promise<readonly LiveRoute[]> {
  return new Promise((resolve, reject) => {
    const stop = state.watch((rows) => {
      stop();
      resolve(rows);
    });
    cause().catch(reject);
  });
}

type Traits = Partial<Omit<DeclaredRoute, 'percent'>>;

export const order = (percent: number, traits: Traits = {}): DeclaredRoute => ({
  route: 'order',
  service: 'orders',
  shadow: 0,
  retired: false,
  ...traits,
  percent,
});
export const cart = (percent: number, traits: Traits = {}): DeclaredRoute =>
  order(percent, { route: 'cart', ...traits });
export const page = (percent: number, traits: Traits = {}): DeclaredRoute =>
  order(percent, { route: 'page', ...traits });

export function declare(
  routes: readonly DeclaredRoute[],
  rest: { previous?: readonly DeclaredRoute[] | null; declaredAt?: number } = {},
): Change {
  return { kind: 'declare', routes, previous: null, declaredAt: Date.UTC(2024, 0, 1), who: 'alice', ...rest };
}

export function shift(routes: readonly string[], percent: number, reason: string | null = null): Change {
  return { kind: 'shift', routes, percent, who: 'bob', reason };
}

export function shadow(routes: readonly string[], percent: number, source: 'shift' | 'guard' = 'shift'): Change {
  return { kind: 'shadow', routes, percent, source, who: 'dan', reason: null };
}

export function rollback(routes: readonly string[] | null, reason: string | null = null): Change {
  return { kind: 'rollback', routes, who: 'carol', reason };
}
