/** What is said between the thread that owns the evidence file and the one that asks it. */
import type { EvidenceBatch, Judgement, RouteEvidence } from '../domain/evidence.ts';
import type { ChapterEvidence } from '../domain/rollout/arm-counts.ts';
import type { EvidenceSettings } from '../domain/shadow.ts';
import type { ArmsQuery, EvidenceQuery } from '../ports.ts';
import type { Failure } from '../sqlite/failure.ts';

/** `now` is the asker's clock. */
export type EvidenceQuestion =
  | { readonly kind: 'record'; readonly batch: EvidenceBatch; readonly now: number }
  | { readonly kind: 'read'; readonly query: EvidenceQuery; readonly now: number }
  | { readonly kind: 'arms'; readonly query: ArmsQuery; readonly now: number }
  | { readonly kind: 'judge'; readonly ids: readonly string[]; readonly judgement: Judgement | null }
  | { readonly kind: 'reset'; readonly routes: readonly string[] | null; readonly now: number }
  | { readonly kind: 'limit'; readonly limits: EvidenceSettings }
  | { readonly kind: 'prune'; readonly now: number }
  | { readonly kind: 'close' };

export interface EvidenceAnswers {
  readonly record: null;
  readonly read: readonly RouteEvidence[];
  readonly arms: readonly ChapterEvidence[];
  readonly judge: readonly string[];
  readonly reset: readonly string[];
  readonly limit: null;
  readonly prune: null;
  readonly close: null;
}

export interface EvidenceAsk {
  readonly id: number;
  readonly question: EvidenceQuestion;
}

export type EvidenceTold =
  | { readonly id: number; readonly answer: EvidenceAnswers[keyof EvidenceAnswers] }
  | { readonly id: number; readonly failure: Failure };
