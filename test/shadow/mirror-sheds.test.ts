import { describe, expect, test } from 'vitest';
import { LoopGovernor } from '../../src/shadow/governor.ts';
import { LegacyAllowance } from '../../src/shadow/legacy-allowance.ts';
import { AfterPrimary } from '../../src/shadow/works.ts';

describe('the governor', () => {
  /** How many of so many are admitted at once. */
  function admitted(governor: LoopGovernor, count: number): number {
    let made = 0;
    for (let i = 0; i < count; i++) {
      if (!governor.admits()) continue;
      governor.made();
      made++;
    }
    return made;
  }

  test('admits the first requests of a quiet proxy, and of a sudden crowd no more than a slow machine bears', () => {
    const governor = new LoopGovernor();
    expect(admitted(governor, 100)).toBe(100);
    const more = admitted(governor, 100_000);
    expect(more).toBeGreaterThan(200);
    expect(more).toBeLessThan(1_000);
    governor.close();
  });

  /** Until it lets no more than a trickle through: how many of a thousand those are. */
  async function heldUp(governor: LoopGovernor): Promise<number> {
    let last = 1_000;
    for (let i = 0; i < 100 && last > 10; i++) {
      last = admitted(governor, 1_000);
      const until = performance.now() + 150;
      while (performance.now() < until);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return last;
  }

  test('admits all but a trickle no more while the loop is held up', async () => {
    const governor = new LoopGovernor();
    expect(await heldUp(governor)).toBeLessThanOrEqual(1);
    governor.close();
    const trickled = admitted(governor, 10_240);
    expect(trickled, 'what it has learnt outlasts a rest').toBeLessThanOrEqual(11);
    expect(trickled).toBeGreaterThanOrEqual(9);
    governor.close();
  });

  test('admits whoever comes alone behind a crowd, and of the next crowd hardly more than before', async () => {
    const governor = new LoopGovernor();
    await heldUp(governor);
    // Each is longer than the time between two looks.
    for (let wait = 0; wait < 3; wait++) await new Promise((resolve) => setTimeout(resolve, 150));
    expect(admitted(governor, 1)).toBe(1);
    expect(admitted(governor, 1_000)).toBeLessThanOrEqual(8);
    governor.close();
  });
});

test('copies are begun a few in each turn of the loop, in their order, and without piling up', async () => {
  const queue = new AfterPrimary();
  const begun: number[] = [];
  const faults: unknown[] = [];
  for (let i = 0; i < 40; i++) {
    queue.push({
      start() {
        begun.push(i);
        if (i === 1) throw new Error('the second');
      },
      onFault: (error) => void faults.push(error),
    });
  }
  const turns: number[] = [];
  while (begun.length < 40) {
    await new Promise(setImmediate);
    turns.push(begun.length);
  }
  expect(begun).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(faults).toEqual([new Error('the second')]);
  expect(turns).toEqual([10, 18, 24, 28, 32, 36, 40]);
});

describe('legacy', () => {
  /** Hears so many answers, `every` ms apart. */
  function hears(
    allowance: LegacyAllowance,
    clock: { now: number },
    count: number,
    milliseconds: number,
    every = 10,
  ): void {
    for (let i = 0; i < count; i++) {
      clock.now += every;
      allowance.heard(milliseconds);
    }
  }

  test('is asked at most four things more at a time', () => {
    const allowance = new LegacyAllowance(() => 0);
    for (let i = 0; i < 4; i++) expect(allowance.enter()).toBe(true);
    expect(allowance.enter()).toBe(false);
    allowance.left();
    expect(allowance.enter()).toBe(true);
  });

  test('is left alone once it answers more than twice as slowly and 50 ms later, until it is back', () => {
    const clock = { now: 1_000 };
    const allowance = new LegacyAllowance(() => clock.now);
    hears(allowance, clock, 1_000, 40);
    expect(allowance.busy).toBe(false);
    hears(allowance, clock, 400, 85);
    expect(allowance.busy).toBe(false);
    hears(allowance, clock, 400, 300);
    expect(allowance.busy).toBe(true);
    expect(allowance.enter()).toBe(false);
    hears(allowance, clock, 1_000, 40);
    expect(allowance.busy).toBe(false);
  });

  test('that is fast may become a few times slower', () => {
    const clock = { now: 1_000 };
    const allowance = new LegacyAllowance(() => clock.now);
    hears(allowance, clock, 1_000, 1);
    hears(allowance, clock, 1_000, 40);
    expect(allowance.busy).toBe(false);
  });

  test('is asked one thing at a time while nothing else tells that it is still slow', () => {
    const clock = { now: 1_000 };
    const allowance = new LegacyAllowance(() => clock.now);
    hears(allowance, clock, 1_000, 10);
    hears(allowance, clock, 200, 1_000);
    expect(allowance.enter()).toBe(false);
    clock.now += 5_000;
    expect(allowance.enter()).toBe(true);
    expect(allowance.enter()).toBe(false);
    allowance.heard(10);
    allowance.left();
    expect(allowance.enter()).toBe(false);
    // Its averages take a few more answers to come down.
    for (let i = 0; i < 50 && allowance.busy; i++) {
      clock.now += 5_000;
      allowance.heard(10);
    }
    expect(allowance.busy).toBe(false);
  });
});
