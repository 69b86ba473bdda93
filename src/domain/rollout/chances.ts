/** How much of a rollout is left to chance, and how that is shared out: see docs/rollouts.md. */
import type { RolloutSettings } from './model.ts';

/** That a gate passes on one step though its limit is exceeded: at all looks of the step together. */
export const passing = 0.05;

/** That a gate fails on one step though its limit is kept. */
const failing = 0.001;

/** That any gate of a whole rollout fails though all limits are kept. */
const failingAtAll = 0.05;

/** Gates that judge by figures, and so can be wrong. */
const gates = 3;

/**
 * What each single test may fail by mistake: many steps share what there is, and so do routes. Several of those are
 * tested one by one and all together.
 */
export function failingChance({ steps }: RolloutSettings, routes: number): number {
  return Math.min(failing, failingAtAll / (steps.length * gates)) / (routes > 1 ? routes + 1 : 1);
}

/**
 * Requests of the service's arm, or comparisons, before which nothing fails. A caller who tries again after an error makes several of
 * one, and no statistics of independent requests know that.
 */
export const fewestToFail = 50;
