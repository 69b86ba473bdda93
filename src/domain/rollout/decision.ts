/** What a decision is made of, and what it may be. */
import type { ArmEvidence, ArmFigures } from './model.ts';

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

/** What was decided, without why. */
export type Outcome =
  | { readonly kind: 'wait' }
  /** `step` is the index of the next one. */
  | { readonly kind: 'advance'; readonly step: number }
  | { readonly kind: 'await-approval' }
  /** As `settings.onFailure` says: callers go back to legacy, or stay where they are. */
  | { readonly kind: 'fail'; readonly onFailure: 'rollback' | 'pause' }
  | { readonly kind: 'complete' };

export type Decision = Outcome & {
  /** Every gate that is asked, of all routes together; before them, of single routes, those that failed. */
  readonly gates: readonly GateVerdict[];
  /** The whole decision in words, with its figures: what the history keeps. */
  readonly sentence: string;
};
