/** Ready, not ready, or too little to say: by what the figures prove, not by what they look like. */
import { missesNeeded } from './binomial.ts';
import { countText, percentOf, shareText } from './figures.ts';
import type { Counts, Demand, VerdictWord } from './report-model.ts';

export interface Verdict {
  readonly word: VerdictWord;
  readonly summary: string;
  readonly reasons: readonly string[];
  readonly needed: number | null;
}

/** With more than this share of the eligible unseen for reasons that more traffic does not mend, in percent, nobody knows how the service does. */
const mostUnseen = 1;

const unseenBecause = [
  ['circuit-open', 'the service failed so often that it was left alone for'],
  ['undecodable', "legacy's body could not be decoded for"],
  ['compare-failed', 'a rule or the comparer failed for'],
] as const;

export function verdictOn(counts: Counts, demand: Demand): Verdict {
  const { judged, differing } = counts;
  const allowed = allowedShare(demand);
  const reasons = unseenBecause.flatMap(([reason, words]) => {
    const unseen = percentOf(counts.skipped[reason] ?? 0, counts.eligible);
    return unseen > mostUnseen ? [`${words} ${shareText(unseen)} of the eligible requests`] : [];
  });
  const isSeen = reasons.length === 0;
  const summary = summaryOf(counts);
  if (differing.atLeast / 100 > allowed) {
    const least = shareText(differing.atLeast, 'down');
    const most = shareText(100 * allowed);
    reasons.unshift(`at least ${least} differ, at 95 % confidence, and no more than ${most} may`);
    return { word: 'not ready', summary, reasons, needed: null };
  }
  const toProve = missesNeeded(differing.count, judged, allowed);
  const needed = toProve === null ? null : Math.max(toProve, demand.minSamples - judged, 0);
  if (needed === 0) return { word: isSeen ? 'ready' : 'too little', summary, reasons, needed };
  reasons.unshift(...whatIsMissing(counts, demand, needed, toProve));
  return { word: 'too little', summary, reasons, needed };
}

/** The share that may differ, from 0 to 1, without the dust that a subtraction of decimals leaves. */
export function allowedShare({ minMatch }: Demand): number {
  return Number(((100 - minMatch) / 100).toPrecision(12));
}

function whatIsMissing(counts: Counts, demand: Demand, needed: number | null, toProve: number | null): string[] {
  const { judged, differing } = counts;
  const wanted = `${demand.minMatch} %`;
  if (needed === null) {
    return differing.count === 0
      ? [`more than ten million clean ones would be needed to prove that ${wanted} match`]
      : [`no number of clean ones that can be waited for outweighs the ${countText(differing.count)} that differ`];
  }
  const more = `${countText(needed)} more needed`;
  if (toProve === 0)
    return [`${more}: ${countText(judged)} were judged, and ${countText(demand.minSamples)} are wanted`];
  if (toProve! < needed) return [`${more} to have judged ${countText(demand.minSamples)}`];
  return [`${more}, all of them clean, to prove that ${wanted} match`];
}

function summaryOf({ judged, mismatched, serviceFailed, differing, thanksTo }: Counts): string {
  if (judged === 0) return 'nothing has been judged yet';
  const parts = [
    mismatched > 0 ? `${countText(mismatched)} differed` : '',
    serviceFailed > 0 ? `the service failed to answer ${countText(serviceFailed)}` : '',
  ].filter(Boolean);
  const none = thanksTo.noise > 0 ? 'none did where legacy agrees with itself' : 'none did';
  const seen = parts.length === 0 ? none : parts.join(', ');
  const most = shareText(differing.atMost, 'up');
  return `at most ${most} differ, at 95 % confidence: of ${countText(judged)} judged ${seen}`;
}
