import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance } from '../../src/config/suggest.ts';

describe('did you mean', () => {
  it('names the nearest word', () => {
    expect(didYouMean('oders', ['payments', 'orders', 'order-history'])).toBe(' (did you mean "orders"?)');
    expect(didYouMean('pecrent', ['percent', 'path'])).toBe(' (did you mean "percent"?)');
    expect(didYouMean('Percent', ['percent'])).toBe(' (did you mean "percent"?)');
  });

  it('stays silent when nothing is near', () => {
    expect(didYouMean('inventory', ['orders', 'payments'])).toBe('');
    expect(didYouMean('x', ['y', 'z'])).toBe('');
    expect(didYouMean('orders', [])).toBe('');
  });
});

describe('the edit distance', () => {
  it('counts a swap of neighbours as one edit', () => {
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('is symmetric, zero for equals only, and never more than the longer word', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
