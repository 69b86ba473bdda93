import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BodyCopy } from '../../src/proxy/body-copy.ts';

const limit = 64 * 1024;

function copyOf(chunks: readonly Uint8Array[]): BodyCopy {
  const copy = new BodyCopy(limit);
  for (const chunk of chunks) expect(copy.add(Buffer.from(chunk))).toBe('kept');
  copy.end();
  return copy;
}

test('is the body, in whatever pieces that came', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 20 }), (chunks) => {
      const copy = copyOf(chunks);
      const body = Buffer.concat(chunks);
      expect(Buffer.concat(copy.pieces).equals(body)).toBe(true);
      expect(copy.whole()!.equals(body)).toBe(true);
      copy.release();
    }),
  );
});

test('of a body that comes byte by byte is a few pieces', () => {
  const bytes = Buffer.from('0123456789abcdef'.repeat(4_096));
  const copy = copyOf([...bytes].map((byte) => Buffer.of(byte)));
  expect(copy.pieces.length).toBeLessThan(30);
  expect(copy.whole()!.equals(bytes)).toBe(true);
  copy.release();
});

test('keeps nothing of the piece that does not fit, nor what comes after it', () => {
  const copy = new BodyCopy(5);
  expect(['ab', 'c', 'def', 'g'].map((text) => copy.add(Buffer.from(text)))).toEqual([
    'kept',
    'kept',
    'too-large',
    'too-large',
  ]);
  copy.end();
  expect(Buffer.concat(copy.pieces).toString()).toBe('abc');
  expect(copy.whole()).toBeNull();
  copy.release();
});

test('shares 64 MiB with all others, and gives back all that it took', () => {
  const MiB = 1024 * 1024;
  for (let round = 0; round < 2; round++) {
    const copies = Array.from({ length: 65 }, () => new BodyCopy(MiB));
    const fits = copies.map((copy) => copy.add(Buffer.alloc(MiB)));
    expect(fits.indexOf('no-room')).toBe(64);
    for (const copy of copies) copy.release();
  }
});
