import type { Rollout, RolloutSettings } from './rollout/model.ts';
import type { SteerAction } from './rollout/steer.ts';

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
  /** Set by a rollback, the guard or a failed rollout: only a shift, a rollout that is started or a changed declaration raises the percent again. */
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

/** Everything that a state holds at one time, but for its history. */
export interface Contents {
  /** In the order of their names. */
  readonly live: readonly LiveRoute[];
  /** Those under way, and the last ended one of each name; in the order of their names. */
  readonly rollouts: readonly Rollout[];
}

export type Source = 'file' | 'shift' | 'rollback' | 'guard' | 'rollout';

export interface HistoryEntry {
  /**
   * Which of a route's two percents changed. `rollout`: neither did, but the rollout that moves the route went on,
   * waits or ended; `from` and `to` are the live percent then.
   */
  readonly what: 'percent' | 'shadow' | 'rollout';
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
      /** Rollouts that were last seen: those under way come back with the rows that they moved. */
      readonly rememberedRollouts?: readonly Rollout[];
      readonly who: string;
    }
  | {
      readonly kind: 'shift';
      readonly routes: readonly string[];
      readonly percent: number;
      /** Whether a rollout that moves one of them is paused for it; else such a route is refused. */
      readonly pauseRollout?: boolean;
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
    }
  | {
      /** The service does harm: back to legacy, latched. */
      readonly kind: 'guard';
      readonly routes: readonly string[];
      readonly who: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'rollout-start';
      readonly name: string;
      readonly routes: readonly string[];
      readonly settings: RolloutSettings;
      readonly who: string;
      readonly reason: string | null;
    }
  | {
      /** A person's word about a rollout under way. */
      readonly kind: 'rollout-steer';
      readonly name: string;
      readonly action: SteerAction;
      /** The step that it was meant for, where that was known: on another one it is refused. */
      readonly step?: number;
      readonly who: string;
      readonly reason: string | null;
    }
  | {
      /** What has become of a rollout. Another version than that which was read is refused, and nothing is changed. */
      readonly kind: 'rollout';
      readonly name: string;
      readonly version: number;
      readonly to: Rollout;
      readonly source: 'rollout' | 'guard' | 'shift';
      readonly who: string;
      /** In words, with its figures. A change of nothing but `held` is not in the history. */
      readonly reason: string | null;
    };

/** What a person may change: files, guards and conductors speak for themselves. */
export type ByHand = Exclude<Change, { kind: 'declare' | 'guard' | 'rollout' }>;

/**
 * Why a change (or one route's part of it) was not made.
 * - `conflict`: somebody else was first, be it with a file or with the next version of a rollout.
 * - `in-rollout`: a rollout under way moves the route. `no-rollout`: none is under way by this name.
 * - `latched`: a rollout never raises what was taken back. `beyond-steps`: the route is further than all steps.
 * - `not-now`: the rollout stands otherwise than what was asked of it presumes.
 */
export interface Refusal {
  /** The route's id; the rollout's name where it is about no single route. */
  readonly route: string;
  readonly code:
    | 'unknown-route'
    | 'retired'
    | 'older-file'
    | 'conflict'
    | 'in-rollout'
    | 'no-rollout'
    | 'latched'
    | 'beyond-steps'
    | 'not-now';
  readonly message: string;
}

/** What there is after a change, and what it did. */
export interface Outcome extends Contents {
  /** What the change did, one entry for each route whose callers it affected. */
  readonly entries: readonly HistoryEntry[];
  readonly refused: readonly Refusal[];
  /** A rollback that the state could not take yet: in words, who holds to it and until when. */
  readonly held?: string;
}
