import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HoldClock } from '../../src/rollout/hold-clock.ts';
import { aRollout } from './a-rollout.ts';

const runs = { counts: true };

describe('the clock of a hold', () => {
  it('begins when it sees a version, adds up what passes, and begins anew with the version that it stored', () => {
    const clock = new HoldClock();
    expect(clock.look(aRollout(), 1_000, runs)).toBe(0);
    expect(clock.look(aRollout(), 1_000, runs)).toBe(1_000);
    expect(clock.look(aRollout(), 1_500, runs)).toBe(2_500);
    expect(clock.look(aRollout(), 1_000, { counts: false })).toBe(2_500);
    clock.stored(aRollout({ version: 2 }));
    expect(clock.look(aRollout(), 1_000, runs)).toBeNull();
    expect(clock.look(aRollout({ version: 2 }), 1_000, runs)).toBe(2_000);
  });

  it('lets go of what somebody else may have stored', () => {
    const clock = new HoldClock();
    clock.look(aRollout(), 1_000, runs);
    clock.look(aRollout(), 1_000, runs);
    expect(clock.look(aRollout({ version: 2 }), 1_000, runs)).toBe(0);
    expect(clock.look(aRollout({ startedAt: 5, version: 2 }), 1_000, runs)).toBe(0);
  });

  it('believes an older version when it stays: the state was put back', () => {
    const clock = new HoldClock();
    clock.look(aRollout({ version: 7 }), 1_000, runs);
    const told = Array.from({ length: 12 }, () => clock.look(aRollout({ version: 3 }), 1_000, runs));
    expect(told.slice(0, 10)).toEqual(new Array(10).fill(null));
    expect(told.slice(10)).toEqual([0, 1_000]);
  });

  it('stores no more than has passed, however many look and store in whichever order', () => {
    const proxies = 3;
    const step = fc.record({ who: fc.nat({ max: proxies - 1 }), passes: fc.nat({ max: 2_000 }), stores: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const clocks = Array.from({ length: proxies }, () => ({
          clock: new HoldClock(),
          lookedAt: null as number | null,
        }));
        let state = aRollout();
        let now = 0;
        for (const { who, passes, stores } of steps) {
          now += passes;
          const one = clocks[who]!;
          const lived = one.clock.look(state, now - (one.lookedAt ?? now), runs);
          one.lookedAt = now;
          if (!stores || lived === null) continue;
          state = { ...state, held: state.held + lived, version: state.version + 1 };
          one.clock.stored(state);
          expect(state.held).toBeLessThanOrEqual(now);
        }
      }),
    );
  });

  it('takes no more at once than a busy machine would explain, and nothing from a clock that goes back', () => {
    const clock = new HoldClock();
    clock.look(aRollout(), 0, runs);
    expect(clock.look(aRollout(), 3_600_000, runs)).toBe(3_000);
    expect(clock.look(aRollout(), -3_600_000, runs)).toBe(3_000);
  });
});
