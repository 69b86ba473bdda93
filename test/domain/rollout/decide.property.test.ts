import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, next, type Sight } from '../../../src/domain/rollout/decide.ts';
import { type ArmFigures, armBounds, type Rollout, type RolloutStanding } from '../../../src/domain/rollout/model.ts';
import { anArm, aRollout, aSight, plan } from './a-rollout.ts';

/** What a worker that has gone mad could report. */
const hostileCount = fc.oneof(
  fc.constantFrom(
    0,
    -1,
    0.5,
    1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 53,
    1e308,
    5e-324,
  ),
  fc.integer({ min: 0, max: 1_000_000 }),
);
const hostileArm: fc.Arbitrary<ArmFigures> = fc.record({
  requests: hostileCount,
  failures: hostileCount,
  latency: fc.array(hostileCount, { maxLength: armBounds.length + 5 }),
});
const standings = fc.constantFrom<RolloutStanding>(
  { phase: 'holding' },
  { phase: 'awaiting-approval' },
  { phase: 'paused', who: 'ada', reason: null },
  { phase: 'complete' },
  { phase: 'failed', reason: 'errors' },
  { phase: 'aborted', who: 'ada', reason: 'lunch' },
);
const hostileSight: fc.Arbitrary<Sight> = fc.record({
  routes: fc.array(
    fc.record({
      evidence: fc.record({ route: fc.string(), service: hostileArm, legacy: hostileArm }),
      legacyBefore: fc.option(hostileArm),
      comparisons: fc.record({ judged: hostileCount, matched: hostileCount }),
    }),
    { maxLength: 3 },
  ),
  readings: fc.array(fc.oneof(hostileCount, fc.constantFrom('unreachable' as const, 'no-value' as const))),
});
const prometheus = [{ url: 'http://prometheus', query: 'up', min: null, max: 1 }];
const rollouts: fc.Arbitrary<Rollout> = fc
  .record({
    standing: standings,
    step: fc.integer({ min: -1, max: 6 }),
    held: fc.oneof(hostileCount, fc.constant(600_000)),
    onFailure: fc.constantFrom('rollback' as const, 'pause' as const),
    approve: fc.boolean(),
    match: fc.option(fc.constantFrom(0, 99.9, 100)),
    errors: fc.option(fc.constantFrom(0, 0.5, 100)),
    p99: fc.option(fc.constantFrom(1, 1.2, 1000)),
    minRequests: fc.constantFrom(1, 500),
  })
  .map(({ standing, step, held, onFailure, approve, ...gates }) => {
    const settings = {
      steps: plan.steps.map((each) => ({ ...each, approve })),
      gates: { ...gates, prometheus },
      onFailure,
    };
    return { ...aRollout({ standing, step, held }), settings };
  });

const percentAt = ({ settings, step }: Rollout): number => settings.steps[step]?.percent ?? Number.NaN;
const order = { pass: 0, inconclusive: 1, fail: 2 } as const;

describe('whatever is seen', () => {
  it('there is a decision, in words without a figure that is none', () => {
    fc.assert(
      fc.property(rollouts, hostileSight, (rollout, sight) => {
        const { kind, sentence, gates } = decide(rollout, sight);
        expect(['wait', 'advance', 'await-approval', 'fail', 'complete']).toContain(kind);
        expect(sentence).not.toMatch(/NaN|undefined/);
        for (const { words } of gates) expect(words).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });

  it('a rollout is only widened, one step at a time, while it holds, and after its hold', () => {
    fc.assert(
      fc.property(rollouts, hostileSight, (rollout, sight) => {
        const after = next(rollout, decide(rollout, sight), 9000);
        if (after.step === rollout.step) return;
        expect(after.step).toBe(rollout.step + 1);
        expect(percentAt(after)).toBeGreaterThan(percentAt(rollout));
        expect(rollout.standing.phase).toBe('holding');
        expect(rollout.held).toBeGreaterThanOrEqual(rollout.settings.steps[rollout.step]!.hold);
        expect(after.held).toBe(0);
        expect(after.chapter).not.toBe(rollout.chapter);
      }),
      { numRuns: 1000 },
    );
  });

  it('a rollout that has ended stays as it is', () => {
    fc.assert(
      fc.property(rollouts, hostileSight, (rollout, sight) => {
        fc.pre(['complete', 'failed', 'aborted'].includes(rollout.standing.phase));
        expect(next(rollout, decide(rollout, sight), 9000)).toBe(rollout);
      }),
    );
  });

  it('one that is paused ends or stays paused', () => {
    fc.assert(
      fc.property(rollouts, hostileSight, (rollout, sight) => {
        const paused = { ...rollout, standing: { phase: 'paused', who: 'ada', reason: null } as const };
        const { standing, step } = next(paused, decide(paused, sight), 9000);
        expect(step).toBe(paused.step);
        expect(['paused', 'failed']).toContain(standing.phase);
      }),
    );
  });

  it('every change is of the next version', () => {
    fc.assert(
      fc.property(rollouts, hostileSight, (rollout, sight) => {
        const after = next(rollout, decide(rollout, sight), 9000);
        expect(after.version).toBe(after === rollout ? rollout.version : rollout.version + 1);
      }),
    );
  });
});

describe('worse figures', () => {
  const arms = fc.record({
    requests: fc.integer({ min: 1, max: 30_000 }),
    legacyRequests: fc.integer({ min: 1, max: 300_000 }),
    share: fc.double({ min: 0, max: 0.05, noNaN: true }),
    legacyShare: fc.double({ min: 0, max: 0.05, noNaN: true }),
    more: fc.integer({ min: 1, max: 300 }),
  });

  it('never make a better verdict: more failures, more slow requests, more mismatches', () => {
    fc.assert(
      fc.property(arms, ({ requests, legacyRequests, share, legacyShare, more }) => {
        const few = Math.floor(requests * share);
        const many = Math.min(requests, few + more);
        const ofLegacy = Math.floor(legacyRequests * legacyShare);
        const verdicts = (count: number): number[] => {
          const sight = aSight({
            service: anArm(requests, count, count),
            legacy: anArm(legacyRequests, ofLegacy, ofLegacy),
            comparisons: { judged: requests, matched: requests - count },
          });
          return decide(aRollout({ gates: { match: 99 } }), sight).gates.map(({ verdict }) => order[verdict]);
        };
        const [better, worse] = [verdicts(few), verdicts(many)];
        expect(worse).toHaveLength(3);
        for (const [index, verdict] of worse.entries()) expect(verdict).toBeGreaterThanOrEqual(better[index]!);
      }),
      { numRuns: 500 },
    );
  });

  it('are told in figures that were counted', () => {
    fc.assert(
      fc.property(arms, ({ requests, legacyRequests, share }) => {
        const failures = Math.floor(requests * share);
        const { sentence } = decide(
          aRollout(),
          aSight({ service: anArm(requests, failures), legacy: anArm(legacyRequests) }),
        );
        const written = (count: number): string => count.toLocaleString('en-US');
        expect(sentence).toContain(`step 2 of 5 (5 %)`);
        if (/errors: /.test(sentence)) {
          expect(sentence).toContain(`${written(failures)} of ${written(requests)} requests of the service failed`);
          expect(sentence).toContain(`0 of ${written(legacyRequests)} of legacy`);
        }
      }),
    );
  });
});
