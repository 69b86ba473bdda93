import { chapterOf } from '../../src/domain/rollout/chapter.ts';
import type { Rollout, RolloutSettings } from '../../src/domain/rollout/model.ts';

/** Two steps and the whole, ten seconds each, with what a test wants to be different. */
export function planned(more: Partial<RolloutSettings> = {}): RolloutSettings {
  return {
    steps: [5, 50, 100].map((percent) => ({ percent, hold: 10_000, approve: false })),
    gates: { errors: 0.5, p99: 1.2, match: null, minRequests: 500, prometheus: [] },
    onFailure: 'rollback',
    ...more,
  };
}

export function aRollout(more: Partial<Rollout> = {}): Rollout {
  const startedAt = Date.UTC(2026, 0, 5, 12);
  return {
    name: 'orders',
    routes: ['order'],
    settings: planned(),
    step: 0,
    standing: { phase: 'holding' },
    held: 0,
    chapter: chapterOf({ startedAt, step: 0, version: 1 }),
    startedAt,
    changedAt: startedAt,
    version: 1,
    ...more,
  };
}
