import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bulkhead } from '../../src/target/bulkhead.ts';

const seeker = (onPlace = () => {}) => ({ onPlace });

describe('a bulkhead', () => {
  it('gives places to those who come first, then lets so many wait, then nobody', () => {
    const bulkhead = new Bulkhead({ concurrent: 1, queue: 2, wait: 10 });
    const got: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => seeker(() => void got.push(name)));

    expect([a, b, c, d].map((one) => bulkhead.enter(one!))).toEqual(['has-place', 'waits', 'waits', 'is-full']);

    bulkhead.leave();
    bulkhead.leave();
    expect(got).toEqual(['b', 'c']);
  });

  it('has no queue where nobody may wait', () => {
    const bulkhead = new Bulkhead({ concurrent: 1, queue: 50, wait: 0 });
    bulkhead.enter(seeker());

    expect(bulkhead.enter(seeker())).toBe('is-full');
  });

  it('takes no deep stack for a long queue of which everyone leaves at once', () => {
    const bulkhead = new Bulkhead({ concurrent: 1, queue: 100_000, wait: 10 });
    let served = 0;
    const impatient = {
      onPlace() {
        served++;
        bulkhead.leave();
      },
    };
    bulkhead.enter(seeker());
    for (let i = 0; i < 100_000; i++) bulkhead.enter({ onPlace: impatient.onPlace });

    bulkhead.leave();

    expect([served, bulkhead.free, bulkhead.waiting]).toEqual([100_000, 1, 0]);
  });

  it('goes on giving places after a request that met a fault of ours', () => {
    const bulkhead = new Bulkhead({ concurrent: 1, queue: 5, wait: 10 });
    const fault = seeker(() => {
      throw new Error('a fault of ours');
    });
    const got: string[] = [];
    bulkhead.enter(seeker());
    bulkhead.enter(fault);
    bulkhead.enter(seeker(() => void got.push('next')));

    expect(() => bulkhead.leave()).toThrow('a fault of ours');
    bulkhead.leave();

    expect(got).toEqual(['next']);
  });

  it('never has more places out than there are, and none is lost', () => {
    const step = fc.constantFrom('enter', 'leave', 'quit');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.nat(5),
        fc.array(step, { maxLength: 200 }),
        (concurrent, queue, steps) => {
          const bulkhead = new Bulkhead({ concurrent, queue, wait: 10 });
          let out = 0;
          const waiting: { onPlace(): void }[] = [];
          for (const one of steps) {
            if (one === 'enter') {
              const comer = seeker(() => {
                out++;
                waiting.splice(waiting.indexOf(comer), 1);
              });
              const place = bulkhead.enter(comer);
              if (place === 'has-place') out++;
              if (place === 'waits') waiting.push(comer);
              if (place !== 'has-place') expect(out).toBe(concurrent);
            } else if (one === 'leave' && out > 0) {
              out--;
              bulkhead.leave();
            } else if (one === 'quit' && waiting.length > 0) bulkhead.quit(waiting.shift()!);
            expect([bulkhead.free, bulkhead.waiting]).toEqual([concurrent - out, waiting.length]);
            expect(out).toBeLessThanOrEqual(concurrent);
          }
        },
      ),
    );
  });
});
