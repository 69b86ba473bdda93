import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../src/domain/linear-regex.ts';
import { RegexError } from '../../src/domain/linear-regex-syntax.ts';

const whole = (source: string, text: string) => compileRegex(source).test(text, 0, text.length);

describe('a linear regex', () => {
  it('says what JavaScript says, for every expression of the subset', () => {
    fc.assert(
      fc.property(
        expression,
        // Short texts and few: it is the backtracking one that takes exponential time on nested repeats.
        fc.array(fc.string({ unit: letter, maxLength: 6 }), { minLength: 5, maxLength: 8 }),
        (source, texts) => {
          const ours = compileRegex(source);
          const theirs = new RegExp(`^(?:${source})$`);
          const matched = texts.filter((text) => ours.test(text, 0, text.length));
          expect(matched).toEqual(texts.filter((text) => theirs.test(text)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads only the part of the text that it is asked about', () => {
    expect(compileRegex('[0-9]+').test('/v12/x', 2, 4)).toBe(true);
    expect(compileRegex('[0-9]+').test('/v12/x', 1, 4)).toBe(false);
    expect(compileRegex('a?').test('b', 0, 0)).toBe(true);
  });

  it('matches nothing beyond ASCII, which no normalised path holds', () => {
    expect(whole('.*', 'caf\xe9')).toBe(false);
  });

  it('passes the expressions that make a backtracking one run for ever', () => {
    const text = `${'a'.repeat(5_000)}!`;
    for (const evil of ['(a+)+', '(a*)*b', '(a|aa)+', '(?:a?){50}a{50}', '(.*)(.*)(.*)x']) {
      expect(whole(evil, text)).toBe(false);
    }
  });

  it('stays right when it has more states than it remembers', () => {
    const source = '(?:a|b)*a(?:a|b){12}';
    const regex = compileRegex(source);
    const theirs = new RegExp(`^${source}$`);
    for (let seed = 1; seed < 300; seed++) {
      let state = seed;
      let text = '';
      for (let i = 0; i < 40; i++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
        text += (state >> 16) & 1 ? 'a' : 'b';
      }
      expect(regex.test(text, 0, text.length)).toBe(theirs.test(text));
    }
  });

  it.each([
    ['', 0, 'empty'],
    ['a(b', 1, 'without'],
    ['a)b', 1, 'without'],
    ['a[b', 1, 'without'],
    ['[]', 1, 'empty class'],
    ['[z-a]', 2, 'range'],
    ['[\\d-z]', 3, 'range'],
    ['a**', 2, 'nothing to repeat'],
    ['+a', 0, 'nothing to repeat'],
    ['a+?', 2, 'lazy'],
    ['a{2,1}', 1, 'out of order'],
    ['a{x}', 1, 'count'],
    ['a{1001}', 1, 'at most'],
    ['(a{100}){100}', 0, 'too many places'],
    ['^a', 0, 'whole text'],
    ['(?=a)', 0, 'look-around'],
    ['(?<n>a)', 0, 'named groups'],
    ['(a)\\1', 3, 'not supported'],
    ['\\ba', 0, 'not supported'],
    ['a\\', 1, 'escapes nothing'],
    ['é', 0, 'encoded form'],
    ['('.repeat(60), 50, 'too deeply'],
  ])('refuses %j at %d, because of %s', (source, index, message) => {
    const refusal = refusalOf(source);
    expect(refusal).toBeInstanceOf(RegexError);
    expect(refusal).toMatchObject({ index });
    expect(refusal?.message).toContain(message);
  });
});

function refusalOf(source: string): Error | null {
  try {
    compileRegex(source);
    return null;
  } catch (error) {
    return error as Error;
  }
}

const letter = fc.constantFrom('a', 'b', 'c', '1', '-', '.', ' ', '_');
const atom = fc.constantFrom(
  'a',
  'b',
  '1',
  '-',
  '.',
  '\\.',
  '\\d',
  '\\w',
  '\\s',
  '\\W',
  '\\-',
  '[ab]',
  '[^ab]',
  '[a-c1]',
  '[-a]',
  '[a-]',
  '[\\d.]',
  '[^\\w\\s]',
  '[.]',
);
const quantifier = fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{1,}', '{0,2}', '{1,3}', '{0}');
const { expression } = fc.letrec<{ expression: string; sequence: string; item: string }>((tie) => ({
  expression: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((options) => options.join('|')),
  sequence: fc.array(tie('item'), { minLength: 1, maxLength: 3 }).map((items) => items.join('')),
  item: fc
    .tuple(
      fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        atom,
        fc.tuple(fc.constantFrom('(', '(?:'), tie('expression')).map(([open, inner]) => `${open}${inner})`),
      ),
      quantifier,
    )
    .map(([inner, times]) => inner + times),
}));
