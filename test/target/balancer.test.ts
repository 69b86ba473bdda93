import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { balancerFor } from '../../src/target/balancer.ts';

/** A number in [0, 1), the same row of them for the same seed. */
function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seatsOf = (...pending: readonly number[]) =>
  pending.map((count, index) => ({ index, pending: count, since: Number.NEGATIVE_INFINITY, credit: 0 }));

/** How often each of them is next in `turns` turns. */
function counted<B extends Parameters<typeof balancerFor>[0]>(
  balance: B,
  seats: ReturnType<typeof seatsOf>,
  turns: number,
  slowStart: { now: number; time: number } | null = null,
): number[] {
  const balancer = balancerFor(balance, chanceOf(7));
  const counts = seats.map(() => 0);
  for (let turn = 0; turn < turns; turn++) counts[balancer.next(seats, slowStart).index]! += 1;
  return counts;
}

describe('round-robin', () => {
  test('asks each in turn', () => {
    expect(counted('round-robin', seatsOf(9, 0, 5), 300)).toEqual([100, 100, 100]);
  });

  test('goes on in turn when the list grows and shrinks', () => {
    const balancer = balancerFor('round-robin', Math.random);
    const seats = seatsOf(0, 0, 0);
    expect(Array.from({ length: 4 }, () => balancer.next(seats, null).index)).toEqual([0, 1, 2, 0]);
    expect(Array.from({ length: 3 }, () => balancer.next(seats.slice(0, 1), null).index)).toEqual([0, 0, 0]);
  });
});

describe('least-pending', () => {
  test('asks the less busy of two: never the busiest, most often the least busy', () => {
    const [idle, some, busy] = counted('least-pending', seatsOf(0, 5, 50), 3_000);

    expect(busy).toBe(0);
    expect(idle! / 3_000).toBeCloseTo(2 / 3, 1);
    expect(some! / 3_000).toBeCloseTo(1 / 3, 1);
  });

  test('shares evenly among those that are alike', () => {
    for (const count of counted('least-pending', seatsOf(1, 1, 1, 1), 8_000))
      expect(count / 8_000).toBeCloseTo(0.25, 1);
  });

  test('gives a slow instance fewer requests', () => {
    const balancer = balancerFor('least-pending', chanceOf(3));
    const seats = seatsOf(0, 0, 0);
    const served = [0, 0, 0];
    // In each round four requests begin, and each instance ends what it can: the third one of them four times slower.
    for (let round = 0; round < 2_000; round++) {
      for (let i = 0; i < 4; i++) {
        const seat = balancer.next(seats, null);
        seat.pending++;
        served[seat.index]! += 1;
      }
      for (const seat of seats) seat.pending = Math.max(0, seat.pending - (seat.index === 2 ? round % 2 : 2));
    }
    expect(served[2]!).toBeLessThan(served[0]! / 2);
    expect(served[2]!).toBeLessThan(served[1]! / 2);
    expect(served[2]!).toBeGreaterThan(100);
  });
});

describe.each(['round-robin', 'least-pending'] as const)('a slow start under %s', (balance) => {
  test.each([
    [0, 0.1],
    [5_000, 0.5],
    [9_999, 1],
  ])('gives an instance of %i ms its share of turns', (age, share) => {
    const seats = seatsOf(0, 0, 0, 0).map((seat) => ({ ...seat, since: seat.index === 3 ? 20_000 - age : seat.since }));

    const counts = counted(balance, seats, 20_000, { now: 20_000, time: 10_000 });

    expect(counts[3]! / 20_000).toBeCloseTo(share / (3 + share), 1.5);
    expect(counts[3]!).toBeGreaterThan(0);
    expect(counts[0]! / 20_000).toBeCloseTo(1 / (3 + share), 1.5);
  });

  test('is none where everybody is new: they share evenly', () => {
    const seats = seatsOf(0, 0, 0).map((seat) => ({ ...seat, since: 20_000 }));
    for (const count of counted(balance, seats, 9_000, { now: 20_000, time: 10_000 })) {
      expect(count / 9_000).toBeCloseTo(1 / 3, 1);
    }
  });

  test('is no reason to find nobody', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ pending: fc.nat(9), age: fc.nat(12_000) }), { minLength: 1, maxLength: 8 }),
        fc.integer(),
        (all, seed) => {
          const balancer = balancerFor(balance, chanceOf(seed));
          const seats = all.map(({ pending, age }, index) => ({ index, pending, since: 20_000 - age, credit: 0 }));
          for (let turn = 0; turn < 30; turn++) {
            expect(seats).toContain(balancer.next(seats, { now: 20_000, time: 10_000 }));
          }
        },
      ),
    );
  });
});
