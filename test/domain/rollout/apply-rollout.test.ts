import { expect, it } from 'vitest';
import { applyChange } from '../../../src/domain/apply.ts';
import type { Change, Contents } from '../../../src/domain/live.ts';
import type { Rollout } from '../../../src/domain/rollout/model.ts';
import { settings } from '../../contract/rollouts.ts';
import { aRow } from '../a-row.ts';

const now = Date.UTC(2025, 5, 1);
const rollout: Rollout = {
  name: 'orders',
  routes: ['order'],
  settings,
  step: 0,
  standing: { phase: 'holding' },
  held: 0,
  chapter: 'first',
  startedAt: 1_000,
  changedAt: 1_000,
  version: 7,
};
const to = (rest: Partial<Rollout>): Change => ({
  kind: 'rollout',
  name: 'orders',
  version: 7,
  to: { ...rollout, ...rest },
  source: 'rollout',
  who: 'strangler',
  reason: 'why',
});
const holding = (rest: Partial<Contents> = {}): Contents => ({
  live: [aRow({ live: 1 })],
  rollouts: [rollout],
  ...rest,
});

it('never raises a latched route, whatever else a state that was put together by hand may say', () => {
  const latched = holding({ live: [aRow({ live: 0, latched: true })] });
  const outcome = applyChange(latched, to({ step: 1 }), now);
  expect(outcome).toMatchObject({ ...latched, entries: [], refused: [{ route: 'order', code: 'latched' }] });
});

it('keeps what no conductor may change: the plan, the routes, the name and the beginning', () => {
  const forged = { name: 'other', routes: ['cart'], startedAt: 5, version: 99, settings: { ...settings, steps: [] } };
  const [after] = applyChange(holding(), to({ ...forged, held: 3 }), now).rollouts;
  expect(after).toEqual({ ...rollout, held: 3, version: 8 });
});

it('gives a step that comes without a chapter of its own another one', () => {
  const [after] = applyChange(holding(), to({ step: 1 }), now).rollouts;
  expect(after?.chapter).not.toBe('first');
});

it('rejects a step that there is not, and a time that is none', () => {
  for (const step of [-1, 4, 0.5]) expect(() => applyChange(holding(), to({ step }), now)).toThrow(RangeError);
  for (const held of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => applyChange(holding(), to({ held }), now)).toThrow(RangeError);
  }
});

it('leaves a route that was shifted in a pause where it is, as long as the pause lasts', () => {
  const paused: Rollout = { ...rollout, standing: { phase: 'paused', who: 'bob', reason: null } };
  const contents = holding({ live: [aRow({ live: 3 })], rollouts: [paused] });
  const outcome = applyChange(contents, to({ standing: paused.standing, held: 50 }), now);
  expect(outcome.live).toEqual(contents.live);
  expect(outcome.rollouts).toMatchObject([{ held: 50 }]);
});

it('takes callers back by a gate that fails, where the plan says rollback, and leaves them where it says pause', () => {
  const failed = to({ standing: { phase: 'failed', reason: 'errors' } });
  expect(applyChange(holding(), failed, now).live).toMatchObject([{ live: 0, latched: true }]);
  const patient = holding({ rollouts: [{ ...rollout, settings: { ...settings, onFailure: 'pause' } }] });
  expect(applyChange(patient, failed, now).live).toMatchObject([{ live: 1, latched: false }]);
});

it('is not moved by a declaration of another file that comes too late', () => {
  const declared = { route: 'order', service: 'orders', shadow: 0, retired: false };
  const late: Change = {
    kind: 'declare',
    routes: [{ ...declared, percent: 30 }],
    previous: [{ ...declared, percent: 20 }],
    declaredAt: 0,
    who: 'alice',
  };
  const outcome = applyChange(holding(), late, now);
  expect(outcome).toMatchObject({ rollouts: [rollout], refused: [{ code: 'conflict' }] });
});

it('begins a step anew, without moving anybody, by being aborted and started again', () => {
  const contents = holding();
  const order = { who: 'ada', reason: null } as const;
  const aborted = applyChange(contents, { kind: 'rollout-steer', name: 'orders', action: 'abort', ...order }, now);
  const begin: Change = { kind: 'rollout-start', name: 'orders', routes: ['order'], settings, ...order };
  const after = applyChange(aborted, begin, now);
  expect(after.live).toEqual(contents.live);
  expect(after.rollouts).toMatchObject([{ step: 0, held: 0, standing: { phase: 'holding' } }]);
  expect(after.rollouts[0]?.chapter).not.toBe(rollout.chapter);
});
