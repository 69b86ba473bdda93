/** Where a rollout stands, asked by the rules and told to people in the same words. */
import { chapterOf } from './chapter.ts';
import type { Rollout, RolloutSettings, RolloutStanding, StepSettings } from './model.ts';

export function isUnderWay({ standing: { phase } }: Rollout): boolean {
  return goesOn(phase);
}

export function goesOn(phase: RolloutStanding['phase']): boolean {
  return phase === 'holding' || phase === 'awaiting-approval' || phase === 'paused';
}

export function stepOf({ settings, step }: Rollout): StepSettings {
  return settings.steps[step]!;
}

/** `step 2 of 5 (5 %)` */
export function stepText({ settings, step }: Rollout): string {
  return `step ${step + 1} of ${settings.steps.length} (${settings.steps[step]!.percent} %)`;
}

/** Index of the first step that takes nobody back to legacy where `live` percent have moved already; -1 without one. */
export function firstStepFrom(live: number, { steps }: RolloutSettings): number {
  return steps.findIndex(({ percent }) => percent >= live);
}

/** Another step, or the same one from its beginning: what was seen before says nothing of it. */
export function beginStep(rollout: Rollout, step: number): Rollout {
  const chapter = chapterOf({ ...rollout, step, version: rollout.version + 1 });
  return { ...rollout, step, standing: { phase: 'holding' }, held: 0, chapter };
}
