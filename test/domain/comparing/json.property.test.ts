import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bounds } from '../../../src/domain/comparing/comparison.ts';
import { compareJson } from '../../../src/domain/comparing/json.ts';
import { compileRules } from '../../../src/domain/comparing/rules.ts';
import { unshadowed } from '../../../src/domain/shadow.ts';
import { anyRules } from './any-rules.ts';
import { applyMismatches } from './apply.ts';
import { document, pair, rewrittenText } from './documents.ts';
import { described, swapped } from './swapped.ts';

const none = compileRules(unshadowed.rules);
const unbounded: Bounds = { mismatches: Infinity, alike: Infinity, value: Infinity, path: Infinity };
const compare = (control: string, candidate: string, rules = none) =>
  compareJson(control, candidate, rules, undefined, unbounded);
const style = fc.nat(15);
const runs = { numRuns: 2_000 };

describe('comparing JSON', () => {
  it('reports what turns control into candidate, when it is applied', () => {
    fc.assert(
      fc.property(pair, style, ([control, candidate], hand) => {
        const { mismatches } = compare(JSON.stringify(control), rewrittenText(candidate, hand));
        expect(sorted(applyMismatches(normal(control), mismatches))).toBe(sorted(normal(candidate)));
      }),
      runs,
    );
  });

  it('reports the same with the sides swapped, but for missing and extra', () => {
    fc.assert(
      fc.property(pair, ([control, candidate]) => {
        const there = compare(JSON.stringify(control), JSON.stringify(candidate)).mismatches;
        const back = compare(JSON.stringify(candidate), JSON.stringify(control)).mismatches;
        expect(back.map(swapped).map(described).sort()).toEqual(there.map(described).sort());
      }),
      runs,
    );
  });

  it('reports the same with the sides swapped under any rules that look at both sides alike', () => {
    fc.assert(
      fc.property(pair, anyRules, ([control, candidate], some) => {
        // A share is one of legacy's value, and a position is one of legacy's element.
        const isEven = (at: string) => !/\[\d\]/.test(at);
        const rules = compileRules({
          ...some,
          ignore: some.ignore.filter(isEven),
          tolerance: some.tolerance.filter(({ at, by }) => isEven(at) && by.kind !== 'percent'),
          unordered: some.unordered.filter(({ at }) => isEven(at)),
          normalize: some.normalize.filter(({ at }) => isEven(at)),
        });
        const there = compare(JSON.stringify(control), JSON.stringify(candidate), rules);
        const back = compare(JSON.stringify(candidate), JSON.stringify(control), rules);
        expect(back.thanksToRules).toBe(there.thanksToRules);
        expect(back.mismatches.map(swapped).map(described).sort()).toEqual(there.mismatches.map(described).sort());
      }),
      runs,
    );
  });

  it('finds that a document equals itself, however it is written, under any rules', () => {
    fc.assert(
      fc.property(document, style, anyRules, (value, hand, rules) => {
        const compiled = compileRules(rules);
        const text = JSON.stringify(value);
        expect(compare(text, text, compiled)).toEqual({ mismatches: [], thanksToRules: false, cut: false });
        expect(compare(text, rewrittenText(value, hand), compiled)).toEqual({
          mismatches: [],
          thanksToRules: false,
          cut: false,
        });
      }),
      runs,
    );
  });

  it('reports nothing under rules that it does not report without them, and says when a rule made a match', () => {
    fc.assert(
      fc.property(pair, anyRules, ([control, candidate], rules) => {
        const [one, other] = [JSON.stringify(control), JSON.stringify(candidate)];
        const ruled = compare(one, other, compileRules(rules));
        const matches = compare(one, other).mismatches.length === 0;
        if (matches) expect(ruled).toEqual({ mismatches: [], thanksToRules: false, cut: false });
        else if (ruled.mismatches.length === 0) expect(ruled.thanksToRules).toBe(true);
      }),
      runs,
    );
  });
});

/** As text, so that no matcher has an opinion on `__proto__` or -0. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${sorted(inner)}`);
  return `{${members.sort().join()}}`;
}

/** As JSON.stringify writes it and anyone reads it. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
