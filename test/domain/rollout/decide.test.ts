import { describe, expect, it } from 'vitest';
import { decide, next } from '../../../src/domain/rollout/decide.ts';
import type { ArmFigures, RolloutStanding } from '../../../src/domain/rollout/model.ts';
import { anArm, aRollout, aSight, plan, tenMinutes } from './a-rollout.ts';

const well = { service: anArm(4210, 4), legacy: anArm(79_800, 70) };
const bad = { service: anArm(4210, 300), legacy: anArm(79_800, 70) };
const early = { held: tenMinutes - 1000 };
const paused: RolloutStanding = { phase: 'paused', who: 'ada', reason: null };

describe('the gates of a rollout', () => {
  it('pass at the end of a hold, and say by which figures', () => {
    const decision = decide(aRollout(), aSight(well));
    expect(decision).toMatchObject({ kind: 'advance', step: 2 });
    expect(decision.sentence).toBe(
      'step 2 of 5 (5 %) passed after its hold of 10m: ' +
        'errors: 4 of 4,210 requests of the service failed (0.095 %), 70 of 79,800 of legacy (0.088 %): ' +
        'at most 0.22 points more at 95 % confidence, 0.5 allowed; ' +
        "p99: 0 of 4,210 requests of the service were slower than 1.2 x legacy's p99 of at least 108 ms (0 %): " +
        'at most 0.13 % at 97.5 % confidence, 1 % allowed',
    );
  });

  it('pass nothing before the hold is over, however good it looks', () => {
    const decision = decide(aRollout(early), aSight(well));
    expect(decision.kind).toBe('wait');
    expect(decision.sentence).toMatch(/^step 2 of 5 \(5 %\) is held for 9m 59s of 10m: errors: 4 of 4,210/);
    expect(decision.gates.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
  });

  it('fail at any time', () => {
    const decision = decide(aRollout({ held: 200_000 }), aSight(bad));
    expect(decision).toMatchObject({ kind: 'fail', onFailure: 'rollback' });
    expect(decision.sentence).toBe(
      'step 2 of 5 (5 %) failed after 3m 20s: ' +
        'errors: 300 of 4,210 requests of the service failed (7.1 %), 70 of 79,800 of legacy (0.088 %): ' +
        'over 5.2 points more at 99.9 % confidence, 0.5 allowed; all callers go back to legacy',
    );
  });

  it('wait where the figures prove neither', () => {
    const decision = decide(aRollout(), aSight({ service: anArm(600, 2), legacy: anArm(11_400, 20) }));
    expect(decision.kind).toBe('wait');
    expect(decision.sentence).toMatch(
      /^step 2 of 5 \(5 %\) waits after its hold of 10m for more evidence: errors: 2 of 600/,
    );
  });

  it('say that there is nothing yet, which is no failure', () => {
    const decision = decide(aRollout(), aSight({ service: anArm(0), legacy: anArm(0) }));
    expect(decision.kind).toBe('wait');
    expect(decision.sentence).toBe(
      'step 2 of 5 (5 %) waits after its hold of 10m for more evidence (0 of the 500 requests to the service that there have to be): ' +
        'errors: 0 of 0 requests of the service failed, 0 of 0 of legacy: nothing to compare yet; ' +
        'p99: 0 requests of legacy are too few to tell its p99',
    );
  });

  it.each([1, 2, 5, 49])('fail nothing for the first %i requests, though all of them fail', (requests) => {
    const seen = aSight({ service: anArm(requests, requests, requests), legacy: anArm(100_000) });
    expect(decide(aRollout(), seen).kind).toBe('wait');
  });

  it('never fail for a single error, however much legacy has done without one', () => {
    for (const requests of [1, 10, 50, 100, 200]) {
      const seen = aSight({ service: anArm(requests, 1), legacy: anArm(10_000_000) });
      expect(decide(aRollout(), seen).kind).toBe('wait');
    }
  });

  it('need as many requests as the plan says, however clean they are', () => {
    const rollout = aRollout({ gates: { errors: 20, p99: null, minRequests: 500 } });
    expect(decide(rollout, aSight({ service: anArm(499), legacy: anArm(9000) })).kind).toBe('wait');
    expect(decide(rollout, aSight({ service: anArm(500), legacy: anArm(9000) })).kind).toBe('advance');
  });

  it('fail a service whose slowest are slower than legacy allows', () => {
    const slow = { service: anArm(4210, 0, 150), legacy: anArm(79_800, 0, 400) };
    expect(decide(aRollout(early), aSight(slow)).sentence).toMatch(
      /failed after 9m 59s: p99: 150 of 4,210 requests of the service were slower than 1\.2 x legacy's p99 of at most 108 ms \(3\.6 %\): over 2\.\d+ % at 99\.95 % confidence, 1 % allowed/,
    );
  });

  it('forgive a slow service where legacy is as slow', () => {
    const slow = { service: anArm(4210, 0, 150), legacy: anArm(79_800, 0, 2_800) };
    expect(decide(aRollout(), aSight(slow)).kind).toBe('advance');
  });

  it('are three-way for what shadowing has compared', () => {
    const compared = (judged: number, matched: number): string => {
      const rollout = aRollout({ gates: { match: 99.9 } });
      return decide(rollout, aSight({ ...well, comparisons: { judged, matched } })).kind;
    };
    expect(compared(0, 0)).toBe('wait');
    expect(compared(3000, 3000)).toBe('wait');
    expect(compared(4600, 4600)).toBe('advance');
    expect(compared(4600, 4590)).toBe('wait');
    expect(compared(4600, 4560)).toBe('fail');
  });

  it('take a demand that all match at its word, from so many comparisons on', () => {
    const compared = (judged: number, matched: number): string => {
      const rollout = aRollout({ gates: { match: 100 } });
      return decide(rollout, aSight({ ...well, comparisons: { judged, matched } })).kind;
    };
    expect([compared(499, 499), compared(500, 500), compared(500, 499)]).toEqual(['wait', 'advance', 'fail']);
  });

  it('ask nothing that is off', () => {
    const decision = decide(aRollout({ gates: { errors: null, p99: null } }), aSight(bad));
    expect(decision).toMatchObject({ kind: 'advance', sentence: 'step 2 of 5 (5 %) passed after its hold of 10m' });
  });
});

describe('a Prometheus gate', () => {
  const queue = { url: 'http://prometheus:9090', query: 'queue_depth', min: 1, max: 10 };
  const rollout = aRollout({ gates: { prometheus: [queue] } });
  const read = (reading: number | 'unreachable' | 'no-value', seen = well): string =>
    decide(rollout, { ...aSight(seen), readings: [reading] }).kind;

  it('passes within its bounds and fails outside', () => {
    expect([0.9, 1, 10, 10.1, Number.POSITIVE_INFINITY].map((reading) => read(reading))).toEqual([
      'fail',
      'advance',
      'advance',
      'fail',
      'fail',
    ]);
  });

  it('says nothing without a value, or without Prometheus', () => {
    expect([read('unreachable'), read('no-value'), read(Number.NaN)]).toEqual(['wait', 'wait', 'wait']);
    expect(decide(rollout, aSight(well)).sentence).toContain('queue_depth: Prometheus was not reached');
  });

  it('does not fail by a value of too few requests', () => {
    expect(read(100, { service: anArm(499), legacy: anArm(9000) })).toBe('wait');
  });
});

describe('the step at 100', () => {
  const last = aRollout({ step: 4 });
  const seen = (legacyBefore: ArmFigures | null, failures = 4): string =>
    decide(last, aSight({ service: anArm(80_000, failures), legacy: anArm(0), legacyBefore })).kind;

  it('is held against what legacy did on the step before, and then the rollout is complete', () => {
    expect(seen(anArm(40_000, 20))).toBe('complete');
    expect(seen(anArm(40_000, 20), 800)).toBe('fail');
  });

  it('waits for a person where there is nothing to hold it against', () => {
    expect(seen(null)).toBe('wait');
  });
});

describe('a rollout of several routes', () => {
  const rollout = aRollout({ routes: ['order-read', 'order-write'] });

  it('passes on what they show together', () => {
    const half = { service: anArm(700, 0), legacy: anArm(13_300, 5) };
    expect(decide(aRollout(), aSight(half)).kind).toBe('wait');
    expect(decide(rollout, aSight(half, half)).kind).toBe('advance');
  });

  it('fails by one of them, and names it', () => {
    const one = { service: anArm(200, 40), legacy: anArm(4000, 3) };
    const other = { service: anArm(100_000, 20), legacy: anArm(2_000_000, 300) };
    const decision = decide(rollout, aSight(other, one));
    expect(decision.kind).toBe('fail');
    expect(decision.sentence).toMatch(/: order-write: errors: 40 of 200 requests .* at 99\.966 % confidence/);
    expect(decide(rollout, aSight(other, other)).kind).toBe('advance');
  });

  it('tells in a few words of a service that fails by each of a thousand routes', () => {
    const one = { service: anArm(200, 200), legacy: anArm(4000, 3) };
    const { routes } = aSight(one);
    const names = Array.from({ length: 1000 }, (_, index) => `route-${index}`);
    const many = names.map((route) => ({ ...routes[0]!, evidence: { ...routes[0]!.evidence, route } }));
    const { sentence } = decide(aRollout({ routes: names }), { routes: many, readings: [] });
    expect(sentence.length).toBeLessThan(4_000);
    expect(sentence).toMatch(/: route-0: errors: .*; and \d+ more; all callers go back to legacy$/);
  });

  it('waits where legacy is known of some of them only', () => {
    const known = { service: anArm(9000), legacy: anArm(0), legacyBefore: anArm(9000) };
    const unknown = { ...known, legacyBefore: null };
    expect(decide({ ...rollout, step: 4 }, aSight(known, known)).kind).toBe('complete');
    expect(decide({ ...rollout, step: 4 }, aSight(known, unknown)).kind).toBe('wait');
  });

  it('does not wait at 100 for a route that nobody asks for', () => {
    const known = { service: anArm(9000), legacy: anArm(0), legacyBefore: anArm(9000) };
    const asleep = { service: anArm(0), legacy: anArm(0), legacyBefore: null };
    expect(decide({ ...rollout, step: 4 }, aSight(known, asleep)).kind).toBe('complete');
    expect(decide({ ...rollout, step: 4 }, aSight(asleep, asleep)).kind).toBe('wait');
  });
});

describe('the standing of a rollout', () => {
  const sees = (standing: RolloutStanding, seen = well, settings = plan): string =>
    decide(aRollout({ standing, settings }), aSight(seen)).kind;

  it('asks for approval where the step does', () => {
    const steps = plan.steps.map((step) => ({ ...step, approve: true }));
    const rollout = aRollout({ settings: { ...plan, steps } });
    const decision = decide(rollout, aSight(well));
    expect(decision.kind).toBe('await-approval');
    expect(decision.sentence).toMatch(/ allowed; it waits to be promoted$/);
    const waiting = next(rollout, decision, 5000);
    expect(waiting).toMatchObject({
      standing: { phase: 'awaiting-approval' },
      step: 1,
      version: 3,
      chapter: rollout.chapter,
    });
    expect(decide(waiting, aSight(well)).kind).toBe('wait');
    expect(decide(waiting, aSight(bad)).kind).toBe('fail');
  });

  it('needs no approval to be complete: there is no next step', () => {
    const steps = [{ percent: 25, hold: tenMinutes, approve: true }];
    expect(decide(aRollout({ step: 0, settings: { ...plan, steps } }), aSight(well)).kind).toBe('complete');
  });

  it('is judged while it is paused, and never widened', () => {
    expect([sees(paused), sees(paused, bad)]).toEqual(['wait', 'fail']);
    expect(sees(paused, bad, { ...plan, onFailure: 'pause' })).toBe('wait');
  });

  it('is over when it has ended', () => {
    for (const standing of [
      { phase: 'complete' },
      { phase: 'failed', reason: 'errors' },
      { phase: 'aborted', who: 'ada', reason: 'lunch' },
    ] as const) {
      expect([sees(standing), sees(standing, bad)]).toEqual(['wait', 'wait']);
    }
  });
});

describe('the rollout after a decision', () => {
  it('is on the next step, in a chapter of its own, with its hold before it', () => {
    const rollout = aRollout();
    const after = next(rollout, decide(rollout, aSight(well)), 5000);
    expect(after).toEqual({
      ...rollout,
      step: 2,
      held: 0,
      chapter: '1000-2-3',
      changedAt: 5000,
      version: 3,
    });
  });

  it('has failed, in the words of the decision', () => {
    const decision = decide(aRollout(), aSight(bad));
    const after = next(aRollout(), decision, 5000);
    expect(after).toMatchObject({ standing: { phase: 'failed', reason: decision.sentence }, step: 1, version: 3 });
  });

  it('is paused where the plan would rather ask', () => {
    const rollout = aRollout({ settings: { ...plan, onFailure: 'pause' } });
    const decision = decide(rollout, aSight(bad));
    expect(decision.sentence).toMatch(/; it is paused where it is$/);
    expect(next(rollout, decision, 5000).standing).toEqual({
      phase: 'paused',
      who: 'rollout',
      reason: decision.sentence,
    });
  });

  it('is the very same while it waits', () => {
    const rollout = aRollout(early);
    expect(next(rollout, decide(rollout, aSight(well)), 5000)).toBe(rollout);
  });
});
