/** What the comparer's two halves say to each other: the host on the main thread, and its worker. */
import type { ClusterTally, Tally } from '../domain/evidence.ts';
import type { KeySource, Route } from '../domain/settings.ts';
import type { RedactionSettings } from '../domain/shadow.ts';
import type { Packed } from './packing.ts';
import type { LookFailure } from './pair.ts';

/** One route as one version of routes.yaml has it. Its id is the host's, never used twice. */
export interface LaneOrder {
  readonly id: number;
  readonly route: Route;
}

export interface WorkerOrder {
  /** Whole: what is not among them any more is forgotten. */
  readonly lanes: readonly LaneOrder[];
  readonly caller: readonly KeySource[];
  readonly redact: RedactionSettings;
  /** Examples that the state keeps of each cluster. */
  readonly examples: number;
}

export interface WorkerData {
  /** See watchdog.ts. */
  readonly watched: SharedArrayBuffer;
}

export type ToWorker =
  | { readonly kind: 'order'; readonly order: WorkerOrder }
  | { readonly kind: 'pairs'; readonly packed: Packed }
  /** What a look was told: one pair. */
  | { readonly kind: 'told'; readonly look: number; readonly packed: Packed }
  /** It could not be asked. */
  | { readonly kind: 'untold'; readonly look: number; readonly why: LookFailure }
  /** `last`: what still waits to be looked at again is settled as it stands. */
  | { readonly kind: 'flush'; readonly last: boolean };

export type ToHost =
  /** The oldest message that carried bytes is done with; these of its looks will not be asked for any more. */
  | { readonly kind: 'done'; readonly released: readonly number[] }
  /** The same of a look, where no bytes had been sent. */
  | { readonly kind: 'released'; readonly released: readonly number[] }
  | { readonly kind: 'ask'; readonly look: number; readonly delay: number; readonly path: string | null }
  | { readonly kind: 'failed'; readonly lane: number; readonly rule: string; readonly error: string }
  | { readonly kind: 'counted'; readonly counted: Counted; readonly last: boolean };

/** What the worker has counted since it last said so. */
export interface Counted {
  /** The {@link tallyKey} of each tally. */
  readonly keys: readonly number[];
  readonly tallies: readonly Tally[];
  readonly clusters: readonly ClusterTally[];
}
