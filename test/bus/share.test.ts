import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partitionOf, partitions } from '../../src/bus/partition.ts';
import { fairShare } from '../../src/bus/share.ts';

describe('the fair share of a consumer', () => {
  it('adds up to all partitions, and differs by one at most', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 20 }), (alive) => {
        const shares = alive.map((consumer) => fairShare(consumer, alive));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is the same whatever order the others are told in, and counts oneself', () => {
    expect(fairShare('b', ['c', 'a'])).toBe(fairShare('b', ['a', 'b', 'c']));
  });
});

describe('the partition of a subject', () => {
  it('is one of them for any text, and always the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (subject) => {
        const partition = partitionOf(subject);
        expect(partition).toBe(partitionOf(subject));
        expect(partition >= 0 && partition < partitions && Number.isInteger(partition)).toBe(true);
      }),
    );
  });

  it('is what it was: what is stored depends on it', () => {
    expect(['order-1', 'order-2', 'ünï', ''].map(partitionOf)).toEqual([1, 7, 6, 0]);
  });
});
