/** Decides what becomes of a rollout: from its evidence alone, without a clock, so that every decision can be replayed. */
import { chapterOf } from './chapter.ts';
import type { ArmEvidence, ArmFigures, Rollout } from './model.ts';

/** What is seen of a rollout at one moment. */
export interface Sight {
  /** One for each of the rollout's routes, in any order. */
  readonly routes: readonly RouteSight[];
  /** Of `settings.gates.prometheus`, one by one. What is missing was not reached. */
  readonly readings: readonly Reading[];
}

export interface RouteSight {
  /** Of the present chapter. On a step at 100 nothing is assigned to legacy. */
  readonly evidence: ArmEvidence;
  /** Legacy's arm of the last step below 100, kept for the step at 100; `null` where there was none. */
  readonly legacyBefore: ArmFigures | null;
  /** Shadow comparisons of the present chapter, whoever answered the caller. */
  readonly comparisons: { readonly judged: number; readonly matched: number };
}

/** What Prometheus said: the one value, or why there is none. */
export type Reading = number | 'unreachable' | 'no-value';

export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface GateVerdict {
  readonly gate: 'errors' | 'p99' | 'match' | 'prometheus';
  /** `null`: all routes of the rollout together. */
  readonly route: string | null;
  readonly verdict: Verdict;
  /** With its figures. */
  readonly words: string;
}

export type Decision = {
  /** Every gate that is asked, of all routes together; and of single routes those that failed. */
  readonly gates: readonly GateVerdict[];
  /** The whole decision in words, with its figures: what the history keeps. */
  readonly sentence: string;
} & (
  | { readonly kind: 'wait' }
  /** `step` is the index of the next one. */
  | { readonly kind: 'advance'; readonly step: number }
  | { readonly kind: 'await-approval' }
  /** As `settings.onFailure` says: callers go back to legacy, or stay where they are. */
  | { readonly kind: 'fail'; readonly then: 'rollback' | 'pause' }
  | { readonly kind: 'complete' }
);

/** Total: whatever the figures are, there is a decision. A rollout that has ended only waits. */
export function decide(_rollout: Rollout, _sight: Sight): Decision {
  return { kind: 'wait', gates: [], sentence: '' };
}

/** The rollout after the decision: the same object where nothing changes, otherwise one of the next version. */
export function next(rollout: Rollout, decision: Decision, now: number): Rollout {
  const changed = { ...rollout, version: rollout.version + 1, changedAt: now };
  switch (decision.kind) {
    case 'wait':
      return rollout;
    case 'advance':
      return {
        ...changed,
        step: decision.step,
        standing: { phase: 'holding' },
        held: 0,
        chapter: chapterOf({ ...changed, step: decision.step }),
      };
    case 'await-approval':
      return { ...changed, standing: { phase: 'awaiting-approval' } };
    case 'fail':
      return {
        ...changed,
        standing:
          decision.then === 'rollback'
            ? { phase: 'failed', reason: decision.sentence }
            : { phase: 'paused', who: 'rollout', reason: decision.sentence },
      };
    case 'complete':
      return { ...changed, standing: { phase: 'complete' } };
  }
}
