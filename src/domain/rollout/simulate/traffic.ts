/** What two arms would show in a while: counts as the proxy would have kept them. */
import { type ArmFigures, armBounds } from '../model.ts';
import type { Random } from './random.ts';
import { sampleHits } from './sample.ts';

/** Shares are from 0 to 1. */
export interface Traffic {
  /** Requests a second to the rollout's routes, of both arms together. */
  readonly rps: number;
  readonly serviceErrors: number;
  readonly legacyErrors: number;
  /** The service takes so many times as long as legacy for every request. */
  readonly slowness: number;
  readonly mismatches: number;
  /** Of all requests, those that are shadowed and compared. */
  readonly compared: number;
}

/** Grows by what is drawn. */
export interface Arm extends ArmFigures {
  requests: number;
  failures: number;
  latency: number[];
}

export function emptyArm(): Arm {
  return { requests: 0, failures: 0, latency: new Array<number>(armBounds.length + 1).fill(0) };
}

/** How latencies of one arm spread over those buckets that a gate could tell apart. */
export interface Spread {
  /** Everything up to this bucket is counted as this bucket's. */
  readonly first: number;
  /** Of the requests that have passed all buckets before, the share that ends in this one: from `first` on. */
  readonly ends: readonly number[];
}

/**
 * Half of legacy's requests take less than `median` ms; the tail is heavy as tails of servers are (log-logistic, a p99
 * of 3.2 medians). Buckets below legacy's p95 are one: no gate asks for them, and most of the time goes there.
 *
 * @param stretch how many times legacy's p99 a gate looks at, or `null`.
 */
export function spreadOf(slowness: number, stretch: number | null): Spread {
  const first = armBounds.findIndex((bound) => beyond(bound, 1) < 0.05);
  const last = armBounds.findIndex((bound) => beyond(bound, 1) < 1e-4) + Math.ceil(8 * Math.log2(stretch ?? 1)) + 1;
  const ends: number[] = [];
  let before = 1;
  for (let bucket = first; bucket < Math.min(last, armBounds.length); bucket++) {
    const after = beyond(armBounds[bucket]!, slowness);
    ends.push(1 - after / before);
    before = after;
  }
  return { first, ends: [...ends, 1] };
}

const median = 40;

function beyond(milliseconds: number, slowness: number): number {
  return 1 / (1 + (milliseconds / (median * slowness)) ** 4);
}

export function draw(arm: Arm, requests: number, errors: number, { first, ends }: Spread, random: Random): void {
  arm.requests += requests;
  arm.failures += sampleHits(requests, errors, random);
  let left = requests;
  for (let index = 0; left > 0 && index < ends.length; index++) {
    const here = sampleHits(left, ends[index]!, random);
    arm.latency[first + index]! += here;
    left -= here;
  }
}

/** So many on average, a whole number each time. */
export function wholeNumber(expected: number, random: Random): number {
  const whole = Math.floor(expected);
  return whole + (random() < expected - whole ? 1 : 0);
}
