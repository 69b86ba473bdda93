/** What every kind of report says in the same words. */
import { countText, percentOf, shareText } from '../domain/figures.ts';
import type { ClusterReport, Counts, Demand, Report, RouteReport } from '../domain/report-model.ts';
import { type SkipReason, skipReasons } from '../domain/shadow.ts';

export function demandText({ minMatch, minSamples }: Demand): string {
  return `ready: ${minMatch} % match, proven at 95 % confidence, of at least ${countText(minSamples)} judged`;
}

export function verdictsText({ routes }: Report): string {
  const ready = routes.filter(({ verdict }) => verdict === 'ready').length;
  return `${ready} of ${routes.length} ${routes.length === 1 ? 'route' : 'routes'} ready`;
}

/** `2,968 of 3,100 compared (95.7 %)`, and how many of them did not match by themselves. */
export function matchedTexts({ matched, compared, thanksTo }: Counts): string[] {
  const thanks = [
    [thanksTo.rules, 'only thanks to rules'],
    [thanksTo.secondLook, 'only at the second look'],
    [thanksTo.judgements, 'thanks to accepted or ignored clusters'],
    [thanksTo.noise, 'but for what legacy differs in from itself'],
  ] as const;
  const share =
    compared === 0 ? '' : ` of ${countText(compared)} compared (${shareText(percentOf(matched, compared))})`;
  const told = thanks.filter(([count]) => count > 0).map(([count, why]) => `${countText(count)} of them ${why}`);
  return [`${countText(matched)}${share}`, ...told];
}

export interface Skipped {
  readonly reason: SkipReason;
  readonly count: number;
  /** Of the eligible. */
  readonly percent: number;
}

/** The most frequent first. */
export function skippedOf({ skipped, eligible }: Counts): Skipped[] {
  return skipReasons
    .map((reason) => ({ reason, count: skipped[reason] ?? 0, percent: percentOf(skipped[reason] ?? 0, eligible) }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
}

/** Why a cluster is turned off, or that it is not; `''` where there is nothing to say. */
export function standingText({ standing, judgement, expired, secondLook }: ClusterReport): string {
  const because = judgement?.reason ? `: ${judgement.reason}` : '';
  if (judgement?.word === 'ignored') {
    const day = dayText(judgement.until);
    return expired
      ? `was ignored until ${day} by ${judgement.who}`
      : `ignored until ${day} by ${judgement.who}${because}`;
  }
  if (judgement?.word === 'accepted') return `accepted by ${judgement.who}${because}`;
  if (standing === 'race') return 'gone at the second look, every time';
  const { persistent, race, noise } = secondLook;
  const looks = [
    persistent > 0 ? `${countText(persistent)} persistent` : '',
    race > 0 ? `${countText(race)} a race` : '',
    noise > 0 ? `${countText(noise)} noise` : '',
  ].filter(Boolean);
  return looks.length === 0 ? '' : `second look: ${looks.join(', ')}`;
}

/** Why a cluster is not judged, and what to do about it. */
export function noiseText({ pattern, advice, secondLook }: ClusterReport): string {
  if (advice !== null) return advice;
  return `\`${pattern}\` differed between two calls to legacy itself at ${countText(secondLook.noise)} second looks`;
}

/** The name that an arm has for people. */
export const armText = {
  legacy: 'answered by legacy, shadowed by the service',
  service: 'answered by the service, shadowed by legacy',
} as const;

export function distinctText({ distinct }: RouteReport): string {
  const { urls, callers } = distinct;
  const count = (n: number, noun: string): string => `${countText(n)} ${noun}${n === 1 ? '' : 's'}`;
  return `${count(urls, 'URL')}, ${callers === 0 ? 'callers unknown' : count(callers, 'caller')}`;
}

/** `2026-01-31 09:30:00Z`. */
export function momentText(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

export function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
