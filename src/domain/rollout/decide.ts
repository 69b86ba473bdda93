/** Decides what becomes of a rollout: from its evidence alone, without a clock, so that every decision can be replayed. */
import { counted } from './arms.ts';
import { failingChance } from './chances.ts';
import { chapterOf } from './chapter.ts';
import type { Decision, GateVerdict, Outcome, Sight } from './decision.ts';
import { evidenceOf, judge, pooled } from './gates.ts';
import type { Rollout } from './model.ts';
import { prometheusGates } from './prometheus.ts';
import { type Judged, sentenceOf } from './sentence.ts';

export type { Decision, GateVerdict, Reading, RouteSight, Sight, Verdict } from './decision.ts';

/** Total: whatever the figures are, there is a decision. A rollout that has ended only waits. */
export function decide(rollout: Rollout, sight: Sight): Decision {
  const judged = judgeAll(rollout, sight);
  const outcome = outcomeOf(rollout, judged);
  return {
    ...outcome,
    gates: judged.gates,
    get sentence() {
      return sentenceOf(rollout, outcome, judged);
    },
  };
}

/** Fails if any route fails; passes on what all routes show together. */
function judgeAll({ settings, step }: Rollout, { routes, readings }: Sight): Judged {
  const { gates } = settings;
  const isWhole = settings.steps[step]?.percent === 100;
  const chance = failingChance(settings, routes.length);
  const single = routes.map((route) => evidenceOf(route, isWhole));
  const all = pooled(single);
  const requests = counted(all.service.requests);
  const figures = judge(all, gates, chance);
  const failed =
    routes.length <= 1
      ? []
      : routes.flatMap(({ evidence }, index) =>
          judge(single[index]!, gates, chance)
            .filter(({ verdict }) => verdict === 'fail')
            .map((verdict) => ofRoute(evidence.route, verdict)),
        );
  return { requests, gates: [...failed, ...figures, ...prometheusGates(gates, readings, requests)] };
}

function ofRoute(route: string, verdict: GateVerdict): GateVerdict {
  return {
    gate: verdict.gate,
    route,
    verdict: verdict.verdict,
    get words() {
      return `${route}: ${verdict.words}`;
    },
  };
}

function outcomeOf({ settings, standing, step, held }: Rollout, { gates, requests }: Judged): Outcome {
  const { phase } = standing;
  const here = settings.steps[step];
  if (here === undefined || phase === 'complete' || phase === 'failed' || phase === 'aborted') return { kind: 'wait' };
  if (gates.some(({ verdict }) => verdict === 'fail')) {
    const { onFailure } = settings;
    return phase === 'paused' && onFailure === 'pause' ? { kind: 'wait' } : { kind: 'fail', onFailure };
  }
  const isPassed = gates.every(({ verdict }) => verdict === 'pass') && requests >= settings.gates.minRequests;
  if (phase !== 'holding' || !(held >= here.hold) || !isPassed) return { kind: 'wait' };
  if (step === settings.steps.length - 1) return { kind: 'complete' };
  return here.approve ? { kind: 'await-approval' } : { kind: 'advance', step: step + 1 };
}

/** The rollout after the decision: the same object where nothing changes, otherwise one of the next version. */
export function next(rollout: Rollout, decision: Decision, now: number): Rollout {
  const changed = { ...rollout, version: rollout.version + 1, changedAt: now };
  switch (decision.kind) {
    case 'wait':
      return rollout;
    case 'advance':
      return {
        ...changed,
        step: decision.step,
        standing: { phase: 'holding' },
        held: 0,
        chapter: chapterOf({ ...changed, step: decision.step }),
      };
    case 'await-approval':
      return { ...changed, standing: { phase: 'awaiting-approval' } };
    case 'fail':
      return {
        ...changed,
        standing:
          decision.onFailure === 'rollback'
            ? { phase: 'failed', reason: decision.sentence }
            : { phase: 'paused', who: 'rollout', reason: decision.sentence },
      };
    case 'complete':
      return { ...changed, standing: { phase: 'complete' } };
  }
}
