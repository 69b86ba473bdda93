/** What is said between the thread that owns the outbox file and the one that asks it. */
import type { CloudEvent } from '../domain/cloud-event.ts';
import type {
  Answered,
  Intent,
  OutboxStanding,
  Settled,
  Settlement,
  SettleOutcome,
  Uncertain,
} from '../domain/publishing/intent.ts';
import type { Failure } from '../sqlite/failure.ts';

export type OutboxQuestion =
  | { readonly kind: 'intend'; readonly intents: readonly Intent[] }
  | { readonly kind: 'record'; readonly answered: Answered }
  | { readonly kind: 'add'; readonly events: readonly CloudEvent[] }
  | { readonly kind: 'dismiss'; readonly ids: readonly string[] }
  | { readonly kind: 'leave-open'; readonly intents: readonly Intent[]; readonly reason: string }
  | { readonly kind: 'uncertain'; readonly limit: number }
  | { readonly kind: 'settle'; readonly settlement: Settlement }
  | { readonly kind: 'settled'; readonly limit: number }
  | { readonly kind: 'take'; readonly holder: string }
  | { readonly kind: 'delivered'; readonly ids: readonly string[] }
  | { readonly kind: 'yield'; readonly holder: string }
  | { readonly kind: 'standing' }
  | { readonly kind: 'prove' }
  | { readonly kind: 'close' };

export interface OutboxAnswers {
  readonly intend: null;
  readonly record: readonly (string | null)[];
  readonly add: null;
  readonly dismiss: null;
  readonly 'leave-open': null;
  readonly uncertain: readonly Uncertain[];
  readonly settle: SettleOutcome;
  readonly settled: readonly Settled[];
  readonly take: readonly CloudEvent[] | null;
  readonly delivered: null;
  readonly yield: null;
  readonly standing: OutboxStanding;
  readonly prove: null;
  readonly close: null;
}

export interface OutboxAsk {
  readonly id: number;
  readonly question: OutboxQuestion;
}

export type OutboxTold =
  | { readonly id: number; readonly answer: OutboxAnswers[keyof OutboxAnswers] }
  | { readonly id: number; readonly failure: Failure };
