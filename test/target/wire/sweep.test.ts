import { describe, expect, test, vi } from 'vitest';
import { Sweep, tickMilliseconds } from '../../../src/target/wire/sweep.ts';

class Member {
  deadline = 0;
  sweepIndex = -1;
  expired = 0;
  readonly onExpire: (self: Member) => void;
  constructor(onExpire: (self: Member) => void = () => {}) {
    this.onExpire = onExpire;
  }
  expire(): void {
    this.expired++;
    this.deadline = 0;
    this.onExpire(this);
  }
}

describe('the sweep', () => {
  test('expires a deadline not before its time and at most two ticks late', () => {
    vi.useFakeTimers();
    try {
      const sweep = new Sweep();
      const member = new Member();
      sweep.add(member);
      member.deadline = sweep.after(1_000);

      vi.advanceTimersByTime(1_000);
      expect(member.expired).toBe(0);
      vi.advanceTimersByTime(2 * tickMilliseconds);
      expect(member.expired).toBe(1);
      vi.advanceTimersByTime(5_000);
      expect(member.expired).toBe(1);
      sweep.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test('never expires what has no deadline', () => {
    expect(new Sweep().after(0)).toBe(0);
  });

  test('expires everyone who is due, whoever leaves meanwhile', () => {
    vi.useFakeTimers();
    try {
      const sweep = new Sweep();
      const members = Array.from(
        { length: 20 },
        (_, i) => new Member((self) => void (i % 3 === 0 && sweep.remove(self))),
      );
      for (const member of members) {
        sweep.add(member);
        member.deadline = sweep.after(100);
      }
      members[19]!.deadline = sweep.after(100_000);

      vi.advanceTimersByTime(1_000);

      expect(members.map(({ expired }) => expired)).toEqual([...Array(19).fill(1), 0]);
      sweep.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test('has a timer only while it has members', () => {
    vi.useFakeTimers();
    try {
      const sweep = new Sweep();
      const member = new Member();
      expect(vi.getTimerCount()).toBe(0);
      sweep.add(member);
      sweep.add(member);
      expect(vi.getTimerCount()).toBe(1);
      sweep.remove(member);
      sweep.remove(member);
      vi.advanceTimersByTime(tickMilliseconds);
      expect(vi.getTimerCount()).toBe(0);
      sweep.add(member);
      expect(vi.getTimerCount()).toBe(1);
      sweep.close();
    } finally {
      vi.useRealTimers();
    }
  });
});
