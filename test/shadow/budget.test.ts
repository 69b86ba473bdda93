import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Budget, budgetOf, copyCost, followed, type Span, trickle, unseen } from '../../src/shadow/budget.ts';

const interval = 100;
const cores = 4;

/** What a proxy has to do, in ms a request: its loop's, the machine's beyond that, and what else the machine does. */
interface World {
  readonly requests: number;
  readonly cost: number;
  /** What a copy costs more than a request. */
  readonly factor: number;
  /** Busy cores that are not this process. */
  readonly others: number;
}

const world: fc.Arbitrary<World> = fc.record({
  requests: fc.integer({ min: 1, max: 2_000 }),
  cost: fc.double({ min: 0.02, max: 2, noNaN: true }),
  factor: fc.double({ min: 0.3, max: copyCost, noNaN: true }),
  others: fc.double({ min: 0, max: cores, noNaN: true }),
});

function lived({ requests, cost, factor, others }: World, { share }: Budget): Span {
  const copies = share * requests;
  const wanted = cost * (requests + factor * copies);
  const loop = Math.min(interval, wanted);
  const machine = Math.min(interval, loop / cores + (others * interval) / cores);
  return { time: interval, requests, copies, loop, machine, own: loop };
}

/** The spans of so many intervals in a row. */
function spansOf(at: World, count: number, begin = unseen): Span[] {
  let lately = begin;
  let budget = budgetOf(unseen, 0, interval, cores);
  return Array.from({ length: count }, () => {
    const span = lived(at, budget);
    lately = followed(lately, span);
    budget = budgetOf(lately, span.requests, interval, cores);
    return span;
  });
}

const loopOf = ({ loop, time }: Span) => loop / time;

describe('the budget of copies', () => {
  test('is a share between the trickle and all, whatever was seen', () => {
    const figure = fc.double({ min: 0, max: 1e6, noNaN: true });
    const span = fc.record({
      time: fc.double({ min: 1, max: 1e6, noNaN: true }),
      requests: fc.integer({ min: 1, max: 1e6 }),
      copies: figure,
      loop: figure,
      machine: figure,
      own: figure,
    });
    fc.assert(
      fc.property(span, fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 256 }), (lately, last, many) => {
        const { share, most } = budgetOf(lately, last, interval, many);
        expect(share).toBeGreaterThanOrEqual(trickle);
        expect(share).toBeLessThanOrEqual(1);
        expect(most).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('never grows by more to do: for the loop, the machine, the process, or in the last interval', () => {
    fc.assert(
      fc.property(world, fc.double({ min: 1, max: 4, noNaN: true }), (at, times) => {
        const before = spansOf(at, 5).reduce(followed, unseen);
        const { share } = budgetOf(before, at.requests, interval, cores);
        const others: Budget[] = (['loop', 'machine', 'own'] as const).map((what) =>
          budgetOf({ ...before, [what]: before[what] * times }, at.requests, interval, cores),
        );
        others.push(budgetOf(before, at.requests * times, interval, cores));
        for (const other of others) expect(other.share).toBeLessThanOrEqual(share + 1e-9);
      }),
    );
  });

  test('settles where copies keep the loop below its limit, and admits all that fits there', () => {
    fc.assert(
      fc.property(world, (at) => {
        const [last] = spansOf(at, 200).slice(-1) as [Span];
        const alone = (at.cost * at.requests) / interval;
        const trickled = alone * (1 + at.factor * trickle);
        expect(loopOf(last)).toBeLessThanOrEqual(Math.max(trickled, 0.405) + 1e-9);
        if (alone * (1 + copyCost) < 0.3) expect(last.copies).toBe(at.requests);
      }),
    );
  });

  test('does not try what is too much: what the first guess admits beyond is soon hardly felt', () => {
    fc.assert(
      fc.property(world, (at) => {
        const spans = spansOf(at, 400);
        const last = spans.at(-1)!;
        // The guess of the beginning is forgotten after a few seconds. Where others do nearly all that the machine does, a
        // copy more or less hardly moves it, and shares go on shrinking for longer.
        for (const span of spans.slice(60)) {
          expect(loopOf(span)).toBeLessThanOrEqual(Math.max(loopOf(last), 0.41));
          expect(span.machine - last.machine).toBeLessThanOrEqual(0.03 * interval);
        }
      }),
    );
  });

  test('does not give up what little the process does because others keep the machine busy', () => {
    const quiet = { requests: 10, cost: 0.5, factor: 1, others: cores };
    expect(spansOf(quiet, 100).map(({ copies }) => copies)).toEqual(Array(100).fill(10));
    const busy = { ...quiet, requests: 70 };
    expect(spansOf(busy, 100).at(-1)!.copies).toBeCloseTo(70 * trickle, 1);
    expect(spansOf({ ...busy, others: 0 }, 100).at(-1)!.copies).toBeGreaterThan(5);
  });

  test('gives way all the same where they keep the process waiting nearly all of the time', () => {
    const starved = { time: 1_000, requests: 100, copies: 0, loop: 750, machine: 1_000, own: 100 };
    expect(budgetOf(starved, 10, interval, cores).share).toBe(trickle);
    expect(budgetOf({ ...starved, loop: 300 }, 10, interval, cores).share).toBe(1);
  });

  test('stays what it was while nobody asks', () => {
    const lately = spansOf({ requests: 900, cost: 0.1, factor: 1, others: 0 }, 30).reduce(followed, unseen);
    expect(followed(lately, { time: interval, requests: 0, copies: 0, loop: 90, machine: 90, own: 90 })).toBe(lately);
  });
});
