import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameNumber } from '../../../src/domain/comparing/decimal.ts';
import { numberText } from '../../../src/domain/comparing/same.ts';
import { JsonTrouble, scanJson } from '../../../src/domain/comparing/scan.ts';
import {
  ARRAY,
  elementsOf,
  FALSE,
  keysOf,
  kindOf,
  NUMBER,
  OBJECT,
  STRIDE,
  STRING,
  stringOf,
  type Tape,
  TRUE,
} from '../../../src/domain/comparing/tape.ts';
import { document, rewrittenText } from './documents.ts';

const scan = (text: string | Uint8Array) => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return scanJson(bytes, 0, bytes.length);
};

/** What the tape holds, as anyone reads it: the last of a repeated key counts. */
function read(tape: Tape, node = 0): unknown {
  const kind = kindOf(tape, node);
  if (kind === ARRAY) return elementsOf(tape, node).map((element) => read(tape, element));
  if (kind === OBJECT)
    return Object.fromEntries(keysOf(tape, node).map((key) => [stringOf(tape, key), read(tape, key + STRIDE)]));
  if (kind === STRING) return stringOf(tape, node);
  if (kind === NUMBER) return Number(numberText(tape, node));
  return kind === TRUE ? true : kind === FALSE ? false : null;
}

describe('reading JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(document, fc.nat(15), (value, style) => {
        const text = rewrittenText(value, style);
        // Bytes can't hold half of a surrogate pair but as an escape, and JSON.stringify escapes it.
        expect(JSON.stringify(read(scan(text)))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses what JSON.parse refuses, and nothing else', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '"a"', '1', '-', '0', '.5', 'e', 'E+1', 'true', 'nul', 'null', ' ', '\n'],
      ...['\\u00e9', '\\', '\t', '\u0000', 'é', '\ufeff', '01', '"\\ud800"', 'NaN', "'", '/*', '\u00a0'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        expect(
          isRead(() => scan(text)),
          text,
        ).toBe(isRead(() => JSON.parse(text)));
      }),
      { numRuns: 20_000 },
    );
  });

  it('refuses what JSON.parse refuses of a document with one byte changed', () => {
    fc.assert(
      fc.property(document, fc.nat(15), fc.nat(), fc.integer({ min: 0, max: 127 }), (value, style, at, byte) => {
        const bytes = Buffer.from(rewrittenText(value, style));
        const place = at % bytes.length;
        if (bytes[place]! >= 0x80) return;
        bytes[place] = byte;
        const text = bytes.toString();
        expect(
          isRead(() => scan(bytes)),
          text,
        ).toBe(isRead(() => JSON.parse(text)));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['', 'unexpected end at 0'],
    ['[1,2', 'unexpected end at 4'],
    ['[1,]', 'unexpected ] at 3'],
    ['{"a" 1}', 'unexpected 1 at 5'],
    ['{"a":1,}', 'unexpected } at 7'],
    ['[1]]', 'unexpected ] at 3'],
    ['NaN', 'unexpected N at 0'],
    ['["\u0001"]', 'a control character in a string at 2'],
    ['["\\x"]', 'an unknown escape at 2'],
    ['"', 'unexpected end at 1'],
    ['tru', 'unexpected end at 3'],
  ])('says what is wrong with %j', (text, why) => {
    expect(() => scan(text)).toThrow(new JsonTrouble(why.replace(/ at \d+$/, ''), Number(/\d+$/.exec(why)![0])));
  });

  it('knows UTF-8 from what only looks like it', () => {
    const valid = new TextDecoder('utf-8', { fatal: true });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 4, min: 0x78 }), (inside) => {
        const bytes = Buffer.concat([Buffer.from('"'), inside, Buffer.from('"')]);
        expect(isRead(() => scan(bytes))).toBe(isRead(() => valid.decode(bytes)));
      }),
      { numRuns: 20_000 },
    );
  });

  it('survives a mebibyte of nesting, closed or not', () => {
    const half = 512 * 1024;
    expect(scan('['.repeat(half) + ']'.repeat(half)).length).toBe(half * STRIDE);
    expect(() => scan('['.repeat(2 * half))).toThrow(`unexpected end at ${2 * half}`);
    expect(() => scan('{"a":'.repeat(half / 4))).toThrow('unexpected end');
  });
});

describe('numbers', () => {
  it('are what they are worth, not how they are written, and not what a double makes of them', () => {
    for (const [one, other] of [
      ['1', '1.0'],
      ['1', '1e0'],
      ['100', '1E+2'],
      ['0', '-0'],
      ['0', '0e999'],
      ['0.10', '0.1'],
      ['12e-1', '1.2'],
      [`1${'0'.repeat(400)}`, '1e400'],
    ] as const)
      expect(sameNumber(one, other), `${one} ${other}`).toBe(true);
    for (const [one, other] of [
      ['12345678901234567890', '12345678901234567891'],
      ['0.1', '0.1000000000000000055511151231257827'],
      ['1e400', '1e401'],
      ['1e-400', '0'],
      ['1', '-1'],
      ['9007199254740993', '9007199254740992'],
    ] as const)
      expect(sameNumber(one, other), `${one} ${other}`).toBe(false);
  });

  it('are equal exactly where cross-multiplied integers are', () => {
    const decimal = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(decimal, decimal, ([a, x], [b, y]) => {
        const same = BigInt(a) * 10n ** BigInt(x + 3) === BigInt(b) * 10n ** BigInt(y + 3);
        expect(sameNumber(`${a}e${x}`, `${b}.0e${y}`)).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });
});

function isRead(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof JsonTrouble || error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}
