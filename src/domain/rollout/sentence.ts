/** A decision in words: what the history keeps, and what somebody reads at night. */
import { countText, durationText } from '../figures.ts';
import { counted } from './arms.ts';
import type { GateVerdict, Outcome } from './decision.ts';
import type { Rollout } from './model.ts';
import { stepText } from './position.ts';

export interface Judged {
  readonly gates: readonly GateVerdict[];
  /** Of the service's arm, all routes together. */
  readonly requests: number;
}

export function sentenceOf(rollout: Rollout, outcome: Outcome, judged: Judged): string {
  const { standing, settings, step } = rollout;
  const { phase } = standing;
  if (phase === 'complete') return 'the rollout is complete';
  if (phase === 'failed' || phase === 'aborted')
    return `the rollout ${phase === 'failed' ? '' : 'was '}${phase}: ${standing.reason}`;
  const here = settings.steps[step];
  if (here === undefined) return `the rollout has no step ${step + 1}`;
  const said = (what: string, gates: readonly GateVerdict[]): string =>
    `${stepText(rollout)} ${what}${gates.length === 0 ? '' : `: ${wordsOf(gates)}`}`;
  const held = durationText(counted(rollout.held));
  const isOver = rollout.held >= here.hold;
  // No more of a hold is counted than it has: how long it has waited since, the times in the history tell.
  const after = isOver ? `after its hold of ${durationText(here.hold)}` : `after ${held}`;
  const by = (verdict: GateVerdict['verdict']): GateVerdict[] =>
    judged.gates.filter((gate) => gate.verdict === verdict);
  switch (outcome.kind) {
    case 'fail': {
      const then = outcome.onFailure === 'rollback' ? 'all callers go back to legacy' : 'it is paused where it is';
      return `${said(`failed ${after}`, by('fail'))}; ${then}`;
    }
    case 'advance':
    case 'complete':
    case 'await-approval': {
      const then = {
        advance: '',
        complete: '; the rollout is complete',
        'await-approval': '; it waits to be promoted',
      };
      return `${said(`passed ${after}`, judged.gates)}${then[outcome.kind]}`;
    }
    case 'wait': {
      if (phase === 'awaiting-approval') return said('passed, and waits to be promoted', judged.gates);
      if (phase === 'paused') return said(`is paused after ${held} of ${durationText(here.hold)}`, judged.gates);
      if (!isOver) return said(`is held for ${held} of ${durationText(here.hold)}`, judged.gates);
      const few =
        judged.requests < settings.gates.minRequests ? fewText(judged.requests, settings.gates.minRequests) : '';
      return said(`waits ${after} for more evidence${few}`, by('inconclusive'));
    }
  }
}

/** Gates that are told by their words. A dead service fails by each of its routes, and the history has the sentence on each. */
const mostTold = 8;

function wordsOf(gates: readonly GateVerdict[]): string {
  const told = gates.slice(0, mostTold).map(({ words }) => words);
  const untold = gates.length - told.length;
  return [...told, ...(untold === 0 ? [] : [`and ${countText(untold)} more`])].join('; ');
}

function fewText(requests: number, wanted: number): string {
  return ` (${countText(requests)} of the ${countText(wanted)} requests to the service that there have to be)`;
}
