import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeParts } from '../../../src/domain/compose/merge.ts';
import { type PartFound, readPart } from '../../../src/domain/compose/part-answer.ts';

const json = ['Content-Type', 'application/json'];

interface Given {
  readonly name: string;
  readonly spread: boolean;
  readonly text: string;
}

const name = fc.stringMatching(/^[a-z]{1,3}$/);
/** Keys that parts and their members share often, and some that are traps. */
const key = fc.oneof(name, fc.constantFrom('__proto__', 'constructor', '_partial', 'é', '"', '\\', '\ud800', '7'));
const value = fc.jsonValue({ maxDepth: 3 });
const object = fc
  .array(fc.tuple(key, value), { maxLength: 5 })
  .map((members) => `{${members.map(([k, v]) => `${JSON.stringify(k)} : ${JSON.stringify(v)}`).join(' ,\n')}}`);
const given = fc.oneof(
  fc.record({
    name,
    spread: fc.constant(false),
    text: fc.oneof(
      value.map((one) => JSON.stringify(one, null, 1)),
      object,
    ),
  }),
  fc.record({ name, spread: fc.constant(true), text: object }),
);
const parts = fc.uniqueArray(given, { selector: (one) => one.name, minLength: 1, maxLength: 5 });

function read({ spread, text }: Given): PartFound {
  return readPart({ required: false, spread }, { status: 200, headers: json, body: Buffer.from(text) });
}

/** What a reader of JSON makes of the same parts, put together by hand. */
function expected(all: readonly Given[]): Map<string, unknown> {
  const merged = new Map<string, unknown>();
  for (const { name, spread, text } of all) {
    const parsed: unknown = JSON.parse(text);
    if (!spread) merged.set(name, parsed);
    else for (const [k, v] of Object.entries(parsed as object)) merged.set(k, v);
  }
  merged.delete('_partial');
  return merged;
}

describe('merging parts', () => {
  it('gives a text that reads as merging the parts that were read', () => {
    fc.assert(
      fc.property(parts, (all) => {
        const { body, partial } = mergeParts(all, all.map(read));
        const merged = JSON.parse(body.toString()) as object;
        expect(partial).toEqual([]);
        expect(new Map(Object.entries(merged))).toEqual(expected(all));
      }),
    );
  });

  it('lets no part write another key than its own but by spread, whatever its service sends', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.json(), object), { minLength: 1, maxLength: 4 }), (texts) => {
        const all = texts.map((text, index) => ({ name: `p${index}`, spread: false, text }));
        const found = all.map(read);
        const { body, partial } = mergeParts(all, found);
        const kept = all.filter((_, index) => found[index]!.is !== 'failed').map((one) => one.name);
        const keys = partial.length > 0 ? [...kept, '_partial'] : kept;
        expect(Object.keys(JSON.parse(body.toString()) as object)).toEqual(keys);
      }),
    );
  });

  it('keeps every number as its service spelled it', () => {
    const all = [
      { name: 'a', spread: true, text: '{"big":12345678901234567890,"e":1E+2}' },
      { name: 'b', spread: false, text: '0.10' },
    ];
    const { body } = mergeParts(all, all.map(read));
    expect(body.toString()).toBe('{"big":12345678901234567890,"e":1E+2,"b":0.10}');
  });

  it('names what failed, last of all, though a part says something else under that name', () => {
    const all = [
      { name: 'a', spread: true, text: '{"_partial":[]}' },
      { name: 'b', spread: false, text: 'no' },
    ];
    const { body, partial } = mergeParts(all, all.map(read));
    expect([body.toString(), partial]).toEqual(['{"_partial":["b"]}', ['b']]);
  });

  it('is an empty object where there is nothing', () => {
    expect(mergeParts([{ name: 'a', spread: true }], [{ is: 'absent' }]).body.toString()).toBe('{}');
  });
});

describe('a part’s answer', () => {
  it('is read to a hundred levels, and no further', () => {
    const nested = (depth: number) => ({ name: 'a', spread: false, text: '['.repeat(depth) + ']'.repeat(depth) });
    expect([read(nested(100)).is, read(nested(101)).is]).toEqual(['value', 'failed']);
    const wide = { name: 'a', spread: false, text: `[${Array(500).fill('[[]]').join(',')}]` };
    expect(read(wide).is).toBe('value');
  });

  it('counts by status before its body does', () => {
    const of = (status: number, required: boolean) =>
      readPart({ required, spread: false }, { status, headers: json, body: Buffer.from('{}') }).is;
    const statuses = [200, 201, 204, 302, 401, 404, 410, 500];
    expect(statuses.map((status) => of(status, false))).toEqual([
      ...['value', 'value', 'absent', 'failed', 'failed', 'absent', 'absent', 'failed'],
    ]);
    expect(statuses.map((status) => of(status, true))).toEqual([
      ...['value', 'value', 'absent', 'failed', 'refusal', 'refusal', 'refusal', 'failed'],
    ]);
  });

  it.each([
    [[], 'value'],
    [['content-type', 'application/problem+json; charset=utf-8'], 'value'],
    [['Content-Type', 'text/html'], 'failed'],
    [['Content-Type', 'application/json', 'content-type', 'text/html'], 'failed'],
    [['Content-Encoding', 'identity'], 'value'],
    [['Content-Encoding', 'br'], 'failed'],
  ] as const)('with the fields %j is a %s', (headers, is) => {
    expect(readPart({ required: false, spread: false }, { status: 200, headers, body: Buffer.from('{}') }).is).toBe(is);
  });

  it('is never more than a failed part, whatever bytes it has', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (body, spread) => {
        const found = readPart({ required: true, spread }, { status: 200, headers: json, body });
        if (found.is === 'value') JSON.parse(Buffer.from(found.text).toString());
      }),
    );
  });
});
