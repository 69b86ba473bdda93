import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bounds } from '../../../src/domain/comparing/comparison.ts';
import { compareJson } from '../../../src/domain/comparing/json.ts';
import { compileRules } from '../../../src/domain/comparing/rules.ts';
import { toleratesNumbers, toleratesTexts } from '../../../src/domain/comparing/tolerance.ts';
import { type ComparisonRules, type Tolerance, unshadowed } from '../../../src/domain/shadow.ts';

const unbounded: Bounds = { mismatches: Infinity, alike: Infinity, value: Infinity, path: Infinity };
const compare = (control: unknown, candidate: unknown, some: Partial<ComparisonRules>) => {
  const rules = compileRules({ ...unshadowed.rules, ...some });
  return compareJson(JSON.stringify(control), JSON.stringify(candidate), rules, undefined, unbounded);
};

const set = (by: Tolerance, at = '$[*]'): Partial<ComparisonRules> => ({
  unordered: [{ at: '$', key: null }],
  tolerance: [{ at, by }],
});

const matchedByRules = { mismatches: [], thanksToRules: true, cut: false };
const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();
/** An order that has nothing to do with the first one, the same each time. */
const mixed = <T>(all: readonly T[]): T[] => all.map((_, i) => all[(i * 37 + 11) % all.length]!);

