/** What a person may say to a rollout under way, and what becomes of it. */
import type { Rollout } from './model.ts';
import { beginStep, firstStepFrom, stepOf, stepText } from './position.ts';

export const steerActions = ['pause', 'resume', 'promote', 'abort'] as const;
export type SteerAction = (typeof steerActions)[number];

interface Word {
  readonly who: string;
  readonly reason: string | null;
}

/** What the rollout becomes and how the history tells it, or why it can't. */
export type Steered =
  | { readonly ok: true; readonly to: Rollout; readonly words: string }
  | { readonly ok: false; readonly code: 'not-now' | 'beyond-steps'; readonly message: string };

/** How far one route of the rollout has moved. */
interface Live {
  readonly live: number;
}

/** @param rows those of the rollout's routes. */
export function steer(rollout: Rollout, action: SteerAction, rows: readonly Live[], word: Word): Steered {
  switch (action) {
    case 'pause':
      return pause(rollout, word);
    case 'resume':
      return resume(rollout, rows, word);
    case 'promote':
      return promote(rollout, rows, word);
    case 'abort':
      return abort(rollout, word);
  }
}

function pause(rollout: Rollout, { who, reason }: Word): Steered {
  const { name, standing } = rollout;
  if (standing.phase === 'paused') return notNow(`the rollout ${name} is paused already`);
  const to: Rollout = { ...rollout, standing: { phase: 'paused', who, reason } };
  return told(to, `rollout ${name} paused on ${stepText(rollout)}`, reason);
}

/**
 * Where nobody was moved meanwhile the step goes on with what was seen of it. Otherwise, and where the rollout has
 * paused by itself, it begins anew: the same figures would only stop it again.
 */
function resume(rollout: Rollout, rows: readonly Live[], { reason }: Word): Steered {
  const { name, standing } = rollout;
  if (standing.phase !== 'paused') return notNow(`the rollout ${name} is not paused`);
  const live = Math.max(...rows.map((row) => row.live));
  const moved = rows.some((row) => row.live !== stepOf(rollout).percent);
  const step = moved ? firstStepFrom(live, rollout.settings) : rollout.step;
  if (step === -1) {
    const message = `${name} is at ${live} %, beyond the last step; shift it back, or: strangler rollout abort ${name}`;
    return { ok: false, code: 'beyond-steps', message };
  }
  const anew = moved || standing.who === ownName;
  const to: Rollout = anew ? beginStep(rollout, step) : { ...rollout, standing: { phase: 'holding' } };
  return told(to, `rollout ${name} resumed on ${stepText(to)}${anew ? ', its hold begins anew' : ''}`, reason);
}

/** Who pauses a rollout where nobody does: see `next` in decide.ts. */
const ownName = 'rollout';

function promote(rollout: Rollout, rows: readonly Live[], { reason }: Word): Steered {
  const { name, standing, step, settings } = rollout;
  if (rows.some((row) => row.live !== stepOf(rollout).percent)) {
    return notNow(`${name} was shifted away from ${stepText(rollout)}; first: strangler rollout resume ${name}`);
  }
  const how = standing.phase === 'awaiting-approval' ? 'approved' : 'promoted without waiting for its gates';
  const isLast = step === settings.steps.length - 1;
  const to: Rollout = isLast ? { ...rollout, standing: { phase: 'complete' } } : beginStep(rollout, step + 1);
  const result = isLast ? 'complete' : `now ${stepText(to)}`;
  return told(to, `rollout ${name}: ${stepText(rollout)} ${how}, ${result}`, reason);
}

function abort(rollout: Rollout, { who, reason }: Word): Steered {
  const to: Rollout = { ...rollout, standing: { phase: 'aborted', who, reason: reason ?? 'by hand' } };
  return told(to, `rollout ${rollout.name} aborted on ${stepText(rollout)}, callers stay where they are`, reason);
}

function told(to: Rollout, words: string, reason: string | null): Steered {
  return { ok: true, to, words: reason === null ? words : `${words}: ${reason}` };
}

function notNow(message: string): Steered {
  return { ok: false, code: 'not-now', message };
}
