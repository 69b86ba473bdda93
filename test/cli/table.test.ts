import { stripVTControlCharacters, styleText } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../../src/cli/table.ts';
import { wrapped } from '../../src/cli/wrap.ts';

const words = fc.array(fc.stringMatching(/^[a-z0-9,.:%]{1,30}$/), { minLength: 1, maxLength: 40 });

describe('a text in lines', () => {
  it('keeps every word, whole and in its order, and is as wide as it may be where no word is wider', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 100 }), (text, columns) => {
        const lines = wrapped(text.join(' '), columns);
        expect(lines.join(' ')).toBe(text.join(' '));
        for (const [i, line] of lines.entries()) {
          if (line.includes(' ')) expect(line.length).toBeLessThanOrEqual(columns);
          const next = lines[i + 1]?.split(' ')[0];
          if (next !== undefined) expect(`${line} ${next}`.length).toBeGreaterThan(columns);
        }
      }),
    );
  });
});

describe('a table', () => {
  const rows = [
    ['gates', `${styleText('red', 'fail')}  errors: 12 of 100 requests of the service failed, 1 of 900 of legacy`],
    ['', 'pass  match: 0 of 2,014 comparisons differed'],
    ['held', '20s'],
  ];

  it('is as wide as its cells where nobody says how wide it may be', () => {
    expect(table(rows)).toHaveLength(3);
    expect(
      table(
        [
          ['A', 'B'],
          ['long', '1'],
        ],
        [1],
      ),
    ).toEqual(['A     B', 'long  1']);
  });

  it('breaks what stands last between words, below itself', () => {
    expect(table(rows, [], 50).map((line) => stripVTControlCharacters(line))).toEqual([
      'gates  fail  errors: 12 of 100 requests of the',
      '       service failed, 1 of 900 of legacy',
      '       pass  match: 0 of 2,014 comparisons',
      '       differed',
      'held   20s',
    ]);
  });

  it('is left as it is where there is hardly room for the last column', () => {
    expect(table(rows, [], 20)).toEqual(table(rows));
  });
});
