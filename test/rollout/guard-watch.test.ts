import { beforeEach, describe, expect, it } from 'vitest';
import { applyChange } from '../../src/domain/apply.ts';
import type { Contents, Outcome } from '../../src/domain/live.ts';
import type { Route } from '../../src/domain/settings.ts';
import type { DomainEvent } from '../../src/ports.ts';
import { GuardWatch } from '../../src/rollout/guard-watch.ts';
import { aRow } from '../domain/a-row.ts';
import { route } from '../support/proxy.ts';

const guard: Route['guard'] = { margin: 5, window: 60_000, minRequests: 50 };

let now: number;
let contents: Contents;
let routes: readonly Route[];
let events: DomainEvent[];
let orders: { route: string; reason: string; answer(): Promise<void>; fail(): Promise<void> }[];

beforeEach(() => {
  now = 0;
  events = [];
  orders = [];
  contents = { live: [aRow({ route: 'order', live: 5 })], rollouts: [] };
  routes = [route('order', 'orders', { path: '/orders/*', percent: 0, guard })];
});

/** A watch whose state answers when the test says so. */
function watch(): GuardWatch {
  return new GuardWatch({
    inForce: () => ({ routes, live: contents.live }),
    events: { emit: (event) => void events.push(event) },
    monotonic: () => now,
    goBack: (id, reason) =>
      new Promise<Outcome>((resolve, reject) => {
        const settle = async (end: () => void) => {
          end();
          await new Promise((done) => setImmediate(done));
        };
        const take = () => {
          const outcome = applyChange(contents, { kind: 'guard', routes: [id], who: 'strangler', reason }, now);
          contents = outcome;
          resolve(outcome);
        };
        orders.push({
          route: id,
          reason,
          answer: () => settle(take),
          fail: () => settle(() => reject(new Error('closed'))),
        });
      }),
  });
}

/** A second of so many failures among a hundred requests of each arm. */
function second(it: GuardWatch, failures: number, requests = 100): void {
  const latency: number[] = [];
  it.see([
    { route: 'order', arm: 'service', requests, failures, latency },
    { route: 'order', arm: 'legacy', requests: requests * 10, failures: 0, latency },
  ]);
  now += 1_000;
  it.look();
}

describe('the guard', () => {
  it('takes a route back whose service clearly fails more often than legacy, and says so once', async () => {
    const it = watch();
    second(it, 90);
    expect(orders).toHaveLength(1);
    expect(orders[0]).toMatchObject({ route: 'order', reason: expect.stringContaining('90') });
    await orders[0]!.answer();
    expect(contents.live[0]).toMatchObject({ live: 0, latched: true });
    expect(events).toEqual([{ type: 'guard.tripped', route: 'order', reason: orders[0]!.reason }]);
    expect(it.trips).toEqual(new Map([['order', 1]]));
  });

  it('takes nothing back for a service that the state does not name: its callers are somewhere else', () => {
    contents = { ...contents, live: [aRow({ route: 'order', service: 'orders-two', live: 5 })] };
    routes = [{ ...routes[0]!, percent: 5 }];
    const it = watch();
    for (let index = 0; index < 5; index++) second(it, 90);
    expect(orders).toEqual([]);
  });

  it('never asks twice while the state is slow to answer', async () => {
    const it = watch();
    for (let index = 0; index < 20; index++) second(it, 90);
    expect(orders).toHaveLength(1);
    await orders[0]!.answer();
    for (let index = 0; index < 20; index++) second(it, 90);
    expect(orders).toHaveLength(1);
  });

  it('tries again where nobody took it', async () => {
    const it = watch();
    second(it, 90);
    await orders[0]!.fail();
    now += 1_000;
    it.look();
    expect(orders).toHaveLength(2);
    expect(events).toEqual([]);
  });

  it('says nothing where another proxy has said it already', async () => {
    const it = watch();
    second(it, 90);
    contents = applyChange(contents, { kind: 'guard', routes: ['order'], who: 'strangler', reason: 'first' }, now);
    await orders[0]!.answer();
    expect(events).toEqual([]);
    expect(it.trips.size).toBe(0);
  });

  it.each<[string, () => void]>([
    ['at 0', () => (contents = { ...contents, live: [aRow({ route: 'order', live: 0 })] })],
    ['at 100', () => (contents = { ...contents, live: [aRow({ route: 'order', live: 100 })] })],
    ['whose guard is off', () => (routes = routes.map((each) => ({ ...each, guard: null })))],
    ['that the file does not have', () => (routes = [])],
  ])('has nothing to say of a route %s', (_, arrange) => {
    arrange();
    const it = watch();
    for (let index = 0; index < 5; index++) second(it, 90);
    expect(orders).toEqual([]);
  });

  it('sees the last minute and no more', () => {
    const it = watch();
    for (let index = 0; index < 4; index++) second(it, 12, 12);
    expect(orders).toEqual([]);
    now += 61_000;
    second(it, 12, 12);
    expect(orders).toEqual([]);
    for (let index = 0; index < 4; index++) second(it, 12, 12);
    expect(orders).toHaveLength(1);
  });

  it('begins anew when somebody raises the percent again, or puts another service behind the route', async () => {
    const it = watch();
    second(it, 90);
    await orders[0]!.answer();
    contents = { ...contents, live: [aRow({ route: 'order', live: 5 })] };
    now += 5_000;
    for (let index = 0; index < 5; index++) second(it, 0);
    expect(orders).toHaveLength(1);
    routes = routes.map((each) => ({ ...each, service: 'other' }));
    contents = { ...contents, live: [aRow({ route: 'order', service: 'other', live: 5 })] };
    second(it, 40, 40);
    expect(orders).toHaveLength(1);
    second(it, 40, 40);
    expect(orders).toHaveLength(2);
  });
});
