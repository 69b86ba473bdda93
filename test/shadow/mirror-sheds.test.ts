import { describe, expect, test } from 'vitest';
import { isStrained, LoopGovernor, nextShare } from '../../src/shadow/governor.ts';
import { LegacyAllowance } from '../../src/shadow/legacy-allowance.ts';

describe('the share of shadows that the event loop admits', () => {
  test('halves with every interval that is too busy, from the second in a row on, and never goes', () => {
    expect(nextShare(1, true, false)).toBe(1);
    expect(nextShare(1, true, true)).toBe(0.5);
    let share = 1;
    for (let i = 0; i < 100; i++) share = nextShare(share, true, true);
    expect(share).toBe(1 / 64);
  });

  test('goes by how busy the loop is, and by late timers where it is at work', () => {
    expect([isStrained(0.61, 0), isStrained(0.6, 0)]).toEqual([true, false]);
    expect([isStrained(0.5, 16), isStrained(0.5, 15), isStrained(0.1, 1_000)]).toEqual([true, false, false]);
  });

  test('comes back bit by bit', () => {
    let share = 1 / 64;
    let intervals = 0;
    for (; share < 1; intervals++) share = nextShare(share, false, true);
    expect(intervals).toBe(50);
    expect(share).toBe(1);
  });

  test('is less while the loop is held up, but for a few in every interval', async () => {
    let draw = 0.9;
    const governor = new LoopGovernor(() => draw);
    /** How many of ten are admitted at once. */
    const admitted = () => Array.from({ length: 10 }, () => governor.admits()).filter(Boolean).length;
    expect(admitted()).toBe(10);
    let last = 10;
    for (let i = 0; i < 1_000 && last === 10; i++) {
      const until = performance.now() + 150;
      while (performance.now() < until);
      await new Promise((resolve) => setTimeout(resolve, 1));
      last = admitted();
    }
    expect(last).toBe(5);
    draw = 0;
    expect(admitted()).toBe(10);
    governor.close();
  });
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