describe('an array without order whose values may differ a little', () => {
  const within: readonly [what: string, by: Tolerance, control: unknown[], candidate: unknown[], at?: string][] = [
    ['numbers', { kind: 'absolute', value: 0.01 }, numbers(101), numbers(101).map((n) => n + 0.005)],
    [
      'shares',
      { kind: 'percent', value: 1 },
      numbers(101).map((n) => n - 50),
      numbers(101).map((n) => (n - 50) * 1.009),
    ],
    [
      'numbers in quotes',
      { kind: 'absolute', value: 0.1 },
      numbers(101).map(String),
      numbers(101).map((n) => `${n}.1`),
    ],
    [
      'times, the one after the other where the next was',
      { kind: 'time', milliseconds: 1_000 },
      numbers(101).map((n) => isoTime(1.7e12 + n * 1_000)),
      numbers(101).map((n) => isoTime(1.7e12 + n * 1_000 + 1_000)),
    ],
    [
      'objects that nothing else tells apart',
      { kind: 'absolute', value: 0.01 },
      numbers(101).map((n) => ({ lat: n, lng: 100 - n, at: { height: n % 7 } })),
      numbers(101).map((n) => ({ lng: 100.004 - n, lat: n + 0.004, at: { height: (n % 7) + 0.001 } })),
      '$..*',
    ],
    [
      'numbers beyond what a double tells apart',
      { kind: 'absolute', value: 1 },
      numbers(40).map((n) => 2 ** 54 + n * 8),
      numbers(40).map((n) => 2 ** 54 + n * 8),
    ],
  ];

  it.each(within)('matches %s, however many there are', (_what, by, control, candidate, at) => {
    expect(compare(control, mixed(candidate), set(by, at))).toEqual(matchedByRules);
    expect(compare(mixed(control), candidate, set(by, at))).toEqual(matchedByRules);
  });

  it('tells what has no like, and only that', () => {
    const far = [...numbers(100).map((n) => n + 0.005), 500];
    const { mismatches } = compare(numbers(101), mixed(far), set({ kind: 'absolute', value: 0.01 }));
    expect(mismatches.map(({ kind, control, candidate }) => [kind, control, candidate])).toEqual([
      ['missing', '100', null],
      ['extra', null, '500'],
    ]);
  });

  const value = fc.integer({ min: 0, max: 30 }).map((n) => n / 2);
  const by = fc.oneof(
    fc.integer({ min: 0, max: 6 }).map((n): Tolerance => ({ kind: 'absolute', value: n / 2 })),
    fc.integer({ min: 0, max: 300 }).map((n): Tolerance => ({ kind: 'percent', value: n })),
  );
  const numbersOf = fc.array(
    value.map((n) => n - 5),
    { maxLength: 24 },
  );

  it('pairs as many numbers as can be paired', () => {
    fc.assert(
      fc.property(numbersOf, numbersOf, by, (control, candidate, tolerance) => {
        const { mismatches } = compare(control, candidate, set(tolerance));
        const fits = (one: number, other: number) => toleratesNumbers(`${one}`, `${other}`, tolerance);
        const pairs = mostPairs(control, candidate, fits);
        expect(count(mismatches, 'missing')).toBe(control.length - pairs);
        expect(count(mismatches, 'extra')).toBe(candidate.length - pairs);
      }),
      { numRuns: 2_000 },
    );
  });

  it('pairs as many times as can be paired', () => {
    const times = fc.array(
      fc.integer({ min: 0, max: 40 }).map((n) => isoTime(1.7e12 + n * 500)),
      { maxLength: 24 },
    );
    fc.assert(
      fc.property(times, times, fc.integer({ min: 0, max: 6 }), (control, candidate, halves) => {
        const tolerance: Tolerance = { kind: 'time', milliseconds: halves * 500 };
        const { mismatches } = compare(control, candidate, set(tolerance));
        const pairs = mostPairs(
          control,
          candidate,
          (one, other) => one === other || toleratesTexts(one, other, tolerance),
        );
        expect(mismatches).toHaveLength(control.length + candidate.length - 2 * pairs);
      }),
      { numRuns: 1_000 },
    );
  });

  it('matches objects that changed places and a little of their values, where one value tells them apart', () => {
    const objects = fc.uniqueArray(
      fc.record({ a: fc.nat(40).map((n) => n * 2), b: fc.array(value, { maxLength: 3 }) }),
      {
        selector: ({ a }) => a,
        maxLength: 40,
      },
    );
    const rules = {
      unordered: [{ at: '$', key: null }],
      tolerance: ['$..*', '$..[*]'].map((at) => ({ at, by: { kind: 'absolute', value: 0.5 } as const })),
    };
    fc.assert(
      fc.property(objects, fc.infiniteStream(fc.constantFrom(-0.5, 0, 0.5)), fc.nat(), (control, shifts, turn) => {
        const shifted = (n: number) => n + shifts.next().value!;
        const candidate = control.map(({ a, b }) => ({ b: b.map(shifted), a: shifted(a) }));
        const at = turn % (control.length + 1);
        expect(compare(control, [...candidate.slice(at), ...candidate.slice(0, at)], rules).mismatches).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('an array without order', () => {
  it('matches rewritten texts, however many there are', () => {
    const some = {
      unordered: [{ at: '$', key: null }],
      normalize: [{ at: '$[*]', pattern: 'https?://[^/]+', flags: '', replacement: '' }],
    };
    const [control, candidate] = ['http://old', 'https://new'].map((host) => numbers(101).map((n) => `${host}/${n}`));
    expect(compare(control, mixed(candidate!), some)).toEqual(matchedByRules);
  });

  it('matches elements that share a key, however many do', () => {
    const some = { unordered: [{ at: '$', key: 'sku' }], tolerance: [{ at: '$[*].n', by: near }] };
    const control = numbers(101).map((n) => ({ sku: 'a', n }));
    const candidate = numbers(101).map((n) => ({ sku: 'a', n: n + 0.005 }));
    expect(compare(control, mixed(candidate), some)).toEqual(matchedByRules);
  });

  it('tells elements apart by keys that are objects themselves, however many there are', () => {
    const some = { unordered: [{ at: '$', key: 'id' }] };
    const element = (n: number, value: number) => ({ id: { shop: 1, n }, value });
    const control = numbers(101).map((n) => element(n, n));
    const candidate = numbers(101).map((n) => element(n, n === 50 ? 0 : n));
    expect(compare(control, mixed(candidate), some).mismatches).toMatchObject([{ kind: 'value', path: '$[50].value' }]);
  });

  it('is compared in bounded time, whatever it holds', () => {
    const many = 20_000;
    const hostile: readonly [control: unknown[], candidate: unknown[], Partial<ComparisonRules>][] = [
      [alike(many, (n) => n / many), alike(many, (n) => n / many + 0.5), set({ kind: 'absolute', value: 0.4 })],
      [alike(many, (n) => n), alike(many, (n) => n + 0.5), set({ kind: 'absolute', value: 1e9 })],
      // Sums that are all the same, of values that are not.
      [
        alike(many, (n) => ({ a: n, b: -n })),
        alike(many, (n) => ({ a: n + 0.5, b: -n - 0.5 })),
        set({ kind: 'absolute', value: 0.1 }, '$[*].*'),
      ],
      [
        alike(many, (n) => ({ sku: 'a', n })),
        alike(many, (n) => ({ sku: 'a', n: n + 0.5 })),
        { unordered: [{ at: '$', key: 'sku' }], tolerance: [{ at: '$..n', by: near }] },
      ],
      [
        alike(300, (n) => alike(60, (m) => n * m)),
        alike(300, (n) => alike(60, (m) => n * m + 0.5)),
        {
          unordered: [
            { at: '$..*', key: null },
            { at: '$..[*]', key: null },
            { at: '$', key: null },
          ],
          tolerance: [{ at: '$..[*]', by: near }],
        },
      ],
    ];
    for (const [control, candidate, some] of hostile) {
      const comparison = compare(control, mixed(candidate), some);
      expect(comparison.mismatches.length + Number(comparison.thanksToRules)).toBeGreaterThan(0);
    }
  });
});

const near: Tolerance = { kind: 'absolute', value: 0.01 };

function numbers(many: number): number[] {
  return alike(many, (n) => n);
}

function alike<T>(many: number, each: (n: number) => T): T[] {
  return Array.from({ length: many }, (_, n) => each(n));
}

function count(mismatches: readonly { readonly kind: string }[], kind: string): number {
  return mismatches.filter((mismatch) => mismatch.kind === kind).length;
}

/** By augmenting paths, the long way. */
function mostPairs<T>(control: readonly T[], candidate: readonly T[], fits: (one: T, other: T) => boolean): number {
  const taker = new Map<number, number>();
  const finds = (i: number, asked: Set<number>): boolean =>
    candidate.some((other, j) => {
      if (asked.has(j) || !fits(control[i]!, other)) return false;
      asked.add(j);
      const before = taker.get(j);
      if (before !== undefined && !finds(before, asked)) return false;
      taker.set(j, i);
      return true;
    });
  return control.filter((_, i) => finds(i, new Set())).length;
}
