import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareJson } from '../../src/domain/comparing/json.ts';
import { parsePlace } from '../../src/domain/comparing/place.ts';
import { compileRules } from '../../src/domain/comparing/rules.ts';
import { keyText } from '../../src/domain/comparing/step.ts';
import { type NoiseTally, type SelfDifference, signatureOf } from '../../src/domain/evidence.ts';
import { mismatchKinds } from '../../src/domain/mismatch.ts';
import { findingsOf, noiseOf, noiseSince, noNoise, type ProposedRule, rulesOf } from '../../src/domain/proposal.ts';
import { type ComparisonRules, unshadowed } from '../../src/domain/shadow.ts';
import { selfDifferences } from '../../src/shadow/self-difference.ts';

function differs(pattern: string, count: number, facts: Partial<SelfDifference> = {}): SelfDifference {
  return { kind: 'value', pattern, count, milliseconds: null, distance: null, percent: null, ...facts };
}

function noise(pairs: number, ...differing: SelfDifference[]): NoiseTally {
  return {
    pairs,
    differing: Object.fromEntries(differing.map((each) => [signatureOf(each.kind, each.pattern), each])),
  };
}

const ruleFor = (difference: SelfDifference, pairs = 312) => findingsOf(noise(pairs, difference))[0]?.rule;

describe('a proposal', () => {
  it('says what legacy differs in from itself, how often, and what to do about it', () => {
    expect(findingsOf(noise(312, differs('$.requestId', 312))).map(({ sentence }) => sentence)).toEqual([
      '`$.requestId` differs between two calls to legacy itself in 100 % of 312 pairs: suggested `ignore`',
    ]);
  });

  it('is to ignore what is there once and not the other time, or of another type', () => {
    for (const kind of ['missing', 'extra', 'type', 'header'] as const) {
      const at = kind === 'header' ? 'header:etag' : '$.debug';
      expect(ruleFor(differs(at, 100, { kind }))).toEqual({ kind: 'ignore', at });
    }
  });

  it('is to take an array for a set when only its order differs', () => {
    expect(ruleFor(differs('$.tags', 100, { kind: 'order' }))).toEqual({ kind: 'unordered', at: '$.tags' });
  });

  it.each([
    [0, 1_000],
    [400, 1_000],
    [900, 2_000],
    [4_000, 10_000],
    [30_000, 60_000],
  ])('lets times that lay %d ms apart lie twice as far apart, rounded up', (milliseconds, tolerated) => {
    expect(ruleFor(differs('$.at', 312, { milliseconds }))).toEqual({
      kind: 'tolerance',
      at: '$.at',
      by: { kind: 'time', milliseconds: tolerated },
    });
  });

  it.each([
    [0.004, 0.01],
    [0.3, 1],
    [2, 5],
    [10, 20],
  ])('lets numbers that lay %d %% apart lie twice as far apart, rounded up', (percent, tolerated) => {
    expect(ruleFor(differs('$.load', 312, { percent, distance: 1 }))).toEqual({
      kind: 'tolerance',
      at: '$.load',
      by: { kind: 'percent', value: tolerated },
    });
  });

  it.each([
    [1_795_426_197, 2, 5_000],
    [1_795_426_197_097, 700, 2_000],
  ])('takes numbers such as %d for times', (first, distance, tolerated) => {
    expect(ruleFor(differs('$.at', 312, { distance, percent: (distance / first) * 100 }))).toEqual({
      kind: 'tolerance',
      at: '$.at',
      by: { kind: 'time', milliseconds: tolerated },
    });
  });

  it('is to ignore times and numbers that lay far apart', () => {
    expect(ruleFor(differs('$.at', 312, { milliseconds: 3_600_000 }))).toEqual({ kind: 'ignore', at: '$.at' });
    expect(ruleFor(differs('$.id', 312, { percent: 11, distance: 5 }))).toEqual({ kind: 'ignore', at: '$.id' });
  });

  it('is none for what differs rarely: something may have changed in between', () => {
    const [finding] = findingsOf(noise(312, differs('$.stock', 3)));
    expect(finding).toMatchObject({ rule: null, sentence: expect.stringContaining('in 1 % of 312 pairs: too rare') });
    expect(ruleFor(differs('$.stock', 1), 20)).toEqual({ kind: 'ignore', at: '$.stock' });
  });

  it('is none for the status, for text, and for a place whose name was cut or redacted', () => {
    expect(ruleFor(differs('status', 100, { kind: 'status' }))).toBeNull();
    expect(ruleFor(differs('body', 100))).toBeNull();
    expect(ruleFor(differs('body:3', 100))).toBeNull();
    expect(ruleFor(differs('$.a[…', 100))).toBeNull();
  });

  it.each([
    ['missing', '$'],
    ['type', '$'],
    ['value', '$'],
    ['header', 'header:content-type'],
    ['missing', '$.items[*]'],
    ['extra', '$.items[*]'],
    ['type', '$.links.*'],
  ] as const)('is none where to ignore %s at %s would turn the comparison off', (kind, pattern) => {
    const [finding] = findingsOf(noise(312, differs(pattern, 312, { kind })));
    expect(finding).toMatchObject({ rule: null, sentence: expect.stringContaining('uncompared: no rule') });
  });

  it('still ignores single values of all elements, and takes a list at the root for a set', () => {
    expect(ruleFor(differs('$.ids[*]', 312))).toEqual({ kind: 'ignore', at: '$.ids[*]' });
    expect(ruleFor(differs('$', 312, { kind: 'order' }))).toEqual({ kind: 'unordered', at: '$' });
  });

  it('leaves what lies inside of such a place its own rule', () => {
    const findings = findingsOf(
      noise(100, differs('$.items[*]', 90, { kind: 'extra' }), differs('$.items[*].at', 40, { milliseconds: 5 })),
    );
    expect(rulesOf(findings).map(({ at }) => at)).toEqual(['$.items[*].at']);
  });

  it('leaves out what an ignored place covers', () => {
    const findings = findingsOf(
      noise(100, differs('$.debug', 90, { kind: 'type' }), differs('$.debug.at', 40), differs('$.debugger', 30)),
    );
    expect(findings.map(({ sentence }) => sentence.replace(/^.*pairs: /, ''))).toEqual([
      'suggested `ignore`',
      '`ignore` at `$.debug` covers it',
      'suggested `ignore`',
    ]);
    expect(rulesOf(findings).map(({ at }) => at)).toEqual(['$.debug', '$.debugger']);
  });

  it('is one for each place, the one that lets every difference there pass', () => {
    const findings = findingsOf(
      noise(100, differs('$.at', 90, { milliseconds: 5 }), differs('$.at', 40, { kind: 'missing' })),
    );
    expect(rulesOf(findings)).toEqual([{ kind: 'ignore', at: '$.at' }]);
  });
});

