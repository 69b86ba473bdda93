import type { Rollout } from './model.ts';

/** The name of the stay that begins with this version of the rollout: no other stay on a step has it. */
export function chapterOf({ startedAt, step, version }: Pick<Rollout, 'startedAt' | 'step' | 'version'>): string {
  return `${startedAt}-${step}-${version}`;
}
