import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Distinct, distinctFrom, exactUpTo } from '../../src/domain/distinct.ts';
import { murmur3 } from '../../src/domain/murmur3.ts';

const hash = fc.nat(0xffff_ffff);

function of(hashes: Iterable<number>): Distinct {
  const distinct = new Distinct();
  for (const each of hashes) distinct.add(each);
  return distinct;
}

/** `count` different URLs, others for each `series`. */
function* urls(count: number, series: number): Iterable<number> {
  for (let index = 0; index < count; index++) yield murmur3(`/api/${series}/orders/${index}`);
}

function* counting(count: number): Iterable<number> {
  for (let index = 0; index < count; index++) yield index;
}

describe('the number of distinct things', () => {
  it('is exact while there are few', () => {
    fc.assert(
      fc.property(fc.array(hash, { maxLength: exactUpTo }), (hashes) => {
        expect(of([...hashes, ...hashes]).estimate()).toBe(new Set(hashes).size);
      }),
    );
  });

  it.each([1_025, 2_000, 5_000, 12_000, 20_000, 40_000, 100_000, 400_000])('is within 3 %% of %d', (count) => {
    for (let series = 0; series < 10; series++) {
      const distinct = new Set(urls(count, series)).size;
      expect(Math.abs(of(urls(count, series)).estimate() / distinct - 1)).toBeLessThan(0.03);
    }
  });

  it('needs no good hashes', () => {
    expect(Math.abs(of(counting(300_000)).estimate() / 300_000 - 1)).toBeLessThan(0.03);
  });

  it('stays within 3 %% where the hashes themselves begin to run out', () => {
    const everyHundredth = function* () {
      for (let each = 0; each < 2 ** 32; each += 400) yield each;
    };
    expect(Math.abs(of(everyHundredth()).estimate() / Math.ceil(2 ** 32 / 400) - 1)).toBeLessThan(0.03);
  });

  it('joins into what the whole would have been, in any order and more than once', () => {
    const few = fc.array(hash, { maxLength: 50 });
    const many = fc
      .tuple(fc.integer({ min: 0, max: 3_000 }), fc.nat(5))
      .map(([count, series]) => [...urls(count, series)]);
    fc.assert(
      fc.property(fc.array(fc.oneof(few, many), { maxLength: 5 }), fc.boolean(), (parts, reverse) => {
        const joined = new Distinct();
        for (const part of reverse ? parts.toReversed() : parts) {
          joined.join(of(part));
          joined.join(of(part));
        }
        expect(joined.estimate()).toBe(of(parts.flat()).estimate());
      }),
      { numRuns: 50 },
    );
  });

  it('survives being written down, wherever in a buffer it lies', () => {
    for (const count of [0, 1, exactUpTo, exactUpTo + 1, 30_000]) {
      const before = of(urls(count, 1));
      const bytes = before.bytes();
      const padded = new Uint8Array(bytes.length + 3);
      padded.set(bytes, 3);
      const after = distinctFrom(padded.subarray(3));
      expect(after.estimate()).toBe(before.estimate());
      after.join(of(urls(count, 2)));
      before.join(of(urls(count, 2)));
      expect(after.estimate()).toBe(before.estimate());
      expect(bytes.length).toBeLessThanOrEqual(8_192);
    }
  });
});