function withRule(rules: ComparisonRules, rule: ProposedRule): ComparisonRules {
  const { kind, at } = rule;
  if (kind === 'ignore') return { ...rules, ignore: [...rules.ignore, at] };
  if (kind === 'tolerance') return { ...rules, tolerance: [...rules.tolerance, { at, by: rule.by }] };
  return { ...rules, unordered: [...rules.unordered, { at, key: null }] };
}

const difference = fc.record({
  kind: fc.constantFrom(...mismatchKinds),
  pattern: fc.oneof(
    fc.array(fc.string({ maxLength: 5 }), { maxLength: 4 }).map((keys) => `$${keys.map(keyText).join('')}`),
    fc.constantFrom('status', 'body', 'body:7', 'header:etag', '$.items[*].price', '$.links.*'),
    fc.string(),
  ),
  count: fc.nat({ max: 1_000 }),
  milliseconds: fc.option(fc.nat()),
  distance: fc.option(fc.double({ min: 0, noNaN: true })),
  percent: fc.option(fc.double({ min: 0, noNaN: true })),
});

const anyNoise = fc
  .array(difference, { maxLength: 12 })
  .chain((differing) =>
    fc
      .integer({ min: Math.max(0, ...differing.map(({ count }) => count)), max: 2_000 })
      .map((pairs) => noise(pairs, ...differing)),
  );

describe('all proposals', () => {
  it('are rules at places that can be written, at most one each, with a sentence for every difference', () => {
    fc.assert(
      fc.property(anyNoise, (given) => {
        const findings = findingsOf(given);
        expect(findings.length).toBe(Object.values(given.differing).filter(({ count }) => count > 0).length);
        const rules = rulesOf(findings);
        for (const rule of rules) {
          expect(() => parsePlace(rule.at)).not.toThrow();
          if (rule.kind === 'tolerance') {
            const size = rule.by.kind === 'time' ? rule.by.milliseconds : rule.by.value;
            expect(size).toBeGreaterThan(0);
          }
        }
        expect(new Set(rules.map(({ at }) => at)).size).toBe(rules.length);
      }),
    );
  });

  it('tolerate at least what was seen', () => {
    fc.assert(
      fc.property(anyNoise, (given) => {
        for (const { rule, milliseconds, percent } of findingsOf(given)) {
          if (rule?.kind !== 'tolerance') continue;
          if (rule.by.kind === 'percent') expect(rule.by.value).toBeGreaterThanOrEqual(percent!);
          else if (milliseconds !== null && rule.by.kind === 'time')
            expect(rule.by.milliseconds).toBeGreaterThanOrEqual(milliseconds);
        }
      }),
    );
  });

  it('let the very pair match that they were made from', () => {
    const someJson = fc.jsonValue({ maxDepth: 4 });
    const document = fc.oneof(
      someJson,
      fc.record({ a: someJson, b: fc.array(fc.constantFrom(1, 2, 3)), c: fc.double() }),
    );
    const rules = ({ differing }: NoiseTally) => {
      const findings = findingsOf({ pairs: 1, differing });
      fc.pre(findings.every(({ rule, sentence }) => rule !== null || sentence.endsWith('covers it')));
      return rulesOf(findings);
    };
    fc.assert(
      fc.property(document, document, (one, other) => {
        const [first, second] = [JSON.stringify(one), JSON.stringify(other)];
        const { mismatches, cut } = compareJson(first, second, compileRules(unshadowed.rules));
        fc.pre(!cut);
        const seen = selfDifferences(mismatches).map((each) => ({ ...each, count: 1 }));
        const proposed = rules(noise(1, ...seen)).reduce(withRule, unshadowed.rules);
        expect(compareJson(first, second, compileRules(proposed)).mismatches).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('speak of what has come since, and of several windows as of one', () => {
    fc.assert(
      fc.property(anyNoise, anyNoise, (before, since) => {
        const both = noiseOf([{ noise: before }, { noise: since }]);
        const grown = noiseSince(before, both);
        const counts = ({ pairs, differing }: NoiseTally) => [
          pairs,
          Object.entries(differing)
            .filter(([, { count }]) => count > 0)
            .map(([signature, { count }]) => [signature, count])
            .sort(),
        ];
        expect(counts(grown)).toEqual(counts(since));
        expect(noiseSince(both, both)).toEqual(noNoise);
      }),
    );
  });
});
