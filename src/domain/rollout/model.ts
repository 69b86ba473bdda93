/** A rollout: steps, the position in them, and the gates that it has to pass. Everything here is plain data. */

export interface RolloutSettings {
  /** Rising percents, at least one. */
  readonly steps: readonly StepSettings[];
  readonly gates: GateSettings;
  readonly onFailure: 'rollback' | 'pause';
}

/** So many percent of the callers, for so long. */
export interface StepSettings {
  readonly percent: number;
  /** Milliseconds. */
  readonly hold: number;
  /** Whether somebody has to say so before the next step begins, however good the evidence. */
  readonly approve: boolean;
}

/** `null` is a gate that is not asked. */
export interface GateSettings {
  /** Points by which the service's failure rate may be above legacy's: 0.5 is half a percent of the requests. */
  readonly errors: number | null;
  /** How many times legacy's p99 the service's may be. */
  readonly p99: number | null;
  /** Percent of the judged comparisons that have to match; needs a shadow. */
  readonly match: number | null;
  /** Requests of the service's arm below which nothing passes. */
  readonly minRequests: number;
  readonly prometheus: readonly PrometheusGate[];
}

/** A query whose one value must lie within the bounds. */
export interface PrometheusGate {
  readonly url: string;
  readonly query: string;
  readonly min: number | null;
  readonly max: number | null;
}

/** One rollout, under way or ended. A route is in at most one that is under way. */
export interface Rollout {
  /** What it was started for: a route's id, or a service's name. */
  readonly name: string;
  /** Moved together, step by step. Never empty. */
  readonly routes: readonly string[];
  /** As declared when it was started: a file that is saved later changes no rollout under way. */
  readonly settings: RolloutSettings;
  /** Index into `settings.steps`. */
  readonly step: number;
  readonly standing: RolloutStanding;
  /**
   * Milliseconds of this step's hold that were lived through under somebody's eyes. Added up in small pieces, so
   * that neither a clock that jumps nor a night without a proxy counts as time that went well.
   */
  readonly held: number;
  /** Names this stay on this step among all: what evidence is counted for. Another one at every change of the step. */
  readonly chapter: string;
  /** ms since the epoch; to tell people, never to decide by. */
  readonly startedAt: number;
  readonly changedAt: number;
  /** Grows with every change: who changes a rollout names the version that was read. */
  readonly version: number;
}

export type RolloutStanding =
  /** On a step, until its hold is over and its gates are passed. */
  | { readonly phase: 'holding' }
  /** All gates passed, and somebody has to say so. */
  | { readonly phase: 'awaiting-approval' }
  /** Evidence goes on being judged, and failing still ends it; nothing is widened. */
  | { readonly phase: 'paused'; readonly who: string; readonly reason: string | null }
  | { readonly phase: 'complete' }
  | { readonly phase: 'failed'; readonly reason: string }
  | { readonly phase: 'aborted'; readonly who: string; readonly reason: string };

/** What one arm did in a chapter, by assignment: whoever answered in the end, it counts for the arm that its bucket chose. */
export interface ArmFigures {
  readonly requests: number;
  /** 5xx, timeouts, resets, refusals, an open circuit, a full bulkhead; of the service where the arm is the service's. */
  readonly failures: number;
  /** Requests by the time until the head of the answer that the caller got: counts by {@link armBounds}. */
  readonly latency: readonly number[];
}

/** Both arms of one route in the same window. */
export interface ArmEvidence {
  readonly route: string;
  readonly service: ArmFigures;
  readonly legacy: ArmFigures;
}

/**
 * Upper bounds of latency in ms: each 9 % above the last (eight to the doubling), from 0.25 ms to over a minute. What
 * is slower falls into one more bucket.
 */
export const armBounds: readonly number[] = Array.from({ length: 8 * 18 + 1 }, (_, index) => 0.25 * 2 ** (index / 8));
