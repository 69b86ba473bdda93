import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlaceError, parsePlace } from '../../../src/domain/comparing/place.ts';
import { relate } from '../../../src/domain/comparing/relate.ts';
import { keyText } from '../../../src/domain/comparing/step.ts';

const steps = (text: string) => {
  const place = parsePlace(text);
  return place.of === 'json' ? place.steps : place;
};

describe('a place', () => {
  it('is written as people write JSON paths', () => {
    expect(steps('$')).toEqual([]);
    expect(steps("$.a['odd key'][0][*].*")).toEqual([
      { kind: 'key', key: 'a' },
      { kind: 'key', key: 'odd key' },
      { kind: 'index', index: 0 },
      { kind: 'any-index' },
      { kind: 'any-key' },
    ]);
    expect(steps('$..id')).toEqual([{ kind: 'deep' }, { kind: 'key', key: 'id' }]);
    expect(steps('$.links.2024')).toEqual([
      { kind: 'key', key: 'links' },
      { kind: 'key', key: '2024' },
    ]);
    expect(steps('header:ETag')).toEqual({ of: 'header', name: 'etag', part: null });
    expect(steps('header:set-cookie:theme')).toEqual({ of: 'header', name: 'set-cookie', part: 'theme' });
    expect(steps('status')).toEqual({ of: 'status' });
    expect(steps('body')).toEqual({ of: 'body' });
  });

  it.each([
    ['', 0, 'begins with'],
    ['items', 0, 'begins with'],
    ['$items', 1, 'expected'],
    ['$.', 2, 'missing'],
    ['$.a..', 5, 'missing'],
    ['$.a b', 2, "['a b']"],
    ['$.a[', 3, 'no ]'],
    ['$.a[x]', 4, 'position'],
    ['$.a[-1]', 4, 'position'],
    ["$['a", 2, 'no end'],
    ["$['a'x", 5, 'expected ]'],
    ["$['\\n']", 3, 'backslash'],
    ['header:', 7, 'header'],
    ['header:a b', 7, 'header'],
    ['header:etag:x', 11, 'only set-cookie'],
    ['header:set-cookie:a:b', 18, 'cookie'],
  ])('says where %j is wrong', (text, offset, about) => {
    const error = thrown(() => parsePlace(text));
    expect(error).toBeInstanceOf(PlaceError);
    expect((error as PlaceError).offset).toBe(offset);
    expect((error as PlaceError).message).toContain(about);
  });

  it('names any key on one line, and reads it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        const text = `$${keyText(key)}`;
        expect(text).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202e]/u);
        expect(steps(text)).toEqual([{ kind: 'key', key }]);
      }),
    );
    expect(steps(`$${keyText('\ud800')}`)).toEqual([{ kind: 'key', key: '\ud800' }]);
  });

  it.each([
    ['$.a', '$.a', 'covers'],
    ['$.a', '$.a.b[0]', 'covers'],
    ['$.a.b', '$.a', 'within'],
    ['$.a.b', '$.b', 'apart'],
    ['$.items[*].at', '$.items[7].at', 'covers'],
    ['$.items[*].at', '$.items', 'within'],
    ['$.*.at', '$[0].at', 'apart'],
    ['$..id', '$.a.b.id', 'covers'],
    ['$..id', '$.a.b', 'within'],
    ['$..id', '$.id.x', 'covers'],
    ['$..a.b', '$.a.a.b', 'covers'],
    ['$.a', 'body', 'within'],
    ['body', '$.a', 'covers'],
    ['header:etag', 'header:etag', 'covers'],
    ['header:etag', 'header:date', 'apart'],
    ['header:set-cookie', 'header:set-cookie:a', 'covers'],
    ['header:set-cookie:a', 'header:set-cookie:b', 'apart'],
    ['status', 'status', 'covers'],
    ['status', '$', 'apart'],
  ])('%s lies to %s as: %s', (place, path, relation) => {
    expect(relate(parsePlace(place), parsePlace(path))).toBe(relation);
  });
});

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}
