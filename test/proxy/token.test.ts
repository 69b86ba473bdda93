import { expect, test } from 'vitest';
import { randomToken } from '../../src/proxy/token.ts';

test('every token is 128 bits that no other one has, however many are drawn', () => {
  const tokens = Array.from({ length: 1_000 }, randomToken);
  expect(new Set(tokens).size).toBe(1_000);
  for (const token of tokens) expect(token).toMatch(/^[\w-]{22}$/);

  const ones = new Array<number>(128).fill(0);
  for (const token of tokens) {
    const bytes = Buffer.from(token, 'base64url');
    expect(bytes.length).toBe(16);
    for (let bit = 0; bit < 128; bit++) ones[bit]! += (bytes[bit >> 3]! >> (bit & 7)) & 1;
  }
  // Nine standard deviations: a bit that is stuck is far beyond them, and a fair coin never gets there.
  for (const count of ones) expect(Math.abs(count - 500)).toBeLessThan(9 * Math.sqrt(250));
});
