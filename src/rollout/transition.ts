/** What a rollout did between two looks at it, as events for the log and as what webhooks are told. */
import type { Rollout, RolloutStanding } from '../domain/rollout/model.ts';
import type { DomainEvent, TransitionWord } from '../ports.ts';

export interface Transition {
  readonly word: TransitionWord;
  readonly rollout: Rollout;
  /** The step that it left; `null` when it was not on another one before. */
  readonly left: number | null;
  readonly reason: string | null;
}

/** @param before `null` where nothing was known of it. Returns `null` where nothing happened that people are told of. */
export function transitionOf(before: Rollout | null, after: Rollout): Transition | null {
  const isNew = before === null || before.startedAt !== after.startedAt;
  if (!isNew && before.version >= after.version) return null;
  const word = isNew ? startWord(after.standing) : wordOf(before, after);
  if (word === null) return null;
  const left = isNew || before.step === after.step ? null : before.step;
  return { word, rollout: after, left, reason: reasonOf(after.standing) };
}

/** A rollout that ended before anyone here saw it is told by its end. */
function startWord({ phase }: RolloutStanding): TransitionWord {
  switch (phase) {
    case 'holding':
      return 'started';
    case 'complete':
      return 'completed';
    default:
      return phase;
  }
}

function wordOf(before: Rollout, after: Rollout): TransitionWord | null {
  const { phase } = after.standing;
  if (phase !== before.standing.phase) {
    if (phase === 'complete') return 'completed';
    if (phase !== 'holding') return phase;
    return before.step === after.step ? 'resumed' : 'advanced';
  }
  return before.step === after.step ? null : 'advanced';
}

function reasonOf(standing: RolloutStanding): string | null {
  return 'reason' in standing ? standing.reason : null;
}

export function transitionEvent({ word, rollout, reason }: Transition): DomainEvent {
  const { name, routes, settings, step } = rollout;
  const { length: steps } = settings.steps;
  const { percent } = settings.steps[step]!;
  return { type: `rollout.${word}`, rollout: name, routes, step: step + 1, steps, percent, reason };
}
