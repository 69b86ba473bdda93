import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { provesAtMost } from '../../../src/domain/binomial.ts';
import { lowerBound, provesAbove, provesBelow, type Share, upperBound } from '../../../src/domain/rollout/anytime.ts';

const shares = fc
  .tuple(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([trials, part]): Share => ({ hits: Math.floor(trials * part ** 3), trials }));
const limits = fc.double({ min: 1e-4, max: 0.999, noNaN: true });
const chances = fc.constantFrom(0.05, 0.025, 0.001, 0.0005);

/**
 * The exact chance that a test says yes at any of the first `looks` requests, one look a request: what the hits so far
 * are distributed like among those that it has not said yes to yet.
 */
function chanceOfEver(says: (share: Share) => boolean, share: number, looks: number): number {
  let open = [1];
  let ever = 0;
  for (let trials = 1; trials <= looks; trials++) {
    const after = new Array<number>(open.length + 1).fill(0);
    for (const [hits, probability] of open.entries()) {
      after[hits]! += probability * (1 - share);
      after[hits + 1]! += probability * share;
    }
    for (const [hits, probability] of after.entries()) {
      if (probability === 0) continue;
      if (probability < 1e-14 || !says({ hits, trials })) continue;
      ever += probability;
      after[hits] = 0;
    }
    while (after.length > 1 && after.at(-1)! < 1e-14) after.pop();
    open = after;
  }
  return ever;
}

describe('a bound that is looked at after every request', () => {
  it.each([0.01, 0.05, 0.3])('passes a share that is at its limit of %d no more often than it says, ever', (limit) => {
    const ever = chanceOfEver((share) => provesBelow(share, limit, 0.05), limit, 1500);
    expect(ever).toBeLessThanOrEqual(0.05);
    // As sure as it has to be, and not surer by an order: else rollouts would wait for nothing.
    expect(ever).toBeGreaterThan(0.01);
  });

  it.each([0.01, 0.05, 0.3])('fails a share that is at its limit of %d no more often than it says, ever', (limit) => {
    const ever = chanceOfEver((share) => provesAbove(share, limit, 0.001), limit, 1500);
    expect(ever).toBeLessThanOrEqual(0.001);
    expect(ever).toBeGreaterThan(0.0001);
  });

  it('is what a bound for one look is not', () => {
    expect(chanceOfEver(({ hits, trials }) => provesAtMost(hits, trials, 0.05), 0.05, 1500)).toBeGreaterThan(0.15);
  });

  it('costs about half as many clean requests again as a bound for one look', () => {
    const needed = (says: (trials: number) => boolean): number => {
      let trials = 1;
      while (!says(trials)) trials++;
      return trials;
    };
    expect(needed((trials) => provesAtMost(0, trials, 0.005))).toBe(598);
    expect(needed((trials) => provesBelow({ hits: 0, trials }, 0.005, 0.05))).toBe(901);
  });

  it('lies around what was seen, and nearer with more of the same', () => {
    fc.assert(
      fc.property(shares, chances, ({ hits, trials }, chance) => {
        const lower = lowerBound({ hits, trials }, chance);
        const upper = upperBound({ hits, trials }, chance);
        expect(lower).toBeLessThanOrEqual(hits / trials);
        expect(upper).toBeGreaterThanOrEqual(hits / trials);
        const more = { hits: 10 * hits, trials: 10 * trials };
        expect(lowerBound(more, chance)).toBeGreaterThanOrEqual(lower * (1 - 1e-6));
        expect(upperBound(more, chance)).toBeLessThanOrEqual(upper * (1 + 1e-6));
      }),
    );
  });

  it('is where the proof ends', () => {
    fc.assert(
      fc.property(shares, limits, chances, (share, limit, chance) => {
        const upper = upperBound(share, chance);
        const lower = lowerBound(share, chance);
        fc.pre(Math.abs(upper - limit) > 1e-5 * limit && Math.abs(lower - limit) > 1e-5 * limit);
        expect(provesBelow(share, limit, chance)).toBe(upper < limit);
        expect(provesAbove(share, limit, chance)).toBe(lower > limit);
      }),
    );
  });

  it('never proves less by one hit that it did not prove with it', () => {
    fc.assert(
      fc.property(shares, limits, chances, ({ hits, trials }, limit, chance) => {
        fc.pre(hits < trials);
        const more = { hits: hits + 1, trials };
        if (provesBelow(more, limit, chance)) expect(provesBelow({ hits, trials }, limit, chance)).toBe(true);
        if (provesAbove({ hits, trials }, limit, chance)) expect(provesAbove(more, limit, chance)).toBe(true);
      }),
    );
  });

  it('knows nothing of nothing', () => {
    expect(lowerBound({ hits: 0, trials: 0 }, 0.05)).toBe(0);
    expect(upperBound({ hits: 0, trials: 0 }, 0.05)).toBe(1);
  });
});
