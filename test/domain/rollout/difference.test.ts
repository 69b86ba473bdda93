import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Arms,
  atLeastMore,
  atMostMore,
  provesAtMostMore,
  provesMore,
} from '../../../src/domain/rollout/difference.ts';

const arm = fc
  .tuple(fc.integer({ min: 0, max: 20_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([trials, part]) => ({ hits: Math.floor(trials * part ** 4), trials }));
const arms = fc.record({ service: arm, legacy: arm });
const margins = fc.double({ min: 0, max: 0.2, noNaN: true });

describe('how much more one arm fails', () => {
  it('is found without its bound where only the proof is asked for', () => {
    fc.assert(
      fc.property(arms, margins, (seen: Arms, margin) => {
        const most = atMostMore(seen, 0.05);
        const least = atLeastMore(seen, 0.001);
        fc.pre(Math.abs(most - margin) > 1e-5 && Math.abs(least - margin) > 1e-5);
        expect(provesAtMostMore(seen, margin, 0.05)).toBe(most < margin);
        expect(provesMore(seen, margin, 0.001)).toBe(least > margin);
      }),
      { numRuns: 500 },
    );
  });

  it('is between −1 and 1, and nowhere proven of arms that did nothing', () => {
    const nothing = { hits: 0, trials: 0 };
    expect(atMostMore({ service: nothing, legacy: nothing }, 0.05)).toBeLessThanOrEqual(1);
    expect(atLeastMore({ service: nothing, legacy: nothing }, 0.05)).toBeGreaterThanOrEqual(-1);
    fc.assert(
      fc.property(arm, margins, (seen, margin) => {
        expect(provesAtMostMore({ service: nothing, legacy: seen }, margin, 0.05)).toBe(false);
        expect(provesMore({ service: nothing, legacy: seen }, margin, 0.05)).toBe(false);
        expect(provesMore({ service: seen, legacy: nothing }, margin, 0.05)).toBe(false);
      }),
    );
  });

  it('never proves both', () => {
    fc.assert(
      fc.property(arms, margins, (seen, margin) => {
        expect(provesAtMostMore(seen, margin, 0.05) && provesMore(seen, margin, 0.001)).toBe(false);
      }),
    );
  });
});
