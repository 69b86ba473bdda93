/** What legacy differs in from itself, and the rules that would let the service differ in the same. */
import { PlaceError, parsePlace } from './comparing/place.ts';
import { epochUnit } from './comparing/times.ts';
import { toleranceText } from './comparing/tolerance-text.ts';
import type { NoiseTally, SelfDifference } from './evidence.ts';
import { joinNoise } from './merge-evidence.ts';
import type { Tolerance } from './shadow.ts';

export type ProposedRule =
  | { readonly kind: 'ignore'; readonly at: string }
  | { readonly kind: 'tolerance'; readonly at: string; readonly by: Tolerance }
  | { readonly kind: 'unordered'; readonly at: string };

/** One difference of legacy from itself. */
export interface SelfFinding extends SelfDifference {
  /** In words, with the suggestion. */
  readonly sentence: string;
  /** `null`: no rule is the right answer to it. */
  readonly rule: ProposedRule | null;
}

/** Seen less often than this, in percent of the pairs, it is rather a change in between than something that always differs. */
const rare = 2;
/** ms: a clock that was read twice lies no farther apart. */
const farthestTimes = 30_000;
/** Percent: numbers farther apart than this are not the same one measured twice. */
const farthestNumbers = 10;

const timeSteps = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
const percentSteps = [0.01, 0.1, 0.5, 1, 2, 5, 10, 20];

/** The most frequent first. A rule at a place stands for whatever differs inside of it. */
export function findingsOf({ pairs, differing }: NoiseTally): readonly SelfFinding[] {
  const all = Object.values(differing)
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => other.count - one.count || compareText(one.pattern, other.pattern));
  const ignored = all.filter((each) => remedyFor(each, pairs) === 'ignore').map(({ pattern }) => pattern);
  return all.map((each) => {
    const own = remedyFor(each, pairs);
    const covering = ignored.find(
      (place) => isInside(each.pattern, place) || (place === each.pattern && own !== 'ignore'),
    );
    return { ...each, ...tell(each, pairs, covering === undefined ? own : { coveredBy: covering }) };
  });
}

const order: readonly ProposedRule['kind'][] = ['ignore', 'tolerance', 'unordered'];

/** The rules of findings, each once, kind by kind. */
export function rulesOf(findings: readonly SelfFinding[]): readonly ProposedRule[] {
  const byPlace = new Map<string, ProposedRule>();
  for (const { rule } of findings) {
    if (rule === null) continue;
    // Of two at one place `ignore` is the one that lets both differences pass.
    if (rule.kind === 'ignore' || !byPlace.has(rule.at)) byPlace.set(rule.at, rule);
  }
  return [...byPlace.values()].sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
}

type Remedy = 'ignore' | 'unordered' | Tolerance | { readonly coveredBy: string } | { readonly advice: string };

function remedyFor(difference: SelfDifference, pairs: number): Exclude<Remedy, { readonly coveredBy: string }> {
  const { kind, pattern, count, milliseconds, percent } = difference;
  if ((count * 100) / pairs < rare && pairs >= 50) {
    return { advice: 'too rare for a rule, something may have changed in between; shadow.noise counts it off' };
  }
  if (pattern === 'status') return { advice: 'legacy itself answers now with this status and now with that: no rule' };
  if (pattern === 'body' || pattern.startsWith('body:')) {
    return { advice: 'a `normalize` at `body` can take out what differs in the text' };
  }
  if (!isPlace(pattern)) return { advice: 'its name holds what is not kept, or is too long: write the rule by hand' };
  if (kind === 'order') return 'unordered';
  if (kind === 'value' && milliseconds !== null && milliseconds <= farthestTimes) {
    return { kind: 'time', milliseconds: stepAbove(2 * milliseconds, timeSteps) };
  }
  if (kind === 'value' && milliseconds === null && percent !== null && percent <= farthestNumbers) {
    return numberTolerance(difference.distance ?? 0, percent);
  }
  const much = tooMuchToIgnore(difference);
  return much === null ? 'ignore' : { advice: `to ignore it would leave ${much} uncompared: no rule` };
}

