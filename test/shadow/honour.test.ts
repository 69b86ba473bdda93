import { describe, expect, it } from 'vitest';
import { Honour } from '../../src/shadow/honour.ts';

describe('the word of honour of a service that is told not to commit', () => {
  it('is tried with one write at a time until it has been kept', () => {
    const honour = new Honour();
    expect(honour.refusal).toBeNull();
    honour.begin();
    expect(honour.refusal).toBe('queue-full');
    honour.kept();
    honour.begin();
    expect(honour.refusal).toBeNull();
  });

  it('is broken by a few writes that were sent and never answered', () => {
    const honour = new Honour();
    const ends = [1, 2, 3].map(() => {
      honour.begin();
      return honour.unanswered();
    });
    expect(ends).toEqual([false, false, true]);
    expect(honour.refusal).toBe('unsafe-method');
  });

  it('is not touched by a service that was never reached', () => {
    const honour = new Honour();
    for (let i = 0; i < 10; i++) {
      honour.begin();
      honour.unreached();
    }
    expect(honour.refusal).toBeNull();
  });

  it('stays with a service that has kept it and fails later', () => {
    const honour = new Honour();
    honour.begin();
    honour.kept();
    for (let i = 0; i < 10; i++) expect(honour.unanswered()).toBe(false);
    expect(honour.refusal).toBeNull();
  });
});
