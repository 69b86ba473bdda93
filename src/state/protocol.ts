/**
 * What is said between the side that holds a state (a worker thread, the primary process) and the side that asks
 * it. All of it survives JSON as well as structured cloning, since `node:cluster` speaks JSON.
 */
import type { Change, HistoryEntry, LiveRoute, Outcome } from '../domain/live.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import type { HistoryQuery } from '../ports.ts';
import type { Failure } from '../sqlite/failure.ts';

export type Question =
  | { readonly kind: 'read' }
  | { readonly kind: 'rollouts' }
  /** `now` is the asker's clock, for a holder that has none of its own. */
  | { readonly kind: 'change'; readonly change: Change; readonly now?: number }
  | { readonly kind: 'history'; readonly query: HistoryQuery }
  | { readonly kind: 'close' };

export interface Answers {
  readonly read: readonly LiveRoute[];
  readonly rollouts: readonly Rollout[];
  readonly change: SentOutcome;
  readonly history: readonly HistoryEntry[];
  readonly close: null;
}

/** `live` is `null` where it is what was told last: see {@link Told}. */
export type SentOutcome = Omit<Outcome, 'live'> & { readonly live: readonly LiveRoute[] | null };

export interface Ask {
  readonly about: 'state';
  readonly id: number;
  readonly question: Question;
}

export type Told =
  | { readonly about: 'state'; readonly told: 'answer'; readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly about: 'state'; readonly told: 'failure'; readonly id: number; readonly failure: Failure }
  | {
      readonly about: 'state';
      readonly told: 'contents';
      /** `null`: as told the last time. Thousands of rows are not sent again because a rollout held on. */
      readonly live: readonly LiveRoute[] | null;
      readonly rollouts: readonly Rollout[];
    }
  | { readonly about: 'state'; readonly told: 'trouble'; readonly failure: Failure | null };

/** A channel between processes carries other parts' messages too. */
export function isAboutState(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'about' in message && message.about === 'state';
}
