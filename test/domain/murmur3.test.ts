import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur3 } from '../../src/domain/murmur3.ts';

describe('murmur3', () => {
  it.each([
    // From the published test vectors of MurmurHash3_x86_32 with seed 0.
    ['', 0],
    ['test', 0xba6bd213],
    ['Hello, world!', 0xc0363e43],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
    ['\0\0\0\0', 0x2362f9de],
    ['\0\0\0', 0x85f0b427],
    ['\0\0', 0x30f4c306],
    ['\0', 0x514e28b7],
    ['\xff\xff\xff\xff', 0x76293b50],
    ['\x21\x43\x65\x87', 0xf55b516b],
    ['\x21\x43\x65', 0x7e4a8634],
    ['\x21\x43', 0xa0f7b07a],
    ['\x21', 0x72661cf4],
  ])('of %j is the published value', (text, hash) => {
    expect(murmur3(text)).toBe(hash);
  });

  it('takes characters beyond latin1 as their UTF-8 bytes', () => {
    const beyond = fc
      .string({ unit: 'binary' })
      .map((text) => [...text].filter((c) => c < '\x80' || c > '\xff').join(''));
    fc.assert(
      fc.property(beyond, (text) => {
        expect(murmur3(text)).toBe(murmur3(Buffer.from(text).toString('latin1')));
      }),
    );
    expect(murmur3('a\ud800b')).toBe(murmur3(Buffer.from('a\ufffdb').toString('latin1')));
  });

  it('of two parts is that of the whole', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'grapheme' }), (head, tail) => {
        expect(murmur3(head, tail)).toBe(murmur3(head + tail));
      }),
    );
  });
});
