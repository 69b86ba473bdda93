/**
 * Declared and live: routes.yaml declares a percent, the state holds the live one. These are the rows and
 * the changes; `apply.ts` says which change is let through and what it leaves in the history.
 */
export interface LiveRoute {
  readonly route: string;
  readonly service: string;
  /** The percent that routes.yaml declared when it was last applied. */
  readonly declared: number;
  /** When the declaring file was last modified, in ms since the epoch: an older file never undoes a newer one. */
  readonly declaredAt: number;
  /** The percent in force. */
  readonly live: number;
  /** Set by a rollback or the guard: only a shift or a changed declaration raises the percent again. */
  readonly latched: boolean;
  /** legacy's code for the route is gone, as declared. */
  readonly retired: boolean;
  /** The shadow percent that routes.yaml declared when it was last applied. */
  readonly shadowDeclared: number;
  /** The share of requests that are shadowed, 0–100. */
  readonly shadowLive: number;
  /** Until then (ms since the epoch) legacy is held against itself on this route's reads; 0 is never. */
  readonly calibrateUntil: number;
}

export type Source = 'file' | 'shift' | 'rollback' | 'guard' | 'rollout';

export interface HistoryEntry {
  /** Which of a route's two percents changed. */
  readonly what: 'percent' | 'shadow';
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly route: string;
  /** `null` when the route is new to the state. */
  readonly from: number | null;
  /** `null` when the route was taken out of routes.yaml. */
  readonly to: number | null;
  readonly source: Source;
  readonly who: string;
  readonly reason: string | null;
}

export interface DeclaredRoute {
  readonly route: string;
  readonly service: string;
  readonly percent: number;
  readonly shadow: number;
  readonly retired: boolean;
}

export type Change =
  | {
      readonly kind: 'declare';
      readonly routes: readonly DeclaredRoute[];
      /** What this proxy's file declared before; `null` at start-up, when the state's word stands for it. */
      readonly previous: readonly DeclaredRoute[] | null;
      /** The file's modification time, ms since the epoch. */
      readonly declaredAt: number;
      /** What was last seen in force: it stands in for rows that the state has lost meanwhile. */
      readonly remembered?: readonly LiveRoute[];
      readonly who: string;
    }
  | {
      readonly kind: 'shift';
      readonly routes: readonly string[];
      readonly percent: number;
      readonly who: string;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'rollback';
      /** `null`: every route that the state knows. */
      readonly routes: readonly string[] | null;
      readonly who: string;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'shadow';
      readonly routes: readonly string[];
      readonly percent: number;
      /** `guard`: the proxy itself stops a shadow that does harm. */
      readonly source: 'shift' | 'guard';
      readonly who: string;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'calibrate';
      readonly routes: readonly string[];
      /** ms since the epoch; 0 stops. Not in the history: callers and evidence are the same with it. */
      readonly until: number;
    };

/** Why a change (or one route's part of it) was not made. */
export interface Refusal {
  readonly route: string;
  readonly code: 'unknown-route' | 'retired' | 'older-file' | 'conflict';
  readonly message: string;
}

export interface Outcome {
  /** Every row after the change, in the order of their names. */
  readonly live: readonly LiveRoute[];
  /** What the change did, one entry for each route whose callers it affected. */
  readonly entries: readonly HistoryEntry[];
  readonly refused: readonly Refusal[];
  /** A rollback that the state could not take yet: in words, who holds to it and until when. */
  readonly held?: string;
}
