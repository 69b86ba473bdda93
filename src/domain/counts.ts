/** Adds windows up, with those comparisons as matched that differ only in what does not count. */
import { atLeast, atMost } from './binomial.ts';
import type { Tally } from './evidence.ts';
import { percentOf } from './figures.ts';
import type { ClusterReport, Counts } from './report-model.ts';
import type { SkipReason } from './shadow.ts';

/** By a cluster's id: why it does not count. A cluster that isn't here counts. */
export type TurnedOff = ReadonlyMap<string, 'judgement' | 'noise'>;

export function turnedOff(clusters: readonly ClusterReport[]): TurnedOff {
  const off = new Map<string, 'judgement' | 'noise'>();
  for (const { id, standing } of clusters) {
    if (standing === 'accepted' || standing === 'ignored') off.set(id, 'judgement');
    if (standing === 'noise') off.set(id, 'noise');
  }
  return off;
}

export function countsOf(tallies: readonly Tally[], off: TurnedOff): Counts {
  const sums = { eligible: 0, compared: 0, serviceFailed: 0, matched: 0, rules: 0, secondLook: 0 };
  const forgiven = { judgement: 0, noise: 0 };
  const skipped: Partial<Record<SkipReason, number>> = {};
  for (const tally of tallies) {
    sums.eligible += tally.eligible;
    sums.compared += tally.compared;
    sums.serviceFailed += tally.serviceFailed;
    sums.matched += tally.matched;
    sums.rules += tally.matchedByRules;
    sums.secondLook += tally.matchedLater;
    for (const [combination, count] of Object.entries(tally.combinations)) {
      const why = whyForgiven(combination, off);
      if (why !== null) forgiven[why] += count;
    }
    for (const [reason, count] of Object.entries(tally.skipped) as [SkipReason, number][]) {
      if (count > 0) skipped[reason] = (skipped[reason] ?? 0) + count;
    }
  }
  const { eligible, compared, serviceFailed } = sums;
  const matched = sums.matched + forgiven.judgement + forgiven.noise;
  const judged = compared + serviceFailed;
  const mismatched = compared - matched;
  const differing = mismatched + serviceFailed;
  return {
    eligible,
    judged,
    compared,
    matched,
    thanksTo: {
      rules: sums.rules,
      secondLook: sums.secondLook,
      judgements: forgiven.judgement,
      noise: forgiven.noise,
    },
    mismatched,
    serviceFailed,
    skipped,
    differing: {
      count: differing,
      percent: percentOf(differing, judged),
      atLeast: 100 * atLeast(differing, judged),
      atMost: 100 * atMost(differing, judged),
    },
  };
}

/** `null`: something in it counts, or nobody kept apart what is in it. */
export function whyForgiven(combination: string, off: TurnedOff): 'judgement' | 'noise' | null {
  if (combination === '') return null;
  const reasons = combination.split(' ').map((id) => off.get(id));
  if (reasons.includes(undefined)) return null;
  return reasons.includes('noise') ? 'noise' : 'judgement';
}
