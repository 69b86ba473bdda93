import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignedAnswers } from '../../src/report/aligned/answers.ts';
import { jsonRows } from '../../src/report/aligned/json-rows.ts';
import { jsonTree } from '../../src/report/aligned/json-tree.ts';
import { fold, type Row } from '../../src/report/aligned/rows.ts';
import { textRows } from '../../src/report/aligned/text-rows.ts';
import { anExample } from './an-evidence.ts';

const side = (rows: readonly Row[], which: 'legacy' | 'service'): string =>
  rows.flatMap((row) => row[which] ?? []).join('\n');

describe('two JSON answers side by side', () => {
  it('show both documents whole, whatever they are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (legacy, service) => {
        const [one, other] = [legacy, service].map((value) => jsonTree(JSON.stringify(value))!);
        const rows = jsonRows(one!, other!, []);
        expect(JSON.parse(side(rows, 'legacy'))).toEqual(JSON.parse(JSON.stringify(legacy)));
        expect(JSON.parse(side(rows, 'service'))).toEqual(JSON.parse(JSON.stringify(service)));
        const itself = jsonRows(one!, one!, []);
        expect(itself.every(({ mark }) => mark === 'same')).toBe(true);
      }),
    );
  });

  const rowsOf = (legacy: string, service: string, ...paths: readonly string[]): Row[] =>
    jsonRows(jsonTree(legacy)!, jsonTree(service)!, paths).filter(({ mark }) => mark !== 'same');

  it('mark mismatches, and apart from them what a rule allows', () => {
    expect(rowsOf('{"a":1,"at":"09:00"}', '{"a":2,"at":"09:01"}', '$.a')).toEqual([
      { legacy: '  "a": 1,', service: '  "a": 2,', mark: 'differs' },
      { legacy: '  "at": "09:00"', service: '  "at": "09:01"', mark: 'allowed' },
    ]);
  });

  it('put a key beside the same key, and leave a gap where one side has none', () => {
    expect(rowsOf('{"a":1,"note":{"x":1},"z":[]}', '{"z":[],"a":1,"more":2}', '$.note', '$.more')).toEqual([
      { legacy: '  "note": {', service: null, mark: 'differs' },
      { legacy: '    "x": 1', service: null, mark: 'differs' },
      { legacy: '  },', service: null, mark: 'differs' },
      { legacy: null, service: '  "more": 2', mark: 'differs' },
    ]);
  });

  it('put items beside their like where one was left out', () => {
    expect(rowsOf('[{"a":1},{"a":2},{"a":3}]', '[{"a":1},{"a":3}]', '$[1]')).toEqual([
      { legacy: '  {', service: null, mark: 'differs' },
      { legacy: '    "a": 2', service: null, mark: 'differs' },
      { legacy: '  },', service: null, mark: 'differs' },
    ]);
  });

  it('keep digits that a number can not hold, and keys that come twice', () => {
    expect(rowsOf('{"n":9007199254740993}', '{"n":9007199254740992}', '$.n')).toHaveLength(1);
    expect(side(jsonRows(jsonTree('{"a":1,"a":2}')!, jsonTree('{"a":1}')!, []), 'legacy')).toContain('"a": 2');
  });

  it('find paths with odd keys, inside of lists', () => {
    expect(rowsOf('{"x y":[{"q":1}]}', '{"x y":[{"q":2}]}', "$['x y'][0].q")[0]).toMatchObject({ mark: 'differs' });
  });

  it('are no JSON to them when they are too deep', () => {
    expect(jsonTree('['.repeat(5000) + ']'.repeat(5000))).toBeNull();
    expect(jsonTree('{"a":')).toBeNull();
  });
});

describe('two texts side by side', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', '<p>', ''), { maxLength: 12 }).map((all) => all.join('\n'));

  it('show both whole, and mark only what they do not share', () => {
    fc.assert(
      fc.property(lines, lines, (legacy, service) => {
        const rows = textRows(legacy, service, false);
        expect(side(rows, 'legacy')).toBe(legacy);
        expect(side(rows, 'service')).toBe(service);
        for (const row of rows) expect(row.mark === 'same').toBe(row.legacy !== null && row.legacy === row.service);
      }),
    );
  });

  it('take what only spaces lines for no mismatch in HTML', () => {
    const marks = (isHtml: boolean) => textRows('<p>\n  a\n\n</p>', '<p>\na\n</p>', isHtml).map(({ mark }) => mark);
    expect(marks(true)).toEqual(['same', 'allowed', 'allowed', 'same']);
    expect(marks(false)).toEqual(['same', 'differs', 'differs', 'same']);
  });

  it('go by position where they are too long for more', () => {
    const long = Array.from({ length: 3000 }, (_, i) => `line ${i}`);
    const rows = textRows(long.join('\n'), [...long.slice(0, 10), 'other', ...long.slice(11)].join('\n'), false);
    expect(rows.filter(({ mark }) => mark !== 'same')).toEqual([
      { legacy: 'line 10', service: 'other', mark: 'differs' },
    ]);
  });
});

describe('an example', () => {
  it('shows status and headers above the body', () => {
    const { legacy, service } = anExample();
    const rows = alignedAnswers(
      anExample({
        legacy: { ...legacy, headers: ['Set-Cookie', 'theme=dark; Path=/', 'Date', 'now'] },
        service: { ...service, status: 201, headers: ['set-cookie', 'theme=dark', 'date', 'later'] },
        mismatches: [
          { kind: 'status', path: 'status', pattern: 'status', legacy: '200', service: '201' },
          { kind: 'header', path: 'header:set-cookie:theme', pattern: '', legacy: null, service: null },
        ],
      }),
    );
    expect(rows.slice(0, 3)).toEqual([
      { legacy: 'HTTP 200', service: 'HTTP 201', mark: 'differs' },
      { legacy: 'date: now', service: 'date: later', mark: 'allowed' },
      { legacy: 'set-cookie: theme=dark; Path=/', service: 'set-cookie: theme=dark', mark: 'differs' },
    ]);
  });

  it('says why there is no body to show', () => {
    const { legacy, service } = anExample();
    const rows = alignedAnswers(
      anExample({
        legacy: { ...legacy, body: null, left: 'not-text' },
        service: { ...service, body: '{"a', left: 'cut' },
      }),
    );
    expect(JSON.stringify(rows)).toContain('(a body that is no text is not kept)');
    expect(JSON.stringify(rows)).toContain('(the rest was not kept)');
  });

  it('leaves out what is the same far from any difference, and the end of what never ends', () => {
    const same = (n: number): Row[] => Array.from({ length: n }, () => ({ legacy: 'x', service: 'x', mark: 'same' }));
    const differs: Row = { legacy: 'a', service: 'b', mark: 'differs' };
    expect(fold([...same(20), differs, ...same(20)])).toEqual([
      { folded: 17 },
      ...same(3),
      differs,
      ...same(3),
      { folded: 17 },
    ]);
    expect(fold(Array.from({ length: 5000 }, () => differs)).at(-1)).toEqual({ folded: 4600 });
  });
});
