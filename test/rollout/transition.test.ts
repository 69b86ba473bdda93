import { describe, expect, it } from 'vitest';
import type { Rollout, RolloutStanding } from '../../src/domain/rollout/model.ts';
import { transitionEvent, transitionOf } from '../../src/rollout/transition.ts';
import { aRollout } from './a-rollout.ts';

const failed: RolloutStanding = { phase: 'failed', reason: 'too many errors' };
const paused: RolloutStanding = { phase: 'paused', who: 'ada', reason: 'lunch' };
const awaiting: RolloutStanding = { phase: 'awaiting-approval' };
const aborted: RolloutStanding = { phase: 'aborted', who: 'ada', reason: 'by hand' };

const words = (before: Partial<Rollout> | null, after: Partial<Rollout>) => {
  const transition = transitionOf(before === null ? null : aRollout(before), aRollout({ version: 2, ...after }));
  return transition === null ? null : transitionEvent(transition).type;
};

describe('what a rollout did between two looks', () => {
  it.each<[string, Partial<Rollout> | null, Partial<Rollout>, string | null]>([
    ['nothing was known of it', null, {}, 'rollout.started'],
    ['another of its name had ended', { startedAt: 1, standing: failed, version: 9 }, {}, 'rollout.started'],
    ['it only held on', {}, { held: 5_000 }, null],
    ['it was told again', { version: 2 }, {}, null],
    ['it is told late', { version: 3, step: 1 }, {}, null],
    ['the next step', {}, { step: 1 }, 'rollout.advanced'],
    ['two steps at once', {}, { step: 2 }, 'rollout.advanced'],
    ['an approval was given', { standing: awaiting }, { step: 1 }, 'rollout.advanced'],
    ['a person paused it', {}, { standing: paused }, 'rollout.paused'],
    ['it was resumed', { standing: paused }, {}, 'rollout.resumed'],
    ['it was paused for a new reason', { standing: paused }, { standing: { ...paused, reason: 'x' } }, null],
    ['it waits for an approval', {}, { standing: awaiting }, 'rollout.awaiting-approval'],
    ['it failed', {}, { standing: failed }, 'rollout.failed'],
    ['it was aborted', { standing: paused }, { standing: aborted }, 'rollout.aborted'],
    ['it is complete', { step: 2 }, { step: 2, standing: { phase: 'complete' } }, 'rollout.completed'],
    ['it began and failed unseen', null, { standing: failed }, 'rollout.failed'],
    ['it began and was completed unseen', null, { standing: { phase: 'complete' } }, 'rollout.completed'],
  ])('%s', (_, before, after, expected) => {
    expect(words(before, after)).toBe(expected);
  });

  it('is told with its step and why', () => {
    const transition = transitionOf(aRollout(), aRollout({ version: 2, step: 1, standing: failed }))!;
    expect(transition.left).toBe(0);
    expect(transitionEvent(transition)).toEqual({
      type: 'rollout.failed',
      rollout: 'orders',
      routes: ['order'],
      step: 2,
      steps: 3,
      percent: 50,
      reason: 'too many errors',
    });
  });
});
