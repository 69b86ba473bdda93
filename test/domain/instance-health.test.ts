import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checked,
  type Ejection,
  ejected,
  firstShare,
  forgivenAfter,
  mayEject,
  neverEjected,
  presumedWell,
  shareAt,
} from '../../src/domain/instance-health.ts';

const envoy = { failures: 5, time: 30_000, longest: 300_000, most: 10 };

describe('health checks', () => {
  const thresholds = fc.record({
    unhealthyAfter: fc.integer({ min: 1, max: 6 }),
    healthyAfter: fc.integer({ min: 1, max: 6 }),
  });

  it('turn an instance over only by as many answers in a row as the settings say, and always by so many', () => {
    fc.assert(
      fc.property(thresholds, fc.array(fc.boolean(), { maxLength: 60 }), (settings, answers) => {
        let health = presumedWell;
        answers.forEach((answer, at) => {
          const before = health;
          health = checked(health, answer, settings);
          const needed = before.well ? settings.unhealthyAfter : settings.healthyAfter;
          const last = answers.slice(0, at + 1).slice(-needed);
          const turns = last.length === needed && last.every((one) => one !== before.well);
          expect(health.well).toBe(turns ? !before.well : before.well);
        });
      }),
    );
  });

  it('presume that an instance is well', () => {
    expect(presumedWell.well).toBe(true);
  });
});

describe('an ejection', () => {
  const times = (...ejections: readonly number[]): number[] => {
    let last: Ejection = neverEjected;
    let now = 1_000;
    return ejections.map((well) => {
      now = Math.max(now, last.until) + well;
      last = ejected(last, envoy, now);
      return last.until - now;
    });
  };

  it('lasts 30 s longer each time, and at most 300 s', () => {
    expect(times(...Array(12).fill(0))).toEqual([
      30_000, 60_000, 90_000, 120_000, 150_000, 180_000, 210_000, 240_000, 270_000, 300_000, 300_000, 300_000,
    ]);
  });

  it('is forgiven, one for each 10 s that the instance is back', () => {
    expect(times(0, 0, 0, 20_000)).toEqual([30_000, 60_000, 90_000, 60_000]);
    expect(times(0, 0, 0, 3_600_000)).toEqual([30_000, 60_000, 90_000, 30_000]);
  });

  it('is no longer to be forgiven than the longest one, however often it came before', () => {
    expect(times(...Array(40).fill(0), 10 * forgivenAfter).at(-1)).toBe(30_000);
  });

  it('never ends before it begins, and lies between the shortest and the longest time', () => {
    const settings = fc.record({
      time: fc.integer({ min: 1, max: 1e7 }),
      longest: fc.integer({ min: 1, max: 1e7 }),
      failures: fc.constant(1),
      most: fc.constant(10),
    });
    const pauses = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(settings, pauses, (given, all) => {
        let last: Ejection = neverEjected;
        let now = 0;
        for (const pause of all) {
          now = Math.max(now, last.until) + pause;
          last = ejected(last, given, now);
          expect(last.until - now).toBeGreaterThanOrEqual(given.time - 0.001);
          expect(last.until - now).toBeLessThanOrEqual(Math.max(given.time, given.longest) + 0.001);
        }
      }),
    );
  });

  it('is never of more than the share, but always of one, and of nobody who is alone', () => {
    const counts = fc.record({ instances: fc.integer({ min: 1, max: 200 }), most: fc.integer({ min: 0, max: 100 }) });
    fc.assert(
      fc.property(counts, ({ instances, most }) => {
        let out = 0;
        while (out < instances && mayEject({ instances, ejected: out }, most)) out++;
        if (instances === 1) expect(out).toBe(0);
        else expect(out).toBe(Math.max(1, Math.floor((instances * most) / 100)));
      }),
    );
  });
});

describe('a slow start', () => {
  it('begins with a tenth and grows evenly into the whole', () => {
    expect([0, 1_000, 5_000, 9_000, 10_000, 60_000].map((age) => shareAt(age, 10_000))).toEqual([
      firstShare,
      0.1,
      0.5,
      0.9,
      1,
      1,
    ]);
    expect(shareAt(0, 0)).toBe(1);
  });
});
