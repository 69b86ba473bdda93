/**
 * The figures of the hot path. A slot is a run of cells in one Float64Array, so that counting a request is an
 * addition or two and never an allocation, a map look-up or a label's hash.
 */
import { type FallbackReport, fallbackCauses } from '../domain/fallback.ts';
import { type Meter, outcomes } from '../ports.ts';
import { type ArmMeter, createArmMeter } from './arm-meter.ts';

/** Upper bounds in milliseconds; what is slower than the last falls into one more bucket. */
export const bucketBounds = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1e3, 2.5e3, 5e3, 10e3, 30e3, 60e3] as const;

const inFlight = 0;
const retries = 1;
const milliseconds = 2;
const firstOutcome = 3;
const firstBucket = firstOutcome + outcomes.length;
const firstFallback = firstBucket + bucketBounds.length + 1;
const stride = firstFallback + fallbackCauses.length;

/** One slot's figures as plain data. */
export interface Series {
  readonly route: string;
  readonly target: string;
  readonly inFlight: number;
  readonly retries: number;
  readonly milliseconds: number;
  /** In the order of `outcomes`. */
  readonly outcomes: readonly number[];
  /** One for each bound and one beyond the last; not cumulative. */
  readonly buckets: readonly number[];
  /** In the order of `fallbackCauses`. */
  readonly fallbacks: readonly number[];
}

export type Figures = readonly Series[];

/** How many requests were refused, by the code of the error. */
export type Refusals = Readonly<Record<string, number>>;

export interface CountingMeter extends Meter, Pick<ArmMeter, 'takeArms'> {
  snapshot(): Figures;
  refusals(): Refusals;
}

export function createMeter(): CountingMeter {
  const places = new Map<string, number>();
  const refused: Record<string, number> = {};
  const labels: { route: string; target: string }[] = [];
  let cells = new Float64Array(stride * 16);

  return {
    ...createArmMeter(),
    slot(route, target) {
      const key = JSON.stringify([route, target]);
      const known = places.get(key);
      if (known !== undefined) return known;
      const place = labels.length * stride;
      if (place + stride > cells.length) {
        const wider = new Float64Array(cells.length * 2);
        wider.set(cells);
        cells = wider;
      }
      places.set(key, place);
      labels.push({ route, target });
      return place;
    },
    started(slot) {
      cells[slot + inFlight]! += 1;
    },
    finished(slot, outcome, elapsed) {
      cells[slot + inFlight]! -= 1;
      cells[slot + milliseconds]! += elapsed;
      cells[slot + firstOutcome + outcome]! += 1;
      let bucket = 0;
      while (bucket < bucketBounds.length && elapsed > bucketBounds[bucket]!) bucket += 1;
      cells[slot + firstBucket + bucket]! += 1;
    },
    fellBack(slot, cause) {
      cells[slot + firstFallback + fallbackCauses.indexOf(cause)]! += 1;
    },
    retried(slot) {
      cells[slot + retries]! += 1;
    },
    refused(code) {
      refused[code] = (refused[code] ?? 0) + 1;
    },
    refusals: () => ({ ...refused }),
    snapshot() {
      return labels.map(({ route, target }, index) => {
        const place = index * stride;
        return {
          route,
          target,
          inFlight: cells[place + inFlight]!,
          retries: cells[place + retries]!,
          milliseconds: cells[place + milliseconds]!,
          outcomes: [...cells.subarray(place + firstOutcome, place + firstBucket)],
          buckets: [...cells.subarray(place + firstBucket, place + firstFallback)],
          fallbacks: [...cells.subarray(place + firstFallback, place + stride)],
        };
      });
    },
  };
}

/** The sum over processes, series by series. */
export function mergeFigures(all: readonly Figures[]): Figures {
  const merged = new Map<string, Series>();
  for (const series of all.flat()) {
    const key = JSON.stringify([series.route, series.target]);
    const before = merged.get(key);
    merged.set(key, before === undefined ? series : added(before, series));
  }
  return [...merged.values()];
}

/** The sum over processes, code by code. */
export function mergeRefusals(all: readonly Refusals[]): Refusals {
  const merged: Record<string, number> = {};
  for (const [code, count] of all.flatMap(Object.entries<number>)) merged[code] = (merged[code] ?? 0) + count;
  return merged;
}

/** What a process that has ended leaves behind: its counts, but nothing under way. */
export function settled(figures: Figures): Figures {
  return figures.map((series) => ({ ...series, inFlight: 0 }));
}

function added(a: Series, b: Series): Series {
  return {
    route: a.route,
    target: a.target,
    inFlight: a.inFlight + b.inFlight,
    retries: a.retries + b.retries,
    milliseconds: a.milliseconds + b.milliseconds,
    outcomes: a.outcomes.map((count, index) => count + b.outcomes[index]!),
    buckets: a.buckets.map((count, index) => count + b.buckets[index]!),
    fallbacks: a.fallbacks.map((count, index) => count + b.fallbacks[index]!),
  };
}

/** How often legacy was asked in the service's place, for each route where that happened, by cause. */
export function fallbacksOf(figures: Figures): readonly FallbackReport[] {
  return figures.flatMap(({ route, fallbacks }) => {
    const counted = fallbackCauses.map((cause, index) => [cause, fallbacks[index]!] as const);
    const causes = Object.fromEntries(counted.filter(([, count]) => count > 0));
    return Object.keys(causes).length === 0 ? [] : [{ route, causes }];
  });
}
