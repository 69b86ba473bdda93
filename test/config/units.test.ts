import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, parseSize } from '../../src/config/units.ts';

describe('a duration', () => {
  it.each([
    ['250ms', 250],
    ['5s', 5_000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['10 s', 10_000],
    ['0', 0],
    ['0s', 0],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '5', '5sec', 's', '-5s', '5 s 3ms', '1e3s', '.5s', '5s\n', '5constructor', '9999999999999999999s'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('is the same in every unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (hours) => {
        const spellings = [`${hours}h`, `${hours * 60}m`, `${hours * 3600}s`, `${hours * 3_600_000}ms`];
        expect(new Set(spellings.map(parseDuration))).toEqual(new Set([hours * 3_600_000]));
      }),
    );
  });
});

describe('a size', () => {
  it.each([
    ['512B', 512],
    ['64KB', 64_000],
    ['256KiB', 262_144],
    ['1MiB', 1_048_576],
    ['1.5KiB', 1_536],
    ['2GB', 2_000_000_000],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['64', '64K', '64kib', 'KiB', '-1B', '1TiB', '64KiBs'])('%j is none', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it('is 1,024 of the next smaller unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (count) => {
        expect(parseSize(`${count}MiB`)).toBe(parseSize(`${count * 1024}KiB`));
      }),
    );
  });
});
