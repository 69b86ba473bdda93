/** Where a rollout stands, as people and their programs are told. */
import type { GateVerdict } from './decide.ts';
import type { Rollout, RolloutStanding } from './model.ts';
import { isUnderWay, stepOf } from './position.ts';

export interface RolloutStatus {
  readonly name: string;
  readonly routes: readonly string[];
  readonly phase: RolloutStanding['phase'];
  /** Who has paused or aborted it. */
  readonly who: string | null;
  /** Why it is paused, failed or aborted. */
  readonly reason: string | null;
  /** From 1 on. */
  readonly step: number;
  /** The percents of all steps. */
  readonly steps: readonly number[];
  readonly percent: number;
  /** Milliseconds of the step's hold that are over, and how long that is. */
  readonly held: number;
  readonly hold: number;
  /** Whether this step waits for somebody to promote it. */
  readonly approve: boolean;
  /** As the running proxy judges them now; `null` where none does. */
  readonly gates: readonly GateVerdict[] | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly changedAt: string;
}

/** Those under way first; `gatesOf` is for whoever judges them. */
export function rolloutStatuses(
  rollouts: readonly Rollout[],
  gatesOf: (rollout: Rollout) => readonly GateVerdict[] | null = () => null,
): readonly RolloutStatus[] {
  const ended = rollouts.filter((rollout) => !isUnderWay(rollout));
  return [...rollouts.filter(isUnderWay), ...ended].map((rollout) => statusOf(rollout, gatesOf(rollout)));
}

function statusOf(rollout: Rollout, gates: RolloutStatus['gates']): RolloutStatus {
  const { name, routes, settings, standing, held } = rollout;
  const { percent, hold, approve } = stepOf(rollout);
  return {
    name,
    routes,
    phase: standing.phase,
    who: 'who' in standing ? standing.who : null,
    reason: 'reason' in standing ? standing.reason : null,
    step: rollout.step + 1,
    steps: settings.steps.map((step) => step.percent),
    percent,
    held: Math.min(held, hold),
    hold,
    approve,
    gates,
    startedAt: new Date(rollout.startedAt).toISOString(),
    changedAt: new Date(rollout.changedAt).toISOString(),
  };
}
