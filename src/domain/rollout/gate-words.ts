/** What a gate saw, in words, with the figures that its verdict was made of. */
import { countText, millisecondsText, percentOf, roundedPercent, shareText } from '../figures.ts';
import { lowerBound, rateOf, type Share, upperBound } from './anytime.ts';
import { passing } from './chances.ts';
import type { Verdict } from './decision.ts';
import { type Arms, atLeastMore, atMostMore } from './difference.ts';
import { armBounds } from './model.ts';
import { slowest } from './p99.ts';

export interface Comparisons {
  readonly judged: number;
  readonly matched: number;
}

/** What the service's p99 was held against. */
export interface P99Found {
  /** Of legacy's p99, to the side on which it is sure. */
  readonly bucket: number;
  /** The service's requests that were slower than so many times that. */
  readonly slow: Share;
}

export function errorsWords(arms: Arms | null, points: number, verdict: Verdict, chance: number): string {
  if (arms === null) return 'errors: nothing of legacy to compare with';
  const { service, legacy } = arms;
  const seen = `${ofAll(service, 'requests of the service')} failed${share(service)}, ${ofAll(legacy)} of legacy${share(legacy)}`;
  if (service.trials === 0 || legacy.trials === 0) return `errors: ${seen}: nothing to compare yet`;
  const bound =
    verdict === 'fail'
      ? `over ${pointsText(atLeastMore(arms, chance), 'down')} at ${sure(chance)}`
      : `at most ${pointsText(atMostMore(arms, passing), 'up')} at ${sure(passing)}`;
  return `errors: ${seen}: ${bound}, ${points} allowed`;
}

/** @param legacyRequests `null`: there is nothing of legacy. */
export function p99Words(
  found: P99Found | null,
  legacyRequests: number | null,
  times: number,
  verdict: Verdict,
  chance: number,
): string {
  if (legacyRequests === null) return 'p99: nothing of legacy to compare with';
  if (found === null) return `p99: ${requests(legacyRequests)} of legacy are too few to tell its p99`;
  const { bucket, slow } = found;
  const isFailed = verdict === 'fail';
  const p99 = `${isFailed ? 'at most' : 'at least'} ${millisecondsText(armBounds[bucket]!)}`;
  const seen = `${ofAll(slow, 'requests of the service')} were slower than ${times} x legacy's p99 of ${p99}${share(slow)}`;
  return `p99: ${seen}: ${bound(slow, isFailed, isFailed ? chance : passing / 2)}, ${shareText(100 * slowest)} allowed`;
}

export function matchWords(
  differing: Share,
  allowed: number,
  verdict: Verdict,
  { chance, minRequests }: { readonly chance: number; readonly minRequests: number },
): string {
  const seen = `${ofAll(differing, 'comparisons')} differed${share(differing)}`;
  if (differing.trials === 0) return 'match: nothing has been compared yet';
  if (allowed === 0) return `match: ${seen}: none may, in ${countText(minRequests)}`;
  const isFailed = verdict === 'fail';
  return `match: ${seen}: ${bound(differing, isFailed, isFailed ? chance : passing)}, ${shareText(100 * allowed)} allowed`;
}

function bound(share: Share, isFailed: boolean, chance: number): string {
  if (isFailed) return `over ${shareText(100 * lowerBound(share, chance), 'down')} at ${sure(chance)}`;
  return `at most ${shareText(100 * upperBound(share, chance), 'up')} at ${sure(chance)}`;
}

function pointsText(difference: number, rounding: 'up' | 'down'): string {
  const distance = 100 * Math.abs(difference);
  // Close to 100 a share shows how far it is from there; points don't.
  const points =
    distance > 90 ? Math.round(distance) : roundedPercent(distance, difference < 0 ? opposite[rounding] : rounding);
  if (points === 0) return 'as many';
  return `${points} ${points === 1 ? 'point' : 'points'} ${difference < 0 ? 'fewer' : 'more'}`;
}

const opposite = { up: 'down', down: 'up' } as const;

function ofAll({ hits, trials }: Share, what?: string): string {
  return `${countText(hits)} of ${countText(trials)}${what === undefined ? '' : ` ${what}`}`;
}

function share(share: Share): string {
  return share.trials === 0 ? '' : ` (${shareText(100 * rateOf(share))})`;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${countText(count)} requests`;
}

/** A chance of 0.001 is a confidence of 99.9 %. */
function sure(chance: number): string {
  return `${shareText(percentOf(1 - chance, 1), 'down')} confidence`;
}
