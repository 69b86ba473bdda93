import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText, isCanonicalText, normalisePath, splitTarget } from '../../src/domain/path.ts';

describe('normalisePath', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['*', '*'],
    ['api/orders', '/api/orders'],
    ['/api/orders/', '/api/orders/'],
    ['/API/Orders', '/API/Orders'],
    ['/%61pi/../api//orders', '/api/orders'],
    ['//api///orders//', '/api/orders/'],
    ['/a/./b/.', '/a/b/'],
    ['/a/b/..', '/a/'],
    ['/a/%2e%2E/b', '/b'],
    ['/a/.%2e/b', '/b'],
    ['/../../a', '/a'],
    ['/..', '/'],
    ['/.', '/'],
    ['/a/..;/b', '/a/..;/b'],
    ['/...', '/...'],
    ['/.a/..b', '/.a/..b'],
    ['/a%2fb%5cc', '/a%2Fb%5Cc'],
    ['/a\\b', '/a%5Cb'],
    ['/a%2f..%2fb', '/a%2F..%2Fb'],
    ['/%252e%252e/', '/%252e%252e/'],
    ['/100%', '/100%25'],
    ['/%zz/%4', '/%25zz/%254'],
    ['/%%34%31', '/%2541'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/caf\xc3\xa9', '/caf%C3%A9'],
    ['/%00%0d%0a%20%7f', '/%00%0D%0A%20%7F'],
    ['/a%3fb%23c%3bd', '/a%3Fb%23c%3Bd'],
    ['/a;v=1,2', '/a;v=1,2'],
    ['/a%2c%40%3a', '/a,@:'],
    ['/{a}|"<>^`', '/%7Ba%7D%7C%22%3C%3E%5E%60'],
    ['/\u20ac\ud83d\ude00', '/%E2%82%AC%F0%9F%98%80'],
  ])('spells %j as %j', (raw, normal) => {
    expect(normalisePath(raw)).toBe(normal);
  });

  const anyPath = fc
    .array(fc.oneof(fc.constantFrom('/', '.', '..', '%', '%2', '%2e', '%2F', '%25', '\\', ';', 'a'), fc.string()), {
      maxLength: 20,
    })
    .map((parts) => `/${parts.join('')}`);

  it('gives text that it would not change again', () => {
    fc.assert(
      fc.property(anyPath, (raw) => {
        expect(normalisePath(normalisePath(raw))).toBe(normalisePath(raw));
      }),
    );
  });

  it('never leaves a dot segment or an empty one, nor anything that may not stand in a request', () => {
    fc.assert(
      fc.property(anyPath, (raw) => {
        const path = normalisePath(raw);
        expect(path).not.toMatch(/\/\/|\/\.\.?(?:\/|$)/);
        expect(path).toMatch(/^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})*$/);
      }),
    );
  });

  it('sees through the encoding of any character that is not a delimiter', () => {
    const plain = fc.constantFrom(...'abzAZ09-._~!$&\'()*+,=:@ "<>\\^`{|}\xe9\xff'.split(''), '/', '..', '/./');
    fc.assert(
      fc.property(fc.array(fc.tuple(plain, fc.constantFrom('raw', 'upper', 'lower'))), (parts) => {
        const raw = `/${parts.map(([text]) => text).join('')}`;
        const dressed = `/${parts.map(([text, how]) => (how === 'raw' ? text : encodeAll(text, how))).join('')}`;
        expect(normalisePath(dressed)).toBe(normalisePath(raw));
      }),
    );
  });

  it('keeps every segment apart that decodes to different bytes', () => {
    const segment = fc.string({
      unit: fc.constantFrom('a', '%', '/', '%2F', '%25', '%2', 'F', '\\', '%5C', 'é', '%E9'),
    });
    const bytes = (text: string) =>
      text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    fc.assert(
      fc.property(segment, segment, (a, b) => {
        const [one, other] = [`/x${a.replaceAll('/', '%2F')}`, `/x${b.replaceAll('/', '%2F')}`];
        expect(normalisePath(one) === normalisePath(other)).toBe(bytes(one) === bytes(other));
      }),
    );
  });
});

describe('canonicalText', () => {
  it('is what isCanonicalText recognises', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('%', '%4', '%41', '%2f', '%2F', 'a', ' ', '\n', '/', ';') }),
        (text) => {
          expect(isCanonicalText(text)).toBe(canonicalText(text) === text);
          expect(isCanonicalText(canonicalText(text))).toBe(true);
        },
      ),
    );
  });
});

describe('splitTarget', () => {
  it.each([
    ['/a', '/a', null],
    ['/a?', '/a', ''],
    ['/a?b=1?2', '/a', 'b=1?2'],
    ['?x', '', 'x'],
    ['*', '*', null],
    ['http://other.test/a?b', '/a', 'b'],
    ['HTTPS://other.test', '/', null],
    ['http://other.test?b', '/', 'b'],
    ['//other.test/a', '//other.test/a', null],
  ])('parts %j', (target, path, query) => {
    expect(splitTarget(target)).toEqual({ path, query });
  });
});

function encodeAll(text: string, how: 'upper' | 'lower'): string {
  const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(2, '0');
  return text
    .split('')
    .map((character) =>
      character === '/' ? '/' : `%${how === 'upper' ? hex(character).toUpperCase() : hex(character)}`,
    )
    .join('');
}
