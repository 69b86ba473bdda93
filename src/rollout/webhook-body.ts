import type { Transition } from './transition.ts';

/** What a webhook is sent, as JSON. Fields may be added to a version; none changes its meaning or goes within one. */
export interface WebhookBody {
  readonly version: 1;
  /** The same for the same transition, whichever proxy tells it and however often. */
  readonly id: string;
  readonly event: `rollout.${Transition['word']}`;
  /** ISO 8601, UTC: when the rollout changed. */
  readonly at: string;
  readonly rollout: string;
  readonly routes: readonly string[];
  /** 1-based, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Of the callers, on this step. */
  readonly percent: number;
  /** The step's percent that it left; `null` when it is on the same step as before. */
  readonly from: number | null;
  /** In words, with the figures that decided it; `null` where nobody gave any. */
  readonly reason: string | null;
}

export function webhookBody({ word, rollout, left, reason }: Transition): WebhookBody {
  const { name, routes, settings, step, startedAt, changedAt, version } = rollout;
  return {
    version: 1,
    id: `${name}-${startedAt}-${version}`,
    event: `rollout.${word}`,
    at: new Date(changedAt).toISOString(),
    rollout: name,
    routes,
    step: step + 1,
    steps: settings.steps.length,
    percent: settings.steps[step]!.percent,
    from: left === null ? null : settings.steps[left]!.percent,
    reason,
  };
}
