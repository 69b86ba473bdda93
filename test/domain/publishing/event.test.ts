import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventFacts, eventOf, keyBeforehand } from '../../../src/domain/publishing/event.ts';
import { parseExactly } from '../../../src/domain/publishing/exact-json.ts';
import { parseSource, sourceText, valueAt } from '../../../src/domain/publishing/source.ts';

const facts = (answer: string, more: Partial<EventFacts> = {}): EventFacts => ({
  id: 'e1',
  source: '/shop',
  time: '2026-01-01T00:00:00.000Z',
  traceparent: null,
  params: ['id', 'a%20b', 'broken', '%zz'],
  answer: () => answer,
  request: () => '{"by":"ada"}',
  ...more,
});
const tell = (key: string, data: Record<string, string> | null, answer: string) =>
  eventOf(
    {
      type: 'order.created',
      key: parseSource(key),
      data: data && Object.entries(data).map(([name, source]) => [name, parseSource(source)] as const),
    },
    facts(answer),
  );

describe('an event', () => {
  it('tells what its sources say', () => {
    const data = { total: '$.sum.total', by: 'request:$.by', path: 'path:id', channel: 'text:web: shop', gone: '$.x' };
    expect(tell("$['odd key'][1]", data, '{"odd key":[0,7],"sum":{"total":1.50}}')).toEqual({
      specversion: '1.0',
      id: 'e1',
      type: 'order.created',
      source: '/shop',
      subject: '7',
      time: '2026-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      data: { total: 1.5, by: 'ada', path: 'a b', channel: 'web: shop' },
    });
  });

  it('has the whole answer for its data where nothing is chosen, and none where there is none', () => {
    expect(tell('path:id', null, '{"a":[1]}').data).toEqual({ a: [1] });
    expect(tell('path:id', null, '').data).toBeNull();
    expect(tell('path:broken', {}, '<html>')).toMatchObject({ subject: '%zz', data: {} });
  });

  it('needs a key that is text or a number', () => {
    expect(tell('$.id', {}, '{"id":12345678901234567890}').subject).toBe('12345678901234567890');
    expect(tell('$.id', {}, '{"id":false}').subject).toBe('false');
    for (const id of ['null', '""', '{}', '[1]', `"${'x'.repeat(501)}"`]) {
      expect(() => tell('$.id', {}, `{"id":${id}}`)).toThrow(/^the key \$\.id /);
    }
    expect(() => tell('$.id', {}, '{}')).toThrow('the key $.id is not there');
    expect(() => tell('$.id', {}, '<html>')).toThrow("the answer can't be read: it is not JSON");
  });

  it('never repeats what stood in an answer that can not be read', () => {
    expect(() => tell('$.id', {}, '{"password":"hunter2"')).toThrow(/^(?!.*hunter2)/);
  });

  it('knows its key beforehand where the path or the file says it', () => {
    const key = (text: string) => keyBeforehand({ key: parseSource(text) }, ['id', 'a%20b']);
    expect([key('path:id'), key('text:one'), key('$.id'), key('request:$.id')]).toEqual(['a b', 'one', null, null]);
  });
});

describe('a source', () => {
  it.each(['__proto__', 'constructor', 'length', 'toString'])(
    'finds in a document only what stands there, not %s',
    (name) => {
      for (const json of ['{}', '[]', '"text"', '1', 'null']) expect(valueAt(JSON.parse(json), [name])).toBe(undefined);
      expect(valueAt(JSON.parse(`{"${name}":1}`), [name])).toBe(1);
    },
  );

  it('finds any value of any document by its steps, and by its own spelling', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.array(fc.nat(3), { maxLength: 4 }), (document, choices) => {
        const json = JSON.stringify(document);
        let value: unknown = JSON.parse(json);
        const steps: (string | number)[] = [];
        for (const choice of choices) {
          if (typeof value !== 'object' || value === null) break;
          const keys = Object.keys(value);
          if (keys.length === 0) break;
          const key = keys[choice % keys.length]!;
          steps.push(Array.isArray(value) ? Number(key) : key);
          value = (value as Record<string, unknown>)[key];
        }
        const source = { from: 'answer' as const, steps };
        expect(valueAt(JSON.parse(json), steps)).toEqual(value);
        expect(parseSource(sourceText(source))).toEqual(source);
      }),
    );
  });

  it.each([
    ['id', /a source is/],
    ['answer:$.id', /a source is/],
    ['request:id', /a source is/],
    ['$.items[*].id', /no \* and no \.\./],
    ['$..id', /no \* and no \.\./],
    ['$.a b', /character/],
    ['path:', /name of the match/],
    ['path:a-b', /name of the match/],
  ])('is not %j', (text, message) => {
    expect(() => parseSource(text)).toThrow(message);
  });
});

describe('JSON is read without loss', () => {
  it('as JSON.parse reads it, where that loses nothing', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (json) => {
        const read = JSON.parse(json, (_, value) =>
          typeof value === 'number' && Math.abs(value) >= 1e15 ? null : value,
        );
        const exact = JSON.parse(JSON.stringify(parseExactly(json)), (_, value) =>
          typeof value === 'number' && Math.abs(value) >= 1e15 ? null : value,
        );
        expect(exact).toEqual(read);
      }),
    );
  });

  it('every number as itself, or as the text that it was', () => {
    const number = fc
      .tuple(
        fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
        fc.option(fc.bigInt({ min: 0n, max: 10n ** 30n })),
        fc.option(fc.integer({ min: -400, max: 400 })),
      )
      .map(
        ([whole, fraction, power]) =>
          `${whole}${fraction === null ? '' : `.${fraction}`}${power === null ? '' : `e${power}`}`,
      );
    fc.assert(
      fc.property(number, (text) => {
        const value = parseExactly(`{"n":[${text}]}`) as { n: unknown[] };
        const [read] = value.n;
        expect(typeof read === 'string' ? read : Number(text)).toBe(typeof read === 'string' ? text : read);
        if (typeof read === 'number') expect(Number.isFinite(read)).toBe(true);
      }),
    );
    expect(parseExactly('[9007199254740993, 9007199254740992, 0.1, 1e400, 1E2, -0]')).toEqual([
      '9007199254740993',
      9007199254740992,
      0.1,
      '1e400',
      100,
      -0,
    ]);
  });

  it('with strings left alone that look like numbers, and quotes in them', () => {
    const odd = { 'a\\"123456789012345678901': '\\"12345678901234567890,[[[{{{', n: '\\' };
    expect(parseExactly(JSON.stringify(odd))).toEqual(odd);
  });

  it('and never by recursion without end', () => {
    expect(() => parseExactly('['.repeat(100_000) + ']'.repeat(100_000))).toThrow(/nested more than/);
    expect(parseExactly('[]'.repeat(1))).toEqual([]);
    expect(() => parseExactly('{12345678901234567890:1}')).toThrow(/not JSON/);
  });
});
