/** What the arms of one route, or of several together, did: checked once, so that no figure can break a decision. */
import { most, type Share } from './anytime.ts';
import { type ArmFigures, armBounds } from './model.ts';

/** The failures among the requests. What can't be is bent to the nearest that can. */
export function failuresOf({ requests, failures }: ArmFigures): Share {
  return shareOf(failures, requests);
}

/** For each bucket, how many of the requests were slower: those of all later ones. `total` is all of them. */
export interface Slower {
  readonly total: number;
  readonly than: readonly number[];
}

export function slowerOf({ latency }: ArmFigures): Slower {
  const than = new Array<number>(buckets);
  let later = 0;
  for (let index = buckets - 1; index >= 0; index--) {
    than[index] = later;
    later += counted(latency[index]);
  }
  return { total: later, than };
}

/** A share of {@link most} trials stands for one of more: less sure than it could be, and sure enough. */
export function shareOf(hits: number, trials: number): Share {
  const all = counted(trials);
  const hit = Math.min(counted(hits), all);
  if (all <= most) return { hits: hit, trials: all };
  return { hits: Math.round(hit * (most / all)), trials: most };
}

export function together(arms: readonly ArmFigures[]): ArmFigures {
  if (arms.length === 1) return arms[0]!;
  const latency = new Array<number>(buckets).fill(0);
  for (const arm of arms) {
    for (let index = 0; index < buckets; index++) latency[index]! += counted(arm.latency[index]);
  }
  const sum = (of: (arm: ArmFigures) => number): number => arms.reduce((total, arm) => total + counted(of(arm)), 0);
  return { requests: sum((arm) => arm.requests), failures: sum((arm) => arm.failures), latency };
}

/** Whole and finite, and not below nothing. */
export function counted(count: number | undefined): number {
  if (count === undefined || !(count > 0)) return 0;
  return Math.min(Math.floor(count), Number.MAX_SAFE_INTEGER);
}

/** The last one holds what is slower than all bounds. */
const buckets = armBounds.length + 1;