/** What else an `ignore` there would take out of the comparison: a proposal must not turn off what it is to sharpen. */
function tooMuchToIgnore({ kind, pattern }: SelfDifference): string | null {
  if (pattern === '$') return 'the whole body';
  if (pattern.toLowerCase() === 'header:content-type') return 'what kind of answer it is';
  // One that came, went or became something else stands for all that are matched, with everything inside of them.
  const isStructural = kind === 'missing' || kind === 'extra' || kind === 'type';
  if (isStructural && pattern.endsWith('[*]')) return 'every element of the list';
  if (isStructural && pattern.endsWith('.*')) return 'every field of the object';
  return null;
}

/** A number may be a time as well: then seconds say more than percents. */
function numberTolerance(distance: number, percent: number): Tolerance {
  const unit = epochUnit((distance * 100) / percent);
  const milliseconds = unit === 'seconds' ? distance * 1_000 : distance;
  return unit === null || milliseconds > farthestTimes
    ? { kind: 'percent', value: stepAbove(2 * percent, percentSteps) }
    : { kind: 'time', milliseconds: stepAbove(2 * milliseconds, timeSteps) };
}

/** Twice what was seen, rounded up: the next pair may lie farther apart than those of the sample. */
function stepAbove(value: number, steps: readonly number[]): number {
  return steps.find((step) => step >= value) ?? steps.at(-1)!;
}

function tell({ kind, pattern, count }: SelfDifference, pairs: number, remedy: Remedy) {
  const verb = kind === 'order' ? 'is in another order in' : 'differs between';
  const seen = `\`${pattern}\` ${verb} two calls to legacy itself in ${shareText(count, pairs)} of ${pairs} pairs`;
  const { words, rule } = suggestion(pattern, remedy);
  return { sentence: `${seen}: ${words}`, rule };
}

function suggestion(at: string, remedy: Remedy): { words: string; rule: ProposedRule | null } {
  if (remedy === 'ignore') return { words: 'suggested `ignore`', rule: { kind: 'ignore', at } };
  if (remedy === 'unordered') return { words: 'suggested `unordered`', rule: { kind: 'unordered', at } };
  if ('kind' in remedy) {
    return {
      words: `suggested \`tolerance\` ${toleranceText(remedy)}`,
      rule: { kind: 'tolerance', at, by: remedy },
    };
  }
  return 'advice' in remedy
    ? { words: remedy.advice, rule: null }
    : { words: `\`ignore\` at \`${remedy.coveredBy}\` covers it`, rule: null };
}

/** Never rounded up to all of them, nor down to none. */
function shareText(count: number, of: number): string {
  if (count >= of) return '100 %';
  const percent = (count * 100) / of;
  if (percent < 0.1) return 'under 0.1 %';
  return `${Math.min(99.9, Number(percent.toFixed(1)))} %`;
}

/** Names of fields come from traffic, cut and redacted: what is left need not be one. */
function isPlace(pattern: string): boolean {
  try {
    parsePlace(pattern);
    return true;
  } catch (error) {
    if (error instanceof PlaceError) return false;
    throw error;
  }
}

/** Whether a place lies below another: `$.a.b` and `$.a[*]` in `$.a`. */
function isInside(place: string, other: string): boolean {
  return place.length > other.length && place.startsWith(other) && /[.[]/.test(place[other.length]!);
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** What was counted since an earlier reading of the same counts. Distances are the largest ever seen. */
export function noiseSince(before: NoiseTally, now: NoiseTally): NoiseTally {
  const differing = Object.entries(now.differing)
    .map(([signature, each]): [string, SelfDifference] => {
      return [signature, { ...each, count: each.count - (before.differing[signature]?.count ?? 0) }];
    })
    .filter(([, { count }]) => count > 0);
  return { pairs: Math.max(0, now.pairs - before.pairs), differing: Object.fromEntries(differing) };
}

/** The noise of several windows, added up. */
export function noiseOf(tallies: readonly { readonly noise: NoiseTally }[]): NoiseTally {
  return tallies.reduce((sum, { noise }) => joinNoise(sum, noise), noNoise);
}

export const noNoise: NoiseTally = { pairs: 0, differing: {} };
