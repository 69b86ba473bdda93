/** What a report says, before anyone has written it down. Times are ms since the epoch, shares are percentages. */
import type { Arm, Example, Judgement } from './evidence.ts';
import type { Percentiles } from './latency.ts';
import type { MismatchKind } from './mismatch.ts';
import type { SkipReason } from './shadow.ts';

/** What a route must reach to be called ready. */
export interface Demand {
  /** At least so many percent must match, at 95 % confidence. */
  readonly minMatch: number;
  /** At least so many requests must have been judged. */
  readonly minSamples: number;
}

export const usualDemand: Demand = { minMatch: 99.9, minSamples: 1000 };

export interface Report {
  readonly at: number;
  readonly since: number | null;
  readonly demand: Demand;
  readonly routes: readonly RouteReport[];
}

export const verdictWords = ['ready', 'not ready', 'too little'] as const;

export type VerdictWord = (typeof verdictWords)[number];

export interface RouteReport extends Counts {
  readonly id: string;
  readonly service: string;
  readonly verdict: VerdictWord;
  /** The bound, in one sentence. */
  readonly summary: string;
  /** Why the verdict is what it is, where the summary does not say it all. */
  readonly reasons: readonly string[];
  /** What takes weight from the figures. */
  readonly warnings: readonly string[];
  /** How many more clean ones would make it ready; `null` where that is beyond all waiting, or not what is missing. */
  readonly needed: number | null;
  /** When the evidence begins and where its newest window ends; `null` without any. */
  readonly from: number | null;
  readonly until: number | null;
  readonly distinct: { readonly urls: number; readonly callers: number };
  readonly latency: { readonly legacy: LatencyReport; readonly service: LatencyReport };
  readonly arms: readonly ArmReport[];
  /** By their share of the comparisons, the largest first; those that count before those that don't. */
  readonly clusters: readonly ClusterReport[];
  /** What legacy differs in from itself. */
  readonly notJudged: readonly ClusterReport[];
  readonly timeline: Timeline;
  /** Comparisons from before the route or its rules changed. */
  readonly outdated: number;
  /** Batches of evidence that could not be kept. */
  readonly lost: number;
}

/** What became of the requests. eligible = compared + serviceFailed + skipped; judged = compared + serviceFailed. */
export interface Counts {
  readonly eligible: number;
  readonly judged: number;
  readonly compared: number;
  readonly matched: number;
  /** Those of the matched that did not match by themselves. */
  readonly thanksTo: {
    readonly rules: number;
    readonly secondLook: number;
    /** They differed only in clusters that were accepted or are ignored. */
    readonly judgements: number;
    /** They differed only in what legacy differs in from itself, or in that and in what was accepted or is ignored. */
    readonly noise: number;
  };
  readonly mismatched: number;
  readonly serviceFailed: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** mismatched + serviceFailed, as a share of the judged, with its one-sided 95 % bounds. */
  readonly differing: {
    readonly count: number;
    readonly percent: number;
    readonly atLeast: number;
    readonly atMost: number;
  };
}

export interface ArmReport extends Counts {
  readonly arm: Arm;
}

export interface LatencyReport {
  readonly percentiles: Percentiles | null;
  readonly histogram: readonly number[];
}

/**
 * - `counts`: its comparisons count as differing.
 * - `accepted`, `ignored`: somebody said that it may be so; an ignored one that has expired counts.
 * - `noise`: legacy differs from itself there about as often.
 * - `race`: whenever it was seen, both sides agreed at the second look.
 */
export type Standing = 'counts' | 'accepted' | 'ignored' | 'noise' | 'race';

export interface ClusterReport {
  readonly id: string;
  readonly kind: MismatchKind;
  readonly pattern: string;
  readonly count: number;
  /** Of the comparisons. */
  readonly percent: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Of what was asked a second time. */
  readonly secondLook: { readonly persistent: number; readonly race: number; readonly noise: number };
  readonly standing: Standing;
  readonly judgement: Judgement | null;
  /** An `ignore` whose time is over. */
  readonly expired: boolean;
  /** How often legacy differed from itself there; `null` where it was never asked twice. */
  readonly self: { readonly pairs: number; readonly count: number; readonly percent: number } | null;
  /** What legacy differs in from itself there, with the rule that would let it pass; `null` where it does not. */
  readonly advice: string | null;
  /** Newest first. */
  readonly examples: readonly Example[];
}

export interface Timeline {
  /** Milliseconds that one point stands for. */
  readonly span: number;
  /** Oldest first; a time in which nothing was judged has no point. */
  readonly points: readonly TimePoint[];
}

export interface TimePoint {
  readonly at: number;
  readonly compared: number;
  readonly matched: number;
  readonly serviceFailed: number;
}
