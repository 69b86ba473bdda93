import type { Rollout } from './model.ts';

/** The name of the stay that begins with this version of the rollout: no other stay on a step has it. */
export function chapterOf({ startedAt, step, version }: Pick<Rollout, 'startedAt' | 'step' | 'version'>): string {
  return `${startedAt}-${step}-${version}`;
}

/** What the names of all stays on a step of this rollout begin with. */
export function chaptersOn({ startedAt }: Pick<Rollout, 'startedAt'>, step: number): string {
  return `${startedAt}-${step}-`;
}
