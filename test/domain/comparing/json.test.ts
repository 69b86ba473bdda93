import { describe, expect, it } from 'vitest';
import { compareJson } from '../../../src/domain/comparing/json.ts';
import { compileRules } from '../../../src/domain/comparing/rules.ts';
import { type ComparisonRules, unshadowed } from '../../../src/domain/shadow.ts';

const compare = (control: unknown, candidate: unknown, some: Partial<ComparisonRules> = {}) =>
  compareJson(text(control), text(candidate), compileRules({ ...unshadowed.rules, ...some }));

/** Strings are documents as they are, so that a test can say how something is written. */
const text = (document: unknown): string => (typeof document === 'string' ? document : JSON.stringify(document));

const found = (control: unknown, candidate: unknown, some: Partial<ComparisonRules> = {}) =>
  compare(control, candidate, some).mismatches.map((m) => `${m.kind} ${m.path} ${m.control} → ${m.candidate}`);

const patterns = (control: unknown, candidate: unknown) =>
  compare(control, candidate).mismatches.map(({ kind, pattern }) => `${kind} ${pattern}`);

const matchedByRules = { mismatches: [], thanksToRules: true, cut: false };
const matched = { mismatches: [], thanksToRules: false, cut: false };

describe('comparing JSON', () => {
  it('tells what each side has, and where', () => {
    expect(found({ a: 1, b: [1, 2, 3], d: null }, { a: 2, b: [1, 3], c: {}, d: '' })).toEqual([
      'value $.a 1 → 2',
      'missing $.b[1] 2 → null',
      'type $.d null → ""',
      'extra $.c null → {}',
    ]);
    expect(found(true, false)).toEqual(['value $ true → false']);
    expect(found('{"a":{"b":{"c":"x"}}}', '{"a":{"b":{"c":"y"}}}')).toEqual(['value $.a.b.c "x" → "y"']);
  });

  it('does not mind white space, the order of members, or how text and numbers are written', () => {
    expect(compare('{"a":"é","b":1.0}', ' {"b" : 1e0,\n"a":"\\u00e9"}')).toEqual(matched);
    expect(compare('{"\\u0061":1}', '{"a":1}')).toEqual(matched);
  });

  it('compares numbers by every digit', () => {
    expect(found('{"id":12345678901234567890}', '{"id":12345678901234567891}')).toEqual([
      'value $.id 12345678901234567890 → 12345678901234567891',
    ]);
  });

  it('takes "NaN" for a text, NaN for no JSON, and __proto__ for a key', () => {
    expect(found('["NaN"]', '[null]')).toEqual(['type $[0] "NaN" → null']);
    expect(found('["NaN"]', '[NaN]')).toEqual(['type $ ["NaN"] → "not JSON: unexpected N at 1"']);
    expect(found('{"__proto__":{"a":1},"constructor":1}', '{"__proto__":{"a":2},"constructor":2}')).toEqual([
      'value $.__proto__.a 1 → 2',
      'value $.constructor 1 → 2',
    ]);
  });

  it('reports a key that is given twice where the sides differ in it; else the last one counts', () => {
    expect(found('{"a":1,"a":2}', '{"a":2}')).toEqual(['value $.a "key given 2 times: 1, 2" → 2']);
    expect(found('{"a":1,"a":2}', '{"a":3,"a":2}')).toEqual([
      'value $.a "key given 2 times: 1, 2" → "key given 2 times: 3, 2"',
    ]);
    expect(found('{"a":1,"a":2}', '{"a":1,"a":5}')).toEqual(['value $.a 2 → 5']);
    expect(found('{"a":1,"a":1}', '{}')).toEqual(['value $.a "key given 2 times: 1, 1" → null']);
    expect(compare('{"a":1,"b":3,"a":2}', '{"a":1,"a":2, "b":3}')).toEqual(matched);
  });

  it('reports a byte order mark, and compares what follows it', () => {
    expect(found('\ufeff[1]', '[2]')).toEqual(['missing body "a byte order mark" → null', 'value $[0] 1 → 2']);
    expect(found('[1]', '\ufeff[1]')).toEqual(['extra body null → "a byte order mark"']);
  });

  it('says what is wrong where one side is no JSON, and shows both where neither is', () => {
    expect(found('[1,2]', '[1,2')).toEqual(['type $ [1,2] → "not JSON: unexpected end at 4"']);
    expect(found('oops', 'oh no')).toEqual(['value $ oops → ohno']);
    const latin1 = compareJson(Buffer.from('["é"]'), Buffer.from('["é"]', 'latin1'), compileRules(unshadowed.rules));
    expect(latin1.mismatches[0]?.candidate).toBe('"not JSON: invalid UTF-8 at 2"');
  });

  it('survives a mebibyte of nesting, and says where it stopped to look inside', () => {
    const nested = (depth: number, inside: string) => '['.repeat(depth) + inside + ']'.repeat(depth);
    expect(found(nested(400, '1'), nested(400, '2'))).toEqual([expect.stringMatching(/^value \$(?:\[0\])+.*…/)]);
    const [mismatch] = compare(nested(500_000, ''), nested(500_000, '1')).mismatches;
    expect(mismatch?.kind).toBe('value');
    expect(mismatch?.control).toMatch(/^deeper than 500 levels: \[\[\[.*… \(cut: \d+ bytes\)$/);
    expect(compare(nested(500_000, ''), ` ${nested(500_000, ' ')}`).mismatches).toHaveLength(1);
    const objects = '{"a":'.repeat(150_000);
    expect(compare(`${objects}1${'}'.repeat(150_000)}`, `${objects}2${'}'.repeat(150_000)}`).mismatches).toHaveLength(
      1,
    );
  });

  it('keeps a bounded part of what differs, and says so', () => {
    const many = Array.from({ length: 500 }, (_, i) => ({ [`k${'abcdefghij'[i % 10]}`]: i }));
    const { mismatches, cut } = compare(
      many,
      many.map((each) => Object.fromEntries(Object.keys(each).map((key) => [key, -1]))),
    );
    expect(mismatches).toHaveLength(100);
    expect(cut).toBe(true);
    const [long] = compare({ a: 'x'.repeat(10_000) }, { a: 1 }).mismatches;
    expect(long?.control).toBe(`"${'x'.repeat(255)}… (cut: 10002 bytes)`);
    const [deep] = compare(`{"${'k'.repeat(10_000)}":1}`, '{}').mismatches;
    expect(deep?.path.length).toBeLessThanOrEqual(256);
  });

  it('finds the one missing field behind a thousand wrong prices', () => {
    const items = Array.from({ length: 1_000 }, (_, i) => ({ id: i, price: i }));
    const control = { items, last: true };
    const candidate = { items: items.map(({ id, price }) => ({ id, price: price + 1 })) };
    expect(new Set(patterns(control, candidate))).toEqual(new Set(['value $.items[*].price', 'missing $.last']));
  });
});

describe('arrays', () => {
  it('in another order are one mismatch', () => {
    expect(found({ a: [1, 2, 3] }, { a: [3, 1, 2] })).toEqual(['order $.a [1,2,3] → [3,1,2]']);
    expect(found([1, [2, 3]], [[2, 3], 1])).toEqual(['order $ [1,[2,3]] → [[2,3],1]']);
    expect(found([1, [2, 3]], [[3, 2], 1])).toEqual(['extra $[0] null → [3,2]', 'missing $[1] [2,3] → null']);
  });

  it('with one element put in or left out differ by that one', () => {
    const all = Array.from({ length: 50 }, (_, i) => ({ at: i }));
    expect(found(all, [{ at: -1 }, ...all])).toEqual(['extra $[0] null → {"at":-1}']);
    expect(found(all, all.toSpliced(20, 1))).toEqual(['missing $[20] {"at":20} → null']);
  });

  it('are aligned by a field that names their elements, where every one changed', () => {
    const all = Array.from({ length: 5 }, (_, i) => ({ id: i, price: i }));
    const dearer = all.map(({ id, price }) => ({ id, price: price + 1 }));
    expect(found(all, [{ id: 9, price: 1 }, ...dearer])).toEqual([
      'extra $[0] null → {"id":9,"price":1}',
      ...all.map(({ id, price }) => `value $[${id}].price ${price} → ${price + 1}`),
    ]);
    expect(found(all.slice(0, 2), dearer.slice(0, 2).reverse())).toEqual([
      'order $ [{"id":0,"price":0},{"id":1,"price":1}] → [{"id":1,"price":2},{"id":0,"price":1}]',
      'value $[0].price 0 → 1',
      'value $[1].price 1 → 2',
    ]);
  });

  it('of any length are aligned in bounded time', () => {
    const numbers = Array.from({ length: 60_000 }, (_, i) => i);
    expect(found(numbers, numbers.toSpliced(30_000, 1).toSpliced(100, 0, -1))).toEqual([
      'extra $[100] null → -1',
      'missing $[30000] 30000 → null',
    ]);
    const same = numbers.map((i) => i % 2);
    expect(compare([...same, 2], [3, ...same]).mismatches.length).toBeGreaterThan(0);
    const nested = (depth: number, leaf: number): unknown =>
      depth === 0 ? [leaf] : [nested(depth - 1, leaf), depth, leaf];
    expect(compare(nested(300, 1), nested(300, 2)).mismatches.length).toBeGreaterThan(0);
  });
});

describe('rules', () => {
  it('ignore what they name, missing or not, and say that it took them to match', () => {
    const some = { ignore: ['$.generatedAt', '$.items[*].at', '$..traceId'] };
    const control = {
      generatedAt: 1,
      items: [
        { at: 1, n: 1 },
        { at: 2, n: 2 },
      ],
      deep: { er: { traceId: 1 } },
    };
    const candidate = { items: [{ at: 3, n: 1 }, { n: 2 }], deep: { er: { traceId: 2 } } };
    expect(compare(control, candidate, some)).toEqual(matchedByRules);
    expect(compare(control, control, some)).toEqual(matched);
    expect(compare(control, ` ${text(control)}`, some)).toEqual(matched);
    expect(found(control, { ...candidate, items: [{ n: 1 }, { n: 3 }] }, some)).toEqual(['value $.items[1].n 2 → 3']);
    expect(compare([1, 2], [3], { ignore: ['$[*]'] })).toEqual(matchedByRules);
    expect(compare({ a: 1 }, [], { ignore: ['$'] })).toEqual(matchedByRules);
  });

  it('tolerate a distance, as decimals have it', () => {
    const by = (value: number) => ({ tolerance: [{ at: '$.total', by: { kind: 'absolute' as const, value } }] });
    expect(compare({ total: 1.13 }, { total: 1.12 }, by(0.01))).toEqual(matchedByRules);
    expect(found({ total: 1.13 }, { total: 1.11 }, by(0.01))).toEqual(['value $.total 1.13 → 1.11']);
    expect(compare('{"total":12345678901234567890}', '{"total":12345678901234567891}', by(1))).toEqual(matchedByRules);
    expect(found('{"total":12345678901234567890}', '{"total":12345678901234567891}', by(0.5))).toHaveLength(1);
    expect(found('{"total":1e999}', '{"total":1}', by(5))).toHaveLength(1);
    expect(compare({ total: '1.13' }, { total: '1.12' }, by(0.01))).toEqual(matchedByRules);
    expect(found({ total: 1 }, { total: '1' }, by(0.01))).toEqual(['type $.total 1 → "1"']);
  });

  it('tolerate a share of what legacy says', () => {
    const some = { tolerance: [{ at: '$[*]', by: { kind: 'percent' as const, value: 1 } }] };
    expect(compare([100], [101], some)).toEqual(matchedByRules);
    expect(compare([-100], [-99], some)).toEqual(matchedByRules);
    expect(found([100], [101.01], some)).toHaveLength(1);
    expect(found([0], [0.001], some)).toHaveLength(1);
    expect(found('[1]', '[1e999]', some)).toHaveLength(1);
    expect(found('[1e999]', '[1]', some)).toHaveLength(1);
  });

  it('tolerate time, however it is written', () => {
    const some = { tolerance: [{ at: '$.at', by: { kind: 'time' as const, milliseconds: 5_000 } }] };
    const near = (control: unknown, candidate: unknown) =>
      compare({ at: control }, { at: candidate }, some).mismatches.length === 0;
    expect(near('2026-03-01T10:00:00Z', '2026-03-01T10:00:05Z')).toBe(true);
    expect(near('2026-03-01T10:00:00Z', '2026-03-01T10:00:05.001Z')).toBe(false);
    expect(near('2026-03-01T10:00:00.000Z', '2026-03-01T11:00:02+01:00')).toBe(true);
    expect(near('2026-03-01 10:00:00', '2026-03-01 10:00:03')).toBe(true);
    expect(near('Sun, 01 Mar 2026 10:00:00 GMT', '2026-03-01T10:00:01Z')).toBe(true);
    expect(near('2026-03-01', '2026-03-02')).toBe(false);
    expect(near(1_770_000_000, 1_770_000_005)).toBe(true);
    expect(near(1_770_000_000, 1_770_000_006)).toBe(false);
    expect(near(1_770_000_000_000, 1_770_000_005_000)).toBe(true);
    expect(near(1_770_000_000, 1_770_000_000_000)).toBe(false);
    expect(near(1, 2)).toBe(false);
    expect(near('soon', 'later')).toBe(false);
    expect(near('2026-02-31T99:00:00Z', '2026-02-31T99:00:01Z')).toBe(false);
  });

  it('leave order aside, by what elements are', () => {
    const some = { unordered: [{ at: '$.tags', key: null }] };
    expect(compare({ tags: ['a', 'b', 'b'] }, { tags: ['b', 'a', 'b'] }, some)).toEqual(matchedByRules);
    expect(found({ tags: ['a', 'b', 'b'] }, { tags: ['b', 'a', 'c'] }, some)).toEqual([
      'missing $.tags[2] "b" → null',
      'extra $.tags[2] null → "c"',
    ]);
    expect(found({ tags: ['a'] }, { tags: ['a'], x: 1 }, some)).toEqual(['extra $.x null → 1']);
  });

  it('leave order aside, by a key: what has the same is one thing that changed', () => {
    const some = { unordered: [{ at: '$.items', key: 'sku' }] };
    const items = [{ sku: 'a', n: 1 }, { sku: 'b', n: 2 }, { sku: 'b', n: 3 }, { n: 4 }];
    expect(compare({ items }, { items: items.toReversed() }, some)).toEqual(matchedByRules);
    expect(
      found({ items }, { items: [{ sku: 'b', n: 3 }, { sku: 'a', n: 9 }, { sku: 'c', n: 2 }, { n: 4 }] }, some),
    ).toEqual([
      'value $.items[0].n 1 → 9',
      'missing $.items[1] {"sku":"b","n":2} → null',
      'extra $.items[2] null → {"sku":"c","n":2}',
    ]);
  });

  it('hold within elements that changed places', () => {
    const some = {
      ignore: ['$.items[*].at'],
      tolerance: [{ at: '$.items[*].price', by: { kind: 'absolute' as const, value: 0.01 } }],
      unordered: [
        { at: '$.items', key: null },
        { at: '$.items[*].tags', key: null },
      ],
    };
    const control = {
      items: [
        { at: 1, price: 1, tags: ['x', 'y'] },
        { at: 2, price: 2, tags: [] },
      ],
    };
    const candidate = {
      items: [
        { at: 3, price: 2.01, tags: [] },
        { price: 1, tags: ['y', 'x'] },
      ],
    };
    expect(compare(control, candidate, some)).toEqual(matchedByRules);
  });

  it('rewrite texts before they are compared, and nothing but texts', () => {
    const some = { normalize: [{ at: '$.links.*', pattern: 'https?://[^/]+', flags: '', replacement: '' }] };
    expect(compare({ links: { self: 'http://old/x' } }, { links: { self: 'https://new.example/x' } }, some)).toEqual(
      matchedByRules,
    );
    expect(found({ links: { self: 'http://old/x' } }, { links: { self: 'http://old/y' } }, some)).toEqual([
      'value $.links.self "http://old/x" → "http://old/y"',
    ]);
    expect(found({ links: { n: 1 } }, { links: { n: 2 } }, some)).toHaveLength(1);
  });

  it('give way to a more specific one', () => {
    const some = {
      tolerance: [
        { at: '$.a.b', by: { kind: 'absolute' as const, value: 5 } },
        { at: '$.a.*', by: { kind: 'absolute' as const, value: 0 } },
        { at: '$..b', by: { kind: 'absolute' as const, value: 0 } },
      ],
    };
    expect(compare({ a: { b: 1 } }, { a: { b: 5 } }, some)).toEqual(matchedByRules);
    expect(found({ a: { c: 1 } }, { a: { c: 5 } }, some)).toHaveLength(1);
  });

  it('tell a watchdog which of them runs', () => {
    const told: string[] = [];
    const rules = compileRules({
      ...unshadowed.rules,
      ignore: ['$.x'],
      normalize: [{ at: '$.a', pattern: 'a', flags: '', replacement: '' }],
    });
    const watch = { enter: (rule: number) => told.push(rules.names[rule]!), leave: () => told.push('left') };
    compareJson('{"a":"b"}', '{"a":"c"}', rules, watch);
    expect(told).toEqual(['normalize $.a: s#a##', 'left', 'normalize $.a: s#a##', 'left']);
  });
});

describe('patterns', () => {
  it('leave positions out', () => {
    expect(patterns({ a: [[1]] }, { a: [[2]] })).toEqual(['value $.a[*][*]']);
  });

  it.each([
    'ord_1042',
    'SKU-7731',
    '1042',
    '2026-03-01',
    '6f1c2a34-0000-4000-8000-0123456789ab',
    'a@b.example',
    '/x/y',
    'x'.repeat(60),
  ])('leave out a key from data: %s', (key) => {
    expect(patterns({ [key]: { n: 1 }, other: 2 }, { [key]: { n: 2 }, other: 2 })).toEqual(['value $.*.n']);
  });

  it.each(['id', 'orderId', 'line1', 'sha256', 'address_line_2', '@type', 'x-y', 'größe'])(
    'keep the name of a field: %s',
    (key) => {
      expect(patterns({ [key]: 1, other: 2 }, { [key]: 2, other: 2 })[0]).toMatch(/^value \$(?:\.[a-zA-Z]|\[')/);
    },
  );

  it('leave out the keys of an object that has very many, or whose others are from data', () => {
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`name${'abcdef'[i % 6]}${'xyzuvwklmn'[Math.floor(i / 6)]}`, i]),
    );
    expect(patterns(many, { ...many, nameax: -1 })).toEqual(['value $.*']);
    expect(patterns({ a_1001: 1, total: 2 }, { a_1001: 1, total: 3 })).toEqual(['value $.*']);
  });

  it('quote what is no plain name', () => {
    expect(patterns({ "it's odd": 1 }, { "it's odd": 2 })).toEqual(["value $['it\\'s odd']"]);
  });
});
