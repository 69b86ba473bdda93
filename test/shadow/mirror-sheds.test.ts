import { describe, expect, test } from 'vitest';
import { isStrained, LoopGovernor, nextShare } from '../../src/shadow/governor.ts';
import { LegacyGuard } from '../../src/shadow/legacy-guard.ts';

describe('the share of shadows that the event loop admits', () => {
  test('halves with every interval that is too busy, from the second in a row on, and never goes', () => {
    expect(nextShare(1, true, false)).toBe(1);
    expect(nextShare(1, true, true)).toBe(0.5);
    let share = 1;
    for (let i = 0; i < 100; i++) share = nextShare(share, true, true);
    expect(share).toBe(1 / 64);
  });

  test('goes by how busy the loop is, and by late timers where it is at work', () => {
    expect([isStrained(0.81, 0), isStrained(0.8, 0)]).toEqual([true, false]);
    expect([isStrained(0.5, 26), isStrained(0.5, 25), isStrained(0.1, 1_000)]).toEqual([true, false, false]);
  });

  test('comes back bit by bit', () => {
    let share = 1 / 64;
    let intervals = 0;
    for (; share < 1; intervals++) share = nextShare(share, false, true);
    expect(intervals).toBe(20);
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
  function hears(guard: LegacyGuard, clock: { now: number }, count: number, milliseconds: number, every = 10): void {
    for (let i = 0; i < count; i++) {
      clock.now += every;
      guard.heard(milliseconds);
    }
  }

  test('is asked at most four things more at a time', () => {
    const guard = new LegacyGuard(() => 0);
    for (let i = 0; i < 4; i++) expect(guard.enter()).toBe(true);
    expect(guard.enter()).toBe(false);
    guard.left();
    expect(guard.enter()).toBe(true);
  });

  test('is left alone once it answers more than twice as slowly and 50 ms later, until it is back', () => {
    const clock = { now: 1_000 };
    const guard = new LegacyGuard(() => clock.now);
    hears(guard, clock, 1_000, 40);
    expect(guard.busy).toBe(false);
    hears(guard, clock, 400, 85);
    expect(guard.busy).toBe(false);
    hears(guard, clock, 400, 300);
    expect(guard.busy).toBe(true);
    expect(guard.enter()).toBe(false);
    hears(guard, clock, 1_000, 40);
    expect(guard.busy).toBe(false);
  });

  test('that is fast may become a few times slower', () => {
    const clock = { now: 1_000 };
    const guard = new LegacyGuard(() => clock.now);
    hears(guard, clock, 1_000, 1);
    hears(guard, clock, 1_000, 40);
    expect(guard.busy).toBe(false);
  });

  test('is asked one thing at a time while nothing else tells that it is still slow', () => {
    const clock = { now: 1_000 };
    const guard = new LegacyGuard(() => clock.now);
    hears(guard, clock, 1_000, 10);
    hears(guard, clock, 200, 1_000);
    expect(guard.enter()).toBe(false);
    clock.now += 5_000;
    expect(guard.enter()).toBe(true);
    expect(guard.enter()).toBe(false);
    guard.heard(10);
    guard.left();
    expect(guard.enter()).toBe(false);
    // Its averages take a few more answers to come down.
    for (let i = 0; i < 50 && guard.busy; i++) {
      clock.now += 5_000;
      guard.heard(10);
    }
    expect(guard.busy).toBe(false);
  });
});
