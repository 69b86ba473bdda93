import { describe, expect, test } from 'vitest';
import {
  addConnectionOptions,
  CONTENT_LENGTH,
  FORWARDING_KIN,
  fieldCode,
  HOP_BY_HOP,
  HOST,
  OTHER,
  TRANSFER_ENCODING,
  tokenCharacters,
  UNDERSCORE_TWIN,
  valueCharacters,
  X_FORWARDED_FOR,
} from '../../src/domain/fields.ts';

describe('a field’s number', () => {
  test.each([
    ['Host', HOST],
    ['hOST', HOST],
    ['content-length', CONTENT_LENGTH],
    ['Transfer-Encoding', TRANSFER_ENCODING],
    ['Keep-Alive', HOP_BY_HOP],
    ['Proxy-Connection', HOP_BY_HOP],
    ['X-Forwarded-For', X_FORWARDED_FOR],
    ['X-Forwarded-Port', FORWARDING_KIN],
    ['x-forwarded-anything', FORWARDING_KIN],
    ['X-Real-IP', FORWARDING_KIN],
    ['x_forwarded_for', UNDERSCORE_TWIN],
    ['X-Forwarded_For', UNDERSCORE_TWIN],
    ['X_Real-IP', UNDERSCORE_TWIN],
    ['Content_Length', UNDERSCORE_TWIN],
    ['transfer_encoding', UNDERSCORE_TWIN],
    ['X_Strangler_Target', UNDERSCORE_TWIN],
    ['my_header', OTHER],
    ['x_content_length', OTHER],
    ['Hostname', OTHER],
    ['__proto__', OTHER],
    ['constructor', OTHER],
    ['', OTHER],
  ])('%s', (name, code) => {
    expect(fieldCode(name)).toBe(code);
    expect(fieldCode(name), 'asked again').toBe(code);
  });

  test('is right however many spellings have been seen', () => {
    for (let i = 0; i < 5_000; i++) expect(fieldCode(`X-Spelling-${i}`)).toBe(OTHER);
    expect(fieldCode('HosT')).toBe(HOST);
    expect(fieldCode('TRANSFER-Encoding')).toBe(TRANSFER_ENCODING);
  });
});

test('the options of Connection are read as one list, in lower case', () => {
  const names = new Set<string>();
  addConnectionOptions(' Keep-Alive ,X-A,, \t', names);
  addConnectionOptions('x-a, X-B', names);
  expect([...names]).toEqual(['keep-alive', 'x-a', 'x-b']);
});

describe('the characters of RFC 9110', () => {
  const allowed = (table: Uint8Array) =>
    Array.from({ length: 256 }, (_, code) => code)
      .filter((code) => table[code] === 1)
      .map((code) => String.fromCharCode(code))
      .join('');

  test('of a token', () => {
    expect(allowed(tokenCharacters)).toBe(
      "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~",
    );
  });

  test('of a value', () => {
    const text = allowed(valueCharacters);
    expect(text).toHaveLength(256 - 33 + 1);
    expect(text).not.toMatch(/[\0-\x08\n-\x1f\x7f]/);
  });
});
