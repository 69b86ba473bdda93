import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atLeast, atMost, missesNeeded, provesAtMost } from '../../src/domain/binomial.ts';

/** Worked out with 40 digits from the binomial's own sum. */
const known = [
  [0, 3100, 0.00096589846900806, 0],
  [1, 10, 0.3941633024365, 0.0051161968918237],
  [5, 100, 0.10225337764327, 0.019905563662172],
  [37, 12345, 0.0039410658850059, 0.0022360485461443],
  [1, 1e9, 4.7438645095104e-9, 5.1293294386235e-11],
  [1000, 1e9, 1.0536030938951e-6, 9.4855987330641e-7],
  [1_000_000, 1e9, 0.0010016455979952, 0.00099835653558087],
  [99, 100, 0.99948719858374, 0.95344018854646],
] as const;

const counts = fc
  .tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 4000 }))
  .map(([hits, misses]) => ({ hits, trials: hits + misses }));

describe('the bounds of a share', () => {
  it.each(known)('are exact for %i of %i', (hits, trials, upper, lower) => {
    expect(Math.abs(atMost(hits, trials) / upper - 1)).toBeLessThan(1e-9);
    if (lower === 0) expect(atLeast(hits, trials)).toBe(0);
    else expect(Math.abs(atLeast(hits, trials) / lower - 1)).toBeLessThan(1e-9);
  });

  it('say nothing of what was never tried', () => {
    expect([atLeast(0, 0), atMost(0, 0)]).toEqual([0, 1]);
  });

  it('are widest apart from certainty at the ends', () => {
    expect(atMost(7, 7)).toBe(1);
    expect(atLeast(7, 7)).toBeCloseTo(0.05 ** (1 / 7), 12);
  });

  it('enclose what was seen, and mirror each other', () => {
    fc.assert(
      fc.property(counts, ({ hits, trials }) => {
        fc.pre(trials > 0);
        expect(atLeast(hits, trials)).toBeLessThanOrEqual(hits / trials);
        expect(atMost(hits, trials)).toBeGreaterThanOrEqual(hits / trials);
        expect(atLeast(hits, trials)).toBeCloseTo(1 - atMost(trials - hits, trials), 9);
      }),
    );
  });

  it('rise with every hit and fall with every miss', () => {
    fc.assert(
      fc.property(counts, ({ hits, trials }) => {
        for (const bound of [atLeast, atMost]) {
          expect(bound(hits + 1, trials + 1)).toBeGreaterThanOrEqual(bound(hits, trials));
          expect(bound(hits, trials + 1)).toBeLessThanOrEqual(bound(hits, trials));
        }
      }),
    );
  });

  it('leave out the true share no more often than one time in twenty', () => {
    let seed = 20260131;
    const chance = (): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    for (const share of [0.002, 0.03, 0.5]) {
      const runs = 3000;
      let tooLow = 0;
      let tooHigh = 0;
      for (let run = 0; run < runs; run++) {
        let hits = 0;
        for (let trial = 0; trial < 400; trial++) if (chance() < share) hits++;
        if (atMost(hits, 400) < share) tooLow++;
        if (atLeast(hits, 400) > share) tooHigh++;
      }
      // Four standard errors above 5 %.
      expect(Math.max(tooLow, tooHigh) / runs).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / runs));
    }
  });

  it('refuse what is no share', () => {
    for (const [hits, trials] of [
      [-1, 5],
      [6, 5],
      [0.5, 5],
      [0, Number.NaN],
    ] as const) {
      expect(() => atMost(hits, trials)).toThrow(RangeError);
    }
  });
});

describe('how many more clean ones are needed', () => {
  it('is 2,995 where none has differed and 99.9 % are to match', () => {
    expect(missesNeeded(0, 0, 0.001)).toBe(2995);
    expect(missesNeeded(0, 2994, 0.001)).toBe(1);
    expect(missesNeeded(0, 2995, 0.001)).toBe(0);
  });

  it('is the smallest number that suffices', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom(0.001, 0.01, 0.05, 0.3), ({ hits, trials }, share) => {
        const more = missesNeeded(hits, trials, share)!;
        expect(provesAtMost(hits, trials + more, share)).toBe(true);
        expect(atMost(hits, trials + more)).toBeLessThanOrEqual(share * (1 + 1e-9));
        if (more > 0) expect(provesAtMost(hits, trials + more - 1, share)).toBe(false);
      }),
    );
  });

  it('is nothing to be named where nobody can wait for it', () => {
    expect(missesNeeded(0, 0, 0)).toBeNull();
    expect(missesNeeded(20_000, 30_000, 0.001)).toBeNull();
  });
});
