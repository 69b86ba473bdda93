/** What is said to the thread that owns the events file, and by it. */
import type { DeadLetter, EventQuery, GroupStanding } from '../ports.ts';
import type { Failure } from '../sqlite/failure.ts';
import type { WorkerOptions } from '../sqlite/keeper.ts';
import type { Batch, Hold, Holding } from './group-source.ts';
import type { Loss, Retention } from './retention.ts';

export interface BusWorkerOptions extends WorkerOptions {
  readonly sync: 'disk' | 'system';
}

/** An event as it is stored. */
export interface EventRow {
  readonly partition: number;
  readonly type: string;
  readonly subject: string;
  readonly body: string;
}

export interface Consumer {
  readonly group: string;
  readonly consumer: string;
}

export type BusQuestion =
  | { readonly kind: 'publish'; readonly rows: readonly EventRow[]; readonly now: number }
  | ({ readonly kind: 'hold'; readonly lease: number } & Consumer)
  | ({ readonly kind: 'read-on'; readonly idle: readonly Hold[] } & Consumer)
  | ({ readonly kind: 'interrupt' } & Consumer)
  | ({ readonly kind: 'handled'; readonly hold: Hold; readonly position: string } & Consumer)
  | ({ readonly kind: 'failed'; readonly hold: Hold; readonly failures: number } & Consumer)
  | ({ readonly kind: 'bury'; readonly hold: Hold; readonly position: string; readonly letter: Letter } & Consumer)
  | ({ readonly kind: 'release'; readonly hold: Hold } & Consumer)
  | ({ readonly kind: 'leave' } & Consumer)
  | { readonly kind: 'read'; readonly query: EventQuery }
  | { readonly kind: 'dead-letters'; readonly group: string | null }
  | { readonly kind: 'revive'; readonly ids: readonly string[]; readonly now: number }
  | {
      readonly kind: 'rewind';
      readonly group: string;
      readonly since: number;
      readonly types: readonly string[] | null;
      readonly now: number;
    }
  | { readonly kind: 'groups' }
  | { readonly kind: 'trim'; readonly retention: Retention; readonly now: number }
  | { readonly kind: 'close' };

export interface Letter {
  readonly body: string;
  readonly attempts: number;
  readonly error: string;
  readonly at: number;
}

/** Whether the hold still held: else nothing was done. */
type Held = boolean;

export interface BusAnswers {
  readonly publish: null;
  readonly hold: Holding;
  readonly 'read-on': readonly StoredBatch[];
  readonly interrupt: null;
  readonly handled: Held;
  readonly failed: Held;
  readonly bury: Held;
  readonly release: Held;
  readonly leave: null;
  readonly read: readonly StoredText[];
  readonly 'dead-letters': readonly StoredLetter[];
  readonly revive: number;
  /** `null`: there is no such group. */
  readonly rewind: number | null;
  readonly groups: readonly GroupStanding[];
  readonly trim: readonly Loss[];
  readonly close: null;
}

export interface StoredText {
  readonly position: string;
  readonly text: string;
}

export type StoredBatch = Omit<Batch, 'deliveries'> & { readonly deliveries: readonly StoredText[] };

export type StoredLetter = Omit<DeadLetter, 'event'> & { readonly text: string };

export interface BusAsk {
  readonly id: number;
  readonly question: BusQuestion;
}

export type BusTold =
  | { readonly id: number; readonly answer: BusAnswers[keyof BusAnswers] }
  | { readonly id: number; readonly failure: Failure };
