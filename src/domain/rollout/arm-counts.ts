/** What the arms did, as it is handed on: in pieces that can be added up in any order, and that survive JSON. */
import type { Arm } from '../arm.ts';
import { type ArmEvidence, type ArmFigures, armBounds } from './model.ts';

/** What was counted on one arm of a route since the piece before. */
export interface ArmCount {
  readonly route: string;
  readonly arm: Arm;
  readonly requests: number;
  readonly failures: number;
  /** Flat `[bucket, count, …]` by {@link armBounds}: most buckets of a second are empty. */
  readonly latency: readonly number[];
}

/** The same, with the stay on a step that it is evidence for. */
export interface ChapterCount extends ArmCount {
  readonly chapter: string;
}

/** Both arms of a route in one chapter. */
export interface ChapterEvidence extends ArmEvidence {
  readonly chapter: string;
}

export const emptyArm: ArmFigures = {
  requests: 0,
  failures: 0,
  latency: new Array<number>(armBounds.length + 1).fill(0),
};

export function addToArm(figures: ArmFigures, { requests, failures, latency }: Omit<ArmCount, 'route' | 'arm'>) {
  const joined = [...figures.latency];
  for (let index = 0; index + 1 < latency.length; index += 2) {
    const bucket = latency[index]!;
    if (bucket < joined.length) joined[bucket]! += latency[index + 1]!;
  }
  return { requests: figures.requests + requests, failures: figures.failures + failures, latency: joined };
}

/** The figures as a piece that adds up to them. */
export function countOf(route: string, arm: Arm, { requests, failures, latency }: ArmFigures): ArmCount {
  return {
    route,
    arm,
    requests,
    failures,
    latency: latency.flatMap((count, bucket) => (count > 0 ? [bucket, count] : [])),
  };
}

export function emptyChapter(chapter: string, route: string): ChapterEvidence {
  return { chapter, route, service: emptyArm, legacy: emptyArm };
}
