import type { Sight } from '../../../src/domain/rollout/decide.ts';
import { type ArmFigures, armBounds, type Rollout, type RolloutSettings } from '../../../src/domain/rollout/model.ts';

export const tenMinutes = 600_000;

export const plan: RolloutSettings = {
  steps: [1, 5, 25, 50, 100].map((percent) => ({ percent, hold: tenMinutes, approve: false })),
  gates: { errors: 0.5, p99: 1.2, match: null, minRequests: 500, prometheus: [] },
  onFailure: 'rollback',
};

/** On its second step at 5 %, whose hold is over, with what a test wants to be different. */
export function aRollout({
  gates,
  ...rest
}: Partial<Rollout> & { gates?: Partial<RolloutSettings['gates']> } = {}): Rollout {
  return {
    name: 'orders',
    routes: ['order-read'],
    settings: { ...plan, gates: { ...plan.gates, ...gates } },
    step: 1,
    standing: { phase: 'holding' },
    held: tenMinutes,
    chapter: '1000-1-2',
    startedAt: 1000,
    changedAt: 2000,
    version: 2,
    ...rest,
  };
}

/** So many requests, all but `slow` of them within 100 ms, those within 4 s. */
export function anArm(requests: number, failures = 0, slow = 0): ArmFigures {
  const latency = new Array<number>(armBounds.length + 1).fill(0);
  latency[armBounds.findIndex((bound) => bound >= 100)] = requests - slow;
  latency[armBounds.findIndex((bound) => bound >= 4000)]! += slow;
  return { requests, failures, latency };
}

interface Seen {
  readonly service: ArmFigures;
  readonly legacy: ArmFigures;
  readonly legacyBefore?: ArmFigures | null;
  readonly comparisons?: { readonly judged: number; readonly matched: number };
}

/** One route after the other: `order-read`, `order-write`, … */
export function aSight(...seen: readonly Seen[]): Sight {
  const names = ['order-read', 'order-write', 'order-list'];
  return {
    routes: seen.map(({ service, legacy, legacyBefore = null, comparisons = { judged: 0, matched: 0 } }, index) => ({
      evidence: { route: names[index]!, service, legacy },
      legacyBefore,
      comparisons,
    })),
    readings: [],
  };
}
