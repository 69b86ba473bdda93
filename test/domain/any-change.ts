/** Changes of every kind, in any order, as proxies, people and conductors may say them. */
import fc from 'fast-check';
import { applyChange } from '../../src/domain/apply.ts';
import type { Change, Contents, DeclaredRoute, Outcome } from '../../src/domain/live.ts';
import { chapterOf } from '../../src/domain/rollout/chapter.ts';
import type { Rollout, RolloutSettings } from '../../src/domain/rollout/model.ts';
import { steerActions } from '../../src/domain/rollout/steer.ts';

export const names = ['a', 'b', 'c', '__proto__'];
const percent = fc.oneof(fc.constantFrom(0, 0.01, 1, 25, 99.99, 100), fc.double({ min: 0, max: 100, noNaN: true }));
export const declaration: fc.Arbitrary<readonly DeclaredRoute[]> = fc.uniqueArray(
  fc.record({
    route: fc.constantFrom(...names),
    service: fc.constantFrom('s', 't'),
    percent,
    shadow: percent,
    retired: fc.boolean(),
  }),
  { selector: (declared) => declared.route },
);
const declare = fc.record({
  kind: fc.constant('declare' as const),
  routes: declaration,
  previous: fc.option(declaration),
  declaredAt: fc.nat(5),
  who: fc.constant('file'),
});
const shift = fc.record({
  kind: fc.constant('shift' as const),
  routes: fc.array(fc.constantFrom(...names, 'unknown'), { maxLength: 4 }),
  percent,
  pauseRollout: fc.boolean(),
  who: fc.constant('bob'),
  reason: fc.option(fc.string()),
});
const rollback = fc.record({
  kind: fc.constant('rollback' as const),
  routes: fc.option(fc.array(fc.constantFrom(...names, 'unknown'), { maxLength: 4 })),
  who: fc.constant('carol'),
  reason: fc.option(fc.string()),
});
const shadow = fc.record({
  kind: fc.constant('shadow' as const),
  routes: fc.array(fc.constantFrom(...names, 'unknown'), { maxLength: 4 }),
  percent,
  source: fc.constantFrom('shift' as const, 'guard' as const),
  who: fc.constant('dan'),
  reason: fc.option(fc.string()),
});
const calibrate = fc.record({
  kind: fc.constant('calibrate' as const),
  routes: fc.array(fc.constantFrom(...names, 'unknown'), { maxLength: 4 }),
  until: fc.nat(),
});

const some = fc.array(fc.constantFrom(...names, ...names, ...names, 'unknown'), { minLength: 1, maxLength: 2 });
const guard = fc.record({
  kind: fc.constant('guard' as const),
  routes: some,
  who: fc.constant('strangler'),
  reason: fc.string(),
});
const plan: fc.Arbitrary<RolloutSettings> = fc.record({
  steps: fc
    .uniqueArray(fc.constantFrom(0.01, 1, 5, 25, 50, 100), { minLength: 1, maxLength: 5 })
    .map((percents) => percents.sort((a, b) => a - b).map((each) => ({ percent: each, hold: 1_000, approve: false }))),
  gates: fc.constant({ errors: 0.5, p99: 1.2, match: null, minRequests: 500, prometheus: [] }),
  onFailure: fc.constantFrom('rollback' as const, 'pause' as const),
});
const rolloutNames = ['a', 'b', 's'];
const rolloutStart = fc.record({
  kind: fc.constant('rollout-start' as const),
  name: fc.constantFrom(...rolloutNames),
  routes: some,
  settings: plan,
  who: fc.constant('eve'),
  reason: fc.option(fc.string()),
});
const rolloutSteer = fc.record({
  kind: fc.constant('rollout-steer' as const),
  name: fc.constantFrom(...rolloutNames),
  action: fc.constantFrom(...steerActions),
  who: fc.constant('fred'),
  reason: fc.option(fc.string()),
});

/** What a conductor does with the rollout that it has read; which one that is turns out while the sequence is played. */
interface Conducted {
  readonly kind: 'conducted';
  readonly name: string;
  /** How many versions ago it was read. */
  readonly late: number;
  readonly does: 'hold on' | 'advance' | 'await approval' | 'pause' | 'fail' | 'complete';
}
const conducted: fc.Arbitrary<Conducted> = fc.record({
  kind: fc.constant('conducted' as const),
  name: fc.constantFrom(...rolloutNames),
  late: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) }),
  does: fc.constantFrom('hold on', 'advance', 'await approval', 'pause', 'fail', 'complete'),
});

const anyChange = fc.oneof(
  declare,
  shift,
  rollback,
  shadow,
  calibrate,
  guard,
  { weight: 4, arbitrary: rolloutStart },
  { weight: 4, arbitrary: rolloutSteer },
  { weight: 6, arbitrary: conducted },
);

/** Most sequences begin with all routes declared low, so that there is something to be moved. */
const beginning: fc.Arbitrary<readonly Change[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(0, 0, 1, 7).map((low): readonly Change[] => [
      {
        kind: 'declare',
        routes: names.map((route) => ({ route, service: 's', percent: low, shadow: 0, retired: false })),
        previous: null,
        declaredAt: 0,
        who: 'file',
      },
    ]),
  },
);

export const changes: fc.Arbitrary<readonly (Change | Conducted)[]> = fc
  .tuple(beginning, fc.array(anyChange, { maxLength: 25, size: 'max' }))
  .map(([first, rest]) => [...first, ...rest]);

export interface Step {
  readonly before: Contents;
  readonly change: Change;
  readonly outcome: Outcome;
}

export function play(sequence: readonly (Change | Conducted)[]): readonly Step[] {
  let before: Contents = { live: [], rollouts: [] };
  return sequence.flatMap((said, index) => {
    const change = said.kind === 'conducted' ? changeBy(said, before) : said;
    if (change === null) return [];
    const step = { before, change, outcome: applyChange(before, change, index * 1_000) };
    before = { live: step.outcome.live, rollouts: step.outcome.rollouts };
    return [step];
  });
}

export function everyStep(check: (step: Step) => void): void {
  fc.assert(
    fc.property(changes, (sequence) => {
      for (const step of play(sequence)) check(step);
    }),
    { numRuns: 300 },
  );
}

function changeBy({ name, late, does }: Conducted, { rollouts }: Contents): Change | null {
  const rollout = rollouts.find((each) => each.name === name);
  if (rollout === undefined) return null;
  const to = whatBecomesOf(rollout, does);
  const author = { source: 'rollout', who: 'strangler', reason: does === 'hold on' ? null : does } as const;
  return { kind: 'rollout', name, version: rollout.version - late, to, ...author };
}

function whatBecomesOf(rollout: Rollout, does: Conducted['does']): Rollout {
  const version = rollout.version + 1;
  switch (does) {
    case 'hold on':
      return { ...rollout, version, held: rollout.held + 250 };
    case 'advance': {
      const step = Math.min(rollout.step + 1, rollout.settings.steps.length - 1);
      const chapter = chapterOf({ ...rollout, step, version });
      return { ...rollout, version, step, chapter, held: 0, standing: { phase: 'holding' } };
    }
    case 'await approval':
      return { ...rollout, version, standing: { phase: 'awaiting-approval' } };
    case 'pause':
      return { ...rollout, version, standing: { phase: 'paused', who: 'rollout', reason: 'p99' } };
    case 'fail':
      return { ...rollout, version, standing: { phase: 'failed', reason: 'errors' } };
    case 'complete':
      return { ...rollout, version, standing: { phase: 'complete' } };
  }
}
