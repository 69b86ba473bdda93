import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countText, millisecondsText, roundedPercent, shareText } from '../../src/domain/figures.ts';

describe('a share in words', () => {
  it.each([
    [0.09659, 'up', '0.097 %'],
    [0.1, 'up', '0.1 %'],
    [0.1, 'down', '0.1 %'],
    [12.34, 'nearest', '12.3 %'],
    [99.96, 'nearest', '99.96 %'],
    [99.9999, 'nearest', '99.9999 %'],
    [100, 'nearest', '100 %'],
    [0, 'nearest', '0 %'],
  ] as const)('writes %d %s as %s', (percent, rounding, text) => {
    expect(shareText(percent, rounding)).toBe(text);
  });

  it('never claims more than holds, nor 0 or 100 of what is neither', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 99.999999, noNaN: true }), (percent) => {
        expect(roundedPercent(percent, 'up')).toBeGreaterThanOrEqual(percent * (1 - 1e-9));
        expect(roundedPercent(percent, 'down')).toBeLessThanOrEqual(percent * (1 + 1e-9));
        expect(roundedPercent(percent)).toBeGreaterThan(0);
        expect(roundedPercent(percent)).toBeLessThan(100);
      }),
    );
  });
});

it('counts and durations are written as people read them', () => {
  expect([0, 999, 1000, 1234567].map(countText)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([0.84, 9.96, 12.4, 999, 1500, 64_000].map(millisecondsText)).toEqual([
    '0.8 ms',
    '10 ms',
    '12 ms',
    '999 ms',
    '1.5 s',
    '64 s',
  ]);
});
