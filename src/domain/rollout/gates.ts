/** The gates that are judged by figures: three-way, by what the bounds prove and not by what the figures look like. */
import { provesAbove, provesBelow, rateOf } from './anytime.ts';
import { counted, failuresOf, shareOf, slowerOf, together } from './arms.ts';
import { fewestToFail, passing } from './chances.ts';
import type { GateVerdict, RouteSight, Verdict } from './decision.ts';
import { provesAtMostMore, provesMore } from './difference.ts';
import { type Comparisons, errorsWords, matchWords, type P99Found, p99Words } from './gate-words.ts';
import type { ArmFigures, GateSettings } from './model.ts';
import { highestBucket, lowestBucket, seenBucket, shareSlowerThan, slowest, stretched } from './p99.ts';

/** Of one route or of several together, on one step. */
export interface Evidence {
  readonly service: ArmFigures;
  /** What the service is held against; `null` where there is nothing. */
  readonly legacy: ArmFigures | null;
  readonly comparisons: Comparisons;
}

/** On a step at 100 nothing is assigned to legacy: what it did on the last step before stands for it. */
export function evidenceOf({ evidence, legacyBefore, comparisons }: RouteSight, isWhole: boolean): Evidence {
  return { service: evidence.service, legacy: isWhole ? legacyBefore : evidence.legacy, comparisons };
}

export function pooled(all: readonly Evidence[]): Evidence {
  // A route that nobody asks for, neither now nor when legacy had callers, must not keep the others waiting for ever.
  const asked = all.filter(({ legacy, service }) => legacy !== null || counted(service.requests) > 0);
  const legacy = asked.flatMap((one) => (one.legacy === null ? [] : [one.legacy]));
  const sum = (of: (one: Evidence) => number): number => all.reduce((total, one) => total + of(one), 0);
  return {
    service: together(all.map(({ service }) => service)),
    // Legacy's arm of some of the routes would be held against the service's of all.
    legacy: legacy.length === asked.length && legacy.length > 0 ? together(legacy) : null,
    comparisons: {
      judged: sum(({ comparisons }) => comparisons.judged),
      matched: sum(({ comparisons }) => comparisons.matched),
    },
  };
}

/** @param chance of failing by mistake. */
export function judge(evidence: Evidence, gates: GateSettings, chance: number): GateVerdict[] {
  const verdicts: GateVerdict[] = [];
  if (gates.errors !== null) verdicts.push(errorsGate(evidence, gates.errors, chance));
  if (gates.p99 !== null) verdicts.push(p99Gate(evidence, gates.p99, chance));
  if (gates.match !== null) verdicts.push(matchGate(evidence, gates, gates.match, chance));
  return verdicts;
}

function errorsGate({ service, legacy }: Evidence, points: number, chance: number): GateVerdict {
  const arms = legacy === null ? null : { service: failuresOf(service), legacy: failuresOf(legacy) };
  let verdict: Verdict = 'inconclusive';
  if (arms !== null) {
    const margin = points / 100;
    if (arms.service.trials >= fewestToFail && provesMore(arms, margin, chance)) verdict = 'fail';
    else if (provesAtMostMore(arms, margin, passing)) verdict = 'pass';
  }
  return gate('errors', verdict, () => errorsWords(arms, points, verdict, chance));
}

/** Legacy's p99 is an estimate too: half of the chance goes to that. */
function p99Gate({ service, legacy }: Evidence, times: number, chance: number): GateVerdict {
  if (legacy === null) return gate('p99', 'inconclusive', () => p99Words(null, null, times, 'inconclusive', chance));
  const arms = { service: slowerOf(service), legacy: slowerOf(legacy) };
  const isEnough = arms.service.total >= fewestToFail;
  const slowThan = (bucket: number | null): P99Found | null =>
    bucket === null ? null : { bucket, slow: shareSlowerThan(stretched(bucket, times), arms.service) };
  const lowest = (): P99Found | null => slowThan(lowestBucket(arms.legacy, passing / 2));
  const highest = (): P99Found | null => slowThan(highestBucket(arms.legacy, chance / 2));
  // Where it seems to be right nothing proves it wrong, and the other way round: one proof is enough to look for.
  const seems = slowThan(seenBucket(arms.legacy));
  const isSlow = seems !== null && rateOf(seems.slow) > slowest;
  const found = isSlow ? (isEnough ? highest() : null) : lowest();
  let verdict: Verdict = 'inconclusive';
  if (found !== null && isSlow && provesAbove(found.slow, slowest, chance / 2)) verdict = 'fail';
  if (found !== null && !isSlow && provesBelow(found.slow, slowest, passing / 2)) verdict = 'pass';
  return gate('p99', verdict, () => {
    const told = verdict === 'inconclusive' && isSlow ? lowest() : found;
    return p99Words(told, arms.legacy.total, times, verdict, chance / 2);
  });
}

function matchGate(
  { comparisons }: Evidence,
  { minRequests }: GateSettings,
  match: number,
  chance: number,
): GateVerdict {
  const differing = shareOf(comparisons.judged - comparisons.matched, comparisons.judged);
  const allowed = Number(((100 - match) / 100).toPrecision(12));
  let verdict: Verdict = 'inconclusive';
  if (differing.trials >= fewestToFail && provesAbove(differing, allowed, chance)) verdict = 'fail';
  // No number of comparisons proves that all match: there it takes as many as there have to be requests.
  else if (allowed === 0 ? differing.trials >= minRequests : provesBelow(differing, allowed, passing)) verdict = 'pass';
  return gate('match', verdict, () => matchWords(differing, allowed, verdict, { chance, minRequests }));
}

/** Words are dear where one looks each second: made when they are read. */
export function gate(name: GateVerdict['gate'], verdict: Verdict, words: () => string): GateVerdict {
  return {
    gate: name,
    route: null,
    verdict,
    get words() {
      return words();
    },
  };
}
