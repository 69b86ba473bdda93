/**
 * The figures of the arms, by assignment: a run of cells for each arm, as in `meter.ts`. They are handed on as what was
 * added since they were last taken, so that a table of thousands of splits costs by its traffic and not by its size.
 */
import type { Arm } from '../domain/evidence.ts';
import type { ArmCount } from '../domain/rollout/arm-counts.ts';
import { armBounds } from '../domain/rollout/model.ts';

const requests = 0;
const failures = 1;
const firstBucket = 2;
const stride = firstBucket + armBounds.length + 1;

export interface ArmMeter {
  arm(route: string, arm: Arm): number;
  assigned(place: number, milliseconds: number): void;
  armFailed(place: number): void;
  /** What was counted since this was last called; arms of which nothing was are left out. */
  takeArms(): readonly ArmCount[];
}

export function createArmMeter(): ArmMeter {
  const places = new Map<string, number>();
  const labels: { route: string; arm: Arm }[] = [];
  let cells = new Float64Array(stride * 8);
  let taken = new Float64Array(stride * 8);

  return {
    arm(route, arm) {
      const key = JSON.stringify([route, arm]);
      const known = places.get(key);
      if (known !== undefined) return known;
      const place = labels.length * stride;
      if (place + stride > cells.length) {
        cells = doubled(cells);
        taken = doubled(taken);
      }
      places.set(key, place);
      labels.push({ route, arm });
      return place;
    },
    assigned(place, milliseconds) {
      cells[place + requests]! += 1;
      cells[place + firstBucket + armBucket(milliseconds)]! += 1;
    },
    armFailed(place) {
      cells[place + failures]! += 1;
    },
    takeArms() {
      const counts: ArmCount[] = [];
      for (const [index, { route, arm }] of labels.entries()) {
        const place = index * stride;
        const added = (cell: number): number => cells[place + cell]! - taken[place + cell]!;
        if (added(requests) === 0 && added(failures) === 0) continue;
        const latency: number[] = [];
        for (let bucket = 0; bucket <= armBounds.length; bucket++) {
          const count = added(firstBucket + bucket);
          if (count > 0) latency.push(bucket, count);
        }
        counts.push({ route, arm, requests: added(requests), failures: added(failures), latency });
        taken.set(cells.subarray(place, place + stride), place);
      }
      return counts;
    },
  };
}

/** The first bound that is not below it: by the logarithm, since 145 bounds are too many to walk along for each request. */
export function armBucket(milliseconds: number): number {
  const bucket = Math.ceil(8 * Math.log2(milliseconds * 4));
  // Written so that no time at all, and what is no number, is counted as quick.
  return bucket > 0 ? Math.min(bucket, armBounds.length) : 0;
}

function doubled(cells: Float64Array): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(cells.length * 2);
  wider.set(cells);
  return wider;
}
