import { describe, expect, test } from 'vitest';
import {
  CONTENT_LENGTH,
  connectionOptions,
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

describe('the options of Connection', () => {
  test.each<[string, boolean, boolean, string[]]>([
    ['keep-alive', false, true, []],
    ['Keep-Alive', false, true, []],
    ['CLOSE', true, false, []],
    ['Upgrade', false, false, []],
    ['keep-alive, Upgrade', false, true, []],
    ['', false, false, []],
    [' ,, \t', false, false, []],
    [' Keep-Alive ,X-A,, \t', false, true, ['x-a']],
    ['x-a, X-B,x-A, close', true, false, ['x-a', 'x-b']],
    ['TE, close', true, false, ['te']],
    ['keep-alive-not', false, false, ['keep-alive-not']],
    ['__proto__', false, false, ['__proto__']],
  ])('%j', (value, close, keepAlive, names) => {
    expect(connectionOptions(value)).toEqual({ close, keepAlive, names });
    expect(connectionOptions(value), 'asked again').toEqual({ close, keepAlive, names });
  });

  test('are right however many values have been seen', () => {
    for (let i = 0; i < 1_000; i++) expect(connectionOptions(`close, X-${i}`).names).toEqual([`x-${i}`]);
    expect(connectionOptions('Keep-alive').keepAlive).toBe(true);
  });
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
