import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compileNormalization,
  normalizationText,
  parseNormalization,
  rewritten,
} from '../../../src/domain/comparing/normalization.ts';
import { RuleError, RuleFailure } from '../../../src/domain/comparing/rule-error.ts';
import { ruleNames } from '../../../src/domain/comparing/rules.ts';
import { parseTolerance, toleranceText } from '../../../src/domain/comparing/tolerance-text.ts';

const rewrite = (rule: string, text: string) =>
  rewritten(text, compileNormalization(parseNormalization('$', rule), 0, rule), undefined);

describe('a tolerance', () => {
  it.each([
    ['0.01', { kind: 'absolute', value: 0.01 }],
    ['±2', { kind: 'absolute', value: 2 }],
    ['1%', { kind: 'percent', value: 1 }],
    ['5s', { kind: 'time', milliseconds: 5_000 }],
    ['±250ms', { kind: 'time', milliseconds: 250 }],
    ['1.5h', { kind: 'time', milliseconds: 5_400_000 }],
    ['2d', { kind: 'time', milliseconds: 172_800_000 }],
  ] as const)('reads %s', (text, tolerance) => {
    expect(parseTolerance(text)).toEqual(tolerance);
    expect(parseTolerance(toleranceText(tolerance))).toEqual(tolerance);
  });

  it.each(['', 'a bit', '-1', '5 weeks', '1e999999', '%', 'NaN'])('refuses %j', (text) => {
    expect(() => parseTolerance(text)).toThrow(RuleError);
  });
});

describe('a rewriting', () => {
  it.each([
    ['s#https?://[^/]+##', 'http://a.example/x', '/x'],
    ['s/a/b/', 'aaa', 'baa'],
    ['s/a/b/g', 'aaa', 'bbb'],
    ['s/A/b/gi', 'aAa', 'bbb'],
    ['s|(\\w+) (\\w+)|$2 \\1|', 'one two', 'two one'],
    ['s/(?<year>\\d{4})/[$&]/', 'in 2026', 'in [2026]'],
    ['s/a/$$/', 'a', '$'],
    ['s/a\\/b/x\\/y/', 'a/b', 'x/y'],
    ['s|a\\|b|x|', 'a|b', 'x'],
    ['s/x*/-/g', 'abc', '-a-b-c-'],
    ['s/(?:)/-/gu', '😀a', '-😀-a-'],
    ['s/,/\\n/', 'a,b', 'a\nb'],
    ['s/(a)|b/<$1>/g', 'ab', '<a><>'],
    ['s/é./x/u', 'é😀', 'x'],
  ])('%s makes of %j %j', (rule, text, outcome) => {
    expect(rewrite(rule, text)).toBe(outcome);
  });

  it('gives what JavaScript gives, for a replacement without references', () => {
    const pattern = fc.constantFrom('a', '[ab]+', '', 'b?', '(a)(b)?', '^', '$', '\\b', '.');
    fc.assert(
      fc.property(
        pattern,
        fc.constantFrom('', 'g', 'gu', 'gi', 'gm', 'gs'),
        fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀') }),
        (regex, flags, text) => {
          expect(rewrite(`s/${regex}/x/${flags}`, text)).toBe(text.replace(new RegExp(regex, flags), 'x'));
        },
      ),
    );
  });

  it.each([
    ['', 'is no rewriting'],
    ['s', 'is no rewriting'],
    ['x#a#b#', 'is no rewriting'],
    ['saabac', 'is no rewriting'],
    ['s#a', 'lacks'],
    ['s#a#b', 'lacks'],
    ['s#a#b#g#', 'more than'],
    ['s#a#b#y', 'flag'],
    ['s#(#b#', 'regular expression'],
    ['s#a#b#gg', 'regular expression'],
  ])('refuses %j, and says why', (text, why) => {
    expect(() => parseNormalization('$', text)).toThrow(RuleError);
    expect(() => parseNormalization('$', text)).toThrow(why);
  });

  it('is written again as it was read', () => {
    for (const text of ['s#https?://[^/]+##', 's/a#b/c/g', 's|a\\|b|x|']) {
      const rule = parseNormalization('$', text);
      expect(parseNormalization('$', normalizationText(rule))).toEqual(rule);
    }
  });

  it('gives up, by name, before its outcome fills the memory', () => {
    const text = 'a'.repeat(200_000);
    expect(() => rewrite('s/a/0123456789/g', text)).toThrow(RuleFailure);
    expect(() => rewrite('s/.*/$&$&$&$&$&$&$&$&/', text)).toThrow(RuleFailure);
    try {
      rewrite('s/a/0123456789/g', text);
    } catch (error) {
      expect((error as RuleFailure).rule).toBe('s/a/0123456789/g');
    }
  });
});

it('names every rule as it was written', () => {
  const names = ruleNames({
    ignore: ['$.at', 'header:etag'],
    tolerance: [{ at: '$.total', by: { kind: 'time', milliseconds: 5_000 } }],
    unordered: [
      { at: '$.items', key: 'sku' },
      { at: '$.tags', key: null },
    ],
    normalize: [parseNormalization('$.links.*', 's#https?://[^/]+##')],
    headers: ['vary'],
  });
  expect(names).toEqual([
    'ignore $.at',
    'ignore header:etag',
    'tolerance $.total: ±5s',
    'unordered $.items: sku',
    'unordered $.tags',
    'normalize $.links.*: s#https?://[^/]+##',
    'headers vary',
  ]);
});
