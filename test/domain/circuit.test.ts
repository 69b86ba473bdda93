import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admits,
  type Circuit,
  closedCircuit,
  entered,
  judged,
  slicesOfAWindow,
  type Verdict,
} from '../../src/domain/circuit.ts';

const settings = { failures: 5, rate: 50, window: 10_000, volume: 20, reset: 30_000 };

function told(circuit: Circuit, verdicts: readonly Verdict[], now: number): Circuit {
  return verdicts.reduce((before, verdict) => judged(before, before.era, verdict, settings, now), circuit);
}

const opened = told(closedCircuit(), Array(5).fill('bad'), 1_000);

describe('a circuit', () => {
  it('opens at so many failures in a row, and says so', () => {
    expect(told(closedCircuit(), Array(4).fill('bad'), 0).phase).toBe('closed');
    expect(opened).toMatchObject({ phase: 'open', until: 31_000, why: '5 failures in a row' });
  });

  it('begins to count anew after an answer that is good', () => {
    const one = ['bad', 'bad', 'bad', 'bad', 'good'] as const;
    expect(told(closedCircuit(), [...one, ...one, ...one], 0).phase).toBe('closed');
  });

  it('excuses a connection that was gone, as long as it is not one after another', () => {
    const often = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 'stale' : 'good') as 'stale' | 'good');
    expect(told(closedCircuit(), often, 0)).toMatchObject({ phase: 'closed', asked: 20, failed: 0 });
    expect(told(closedCircuit(), Array(5).fill('stale'), 0)).toMatchObject({ phase: 'closed', failuresInARow: 4 });
    expect(told(closedCircuit(), Array(6).fill('stale'), 0).phase).toBe('open');
  });

  it('opens at a rate, once there were enough', () => {
    const mixed = Array.from({ length: 19 }, (_, index) => (index % 2 === 0 ? 'bad' : 'good') as 'bad' | 'good');
    expect(told(closedCircuit(), mixed, 0).phase).toBe('closed');
    expect(told(closedCircuit(), [...mixed, 'good', 'bad'], 0)).toMatchObject({
      phase: 'open',
      why: '11 of 21 failed within 10 s',
    });
  });

  it('forgets what lies before its window', () => {
    const mixed = Array.from({ length: 19 }, (_, index) => (index % 2 === 0 ? 'bad' : 'good') as 'bad' | 'good');
    const before = told(closedCircuit(), mixed, 0);
    expect(told(before, ['good', 'bad'], 20_000).phase).toBe('closed');
  });

  it('lets nobody through before its time, then one, and nobody else while that one is out', () => {
    expect(admits(opened, 30_999)).toBe(false);
    expect(admits(opened, 31_000)).toBe(true);
    const probing = entered(opened, 61_000);
    expect(probing.phase).toBe('half-open');
    expect(admits(probing, 60_999)).toBe(false);
  });

  it('lets another one try where its probe has been out for too long, and hears whichever is back first', () => {
    const first = entered(opened, 61_000);
    expect(admits(first, 61_000)).toBe(true);
    const second = entered(first, 91_000);
    expect(admits(second, 90_999)).toBe(false);
    expect(judged(second, first.era, 'good', settings, 62_000).phase).toBe('closed');
    expect(judged(second, second.era, 'bad', settings, 62_000)).toMatchObject({ phase: 'open', until: 92_000 });
  });

  it('closes when its probe comes back well, and opens again when it does not', () => {
    const probing = entered(opened, 61_000);
    expect(judged(probing, probing.era, 'good', settings, 32_000)).toMatchObject({
      phase: 'closed',
      failuresInARow: 0,
      asked: 0,
    });
    expect(judged(probing, probing.era, 'bad', settings, 32_000)).toMatchObject({ phase: 'open', until: 62_000 });
  });

  it('lets the next one be the probe where the first told nothing', () => {
    const probing = entered(opened, 61_000);
    const again = judged(probing, probing.era, 'none', settings, 32_000);
    expect(admits(again, 32_000)).toBe(true);
    expect(entered(again, 62_000).era).not.toBe(probing.era);
  });
});

type Step =
  | { readonly kind: 'enter'; readonly wait: number }
  | { readonly kind: 'end'; readonly which: number; readonly verdict: Verdict; readonly wait: number };

const wait = fc.integer({ min: 0, max: 4_000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('enter' as const), wait }),
  fc.record({
    kind: fc.constant('end' as const),
    which: fc.nat(50),
    verdict: fc.constantFrom<Verdict[]>('good', 'bad', 'none', 'stale'),
    wait,
  }),
);

/** Plays requests that come and end in any order, and tells each step's circuit. */
function play(
  steps: readonly Step[],
  look: (before: Circuit, after: Circuit, era: number | null, now: number) => void,
) {
  let now = 0;
  let circuit = closedCircuit();
  const out: number[] = [];
  for (const one of steps) {
    now += one.wait;
    const before = circuit;
    if (one.kind === 'enter') {
      if (!admits(circuit, now)) continue;
      circuit = entered(circuit, now + 3_000);
      out.push(circuit.era);
      look(before, circuit, null, now);
    } else if (out.length > 0) {
      const [era] = out.splice(one.which % out.length, 1);
      circuit = judged(circuit, era!, one.verdict, settings, now);
      look(before, circuit, era!, now);
    }
  }
}

describe('any circuit', () => {
  it('hears nothing from requests that began before it changed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        play(steps, (before, after, era) => {
          if (era !== null && era !== before.era) expect(after).toBe(before);
        });
      }),
    );
  });

  it('sends one probe at a time, and none before its time', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        play(steps, (before, after, era, now) => {
          if (era === null && after !== before) {
            expect(before.phase).not.toBe('closed');
            expect(before.phase !== 'closed' && before.until).toBeLessThanOrEqual(now);
            expect(after.phase).toBe('half-open');
          }
        });
      }),
    );
  });

  it('opens only for failures in a row, or for a share of what its window saw', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        let heard: { at: number; bad: boolean }[] = [];
        play(steps, (before, after, era, now) => {
          if (era === null || before.phase !== 'closed' || era !== before.era) {
            if (after.phase === 'closed' && before.phase !== 'closed') heard = [];
            return;
          }
          if (after === before) return;
          heard.push({
            at: now,
            bad: after.phase === 'open' || (after.phase === 'closed' && after.failuresInARow > 0),
          });
          if (after.phase !== 'open') return;
          // A slice is kept or dropped as a whole: the window is right to two of them.
          const reach = settings.window * (1 + 2 / slicesOfAWindow);
          const seen = heard.filter(({ at }) => at > now - reach);
          const inARow = heard.slice(-settings.failures).every(({ bad }) => bad) && heard.length >= settings.failures;
          expect(inARow || seen.length >= settings.volume).toBe(true);
          heard = [];
        });
      }),
    );
  });

  it('opens after any five failures in a row, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        let now = 0;
        let last = closedCircuit();
        play(steps, (_before, after, _era, at) => {
          last = after;
          now = at;
        });
        if (last.phase === 'closed') expect(told(last, Array(5).fill('bad'), now).phase).toBe('open');
      }),
    );
  });

  it('is never changed by those who leave, while it is closed', () => {
    const one = closedCircuit();
    expect(judged(one, one.era, 'none', settings, 5)).toBe(one);
  });
});
