import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answered, compareAnswers } from '../../../src/domain/comparing/answers.ts';
import type { Bounds } from '../../../src/domain/comparing/comparison.ts';
import { compileRules } from '../../../src/domain/comparing/rules.ts';
import { type ComparisonRules, unshadowed } from '../../../src/domain/shadow.ts';
import { anyRules } from './any-rules.ts';
import { pair } from './documents.ts';
import { described, swapped } from './swapped.ts';

const unbounded: Bounds = { mismatches: Infinity, alike: Infinity, value: Infinity, path: Infinity };
const none = compileRules(unshadowed.rules);
const compare = (control: Answered, candidate: Answered, rules = none) =>
  compareAnswers(control, candidate, rules, undefined, unbounded);

const cookie = fc
  .tuple(
    fc.constantFrom('a', 'b', 'session', ''),
    fc.constantFrom('1', '2', ''),
    fc.array(
      fc.constantFrom(
        'Path=/',
        'Path=/shop',
        'path=x',
        'Domain=example.com',
        'Domain=.Example.com',
        'Secure',
        'Max-Age=0',
      ),
      { maxLength: 3 },
    ),
  )
  .map(([name, value, attributes]) => [`${name}=${value}`, ...attributes].join('; '));

const headerLine = fc.oneof(
  fc.tuple(fc.constantFrom('Set-Cookie', 'set-cookie'), cookie),
  fc.tuple(
    fc.constantFrom('Content-Type', 'content-type'),
    fc.constantFrom('application/json', 'text/html;charset=utf-8', 'text/plain', 'image/png', '', ';'),
  ),
  fc.tuple(fc.constantFrom('Location', 'ETag', 'Cache-Control', 'Vary'), fc.string({ maxLength: 6 })),
);
const headers = fc.array(headerLine, { maxLength: 6 }).map((lines) => lines.flat());

const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  fc
    .string({
      unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '1', 'e', '-', '\\', 'a', '\n', ' '),
      maxLength: 24,
    })
    .map((text) => new TextEncoder().encode(text)),
);
const bodies = fc.oneof(
  fc.tuple(anyBody, anyBody),
  pair.map(
    ([one, other]) =>
      [one, other].map((each) => new TextEncoder().encode(JSON.stringify(each))) as [Uint8Array, Uint8Array],
  ),
);
const undecoded = fc.constantFrom(
  null,
  null,
  null,
  { kind: 'size', why: 's' } as const,
  { kind: 'type', why: 't' } as const,
);

const answers = fc
  .tuple(
    bodies,
    fc.tuple(headers, headers),
    fc.tuple(fc.boolean(), fc.boolean()),
    fc.tuple(undecoded, undecoded),
    fc.nat(1),
  )
  .map(([both, lines, whole, trouble, status]) => {
    const side = (at: 0 | 1): Answered => {
      const body = trouble[at] === null ? both[at] : new Uint8Array();
      return {
        status: 200 + at * status,
        headers: lines[at],
        body,
        whole: whole[at] || trouble[at] !== null,
        undecoded: trouble[at],
      };
    };
    return [side(0), side(1)] as const;
  });

const headerPlace = fc.constantFrom('header:location', 'header:etag', 'header:set-cookie', 'header:set-cookie:a');
const rules: fc.Arbitrary<ComparisonRules> = fc
  .tuple(
    anyRules,
    fc.subarray(['etag', 'vary', 'set-cookie']),
    fc.array(fc.oneof(headerPlace, fc.constantFrom('status', 'body')), { maxLength: 2 }),
    fc.array(fc.oneof(headerPlace, fc.constant('body')), { maxLength: 2 }),
  )
  .map(([some, also, ignored, rewritten]) => ({
    ...some,
    headers: also,
    ignore: [...some.ignore, ...ignored],
    normalize: [...some.normalize, ...rewritten.map((at) => ({ at, pattern: '[a-z]', flags: 'g', replacement: 'x' }))],
  }));
const runs = { numRuns: 2_000 };

describe('comparing answers', () => {
  it('finds that an answer equals itself under any rules, whatever was sent, unless a part of it was not seen', () => {
    fc.assert(
      fc.property(answers, rules, ([answer], some) => {
        const { mismatches, thanksToRules } = compare(
          answer,
          { ...answer, headers: [...answer.headers] },
          compileRules(some),
        );
        if (answer.whole && answer.undecoded === null) expect([mismatches, thanksToRules]).toEqual([[], false]);
        else if (!some.ignore.includes('body')) expect(mismatches).toMatchObject([{ path: 'body' }]);
      }),
      runs,
    );
  });

  it('reports the same with the sides swapped, but for missing and extra', () => {
    fc.assert(
      fc.property(answers, ([control, candidate]) => {
        const there = compare(control, candidate).mismatches;
        const back = compare(candidate, control).mismatches;
        expect(back.map(swapped).map(described).sort()).toEqual(there.map(described).sort());
      }),
      runs,
    );
  });

  it('never fails, and never takes less for a mismatch without rules than with them', () => {
    fc.assert(
      fc.property(answers, rules, ([control, candidate], some) => {
        const ruled = compare(control, candidate, compileRules(some));
        // What rules opt in is compared without them too, so that only letting pass is looked at.
        const bare = compare(control, candidate, compileRules({ ...unshadowed.rules, headers: some.headers }));
        if (bare.mismatches.length === 0) expect(ruled).toMatchObject({ mismatches: [], thanksToRules: false });
        else if (ruled.mismatches.length === 0) expect(ruled.thanksToRules).toBe(true);
      }),
      runs,
    );
  });
});
