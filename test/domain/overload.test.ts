import { array, assert, constantFrom, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onTime, type Pace, paceAfter } from '../../src/domain/overload.ts';

const paceOf = (looks: readonly number[], limit: number): Pace =>
  looks.reduce<Pace>((pace, late) => paceAfter(pace, late, limit), onTime);

describe('the pace of the event loop', () => {
  it('is behind after two late looks in a row, and not after one', () => {
    expect(paceOf([1_200], 1_000).behind).toBe(false);
    expect(paceOf([1_200, 1_200], 1_000).behind).toBe(true);
    expect(paceOf([1_200, 3, 1_200, 3], 1_000).behind).toBe(false);
  });

  it('has caught up when it is less than half as late', () => {
    expect(paceOf([1_200, 1_200, 700], 1_000).behind).toBe(true);
    expect(paceOf([1_200, 1_200, 700, 400], 1_000).behind).toBe(false);
  });

  it('is never behind where the limit is off', () => {
    assert(property(array(double({ min: 0, noNaN: true })), (looks) => !paceOf(looks, 0).behind));
  });

  it('is behind after whatever came before once two looks are late, and on time after one that is not late at all', () => {
    const late = constantFrom(0, 300, 600, 1_001, 5_000);
    assert(property(array(late), (looks) => paceOf([...looks, 1_001, 1_001], 1_000).behind));
    assert(property(array(late), (looks) => !paceOf([...looks, 0], 1_000).behind));
  });
});
