import type { EvidenceBatch } from '../domain/evidence.ts';
import type { Clock, EventSink } from '../ports.ts';
import type { ComparerFigure } from './comparer-figures.ts';
import type { Comparer, Tallies } from './pair.ts';

export interface ComparerOptions {
  readonly events: EventSink;
  readonly clock: Clock;
  /** Everything that has been counted since the last batch; about once in `flushEvery`, and at the end. */
  readonly onBatch: (batch: EvidenceBatch) => void;
  /** Milliseconds. */
  readonly flushEvery?: number;
  /** The compiled worker, for those who run this file as TypeScript. */
  readonly worker?: URL;
  readonly limits?: Partial<ComparerLimits>;
}

export interface ComparerLimits {
  /** Bytes of pairs that may wait. */
  readonly waiting: number;
  /** MiB of the worker's heap. */
  readonly heap: number;
  /** Milliseconds that one comparison may take. */
  readonly patience: number;
  /** Milliseconds before a dead worker is replaced, the first time and at most. */
  readonly rest: { readonly least: number; readonly most: number };
  /** Milliseconds that `close` waits for what is in hand. */
  readonly closing: number;
}

export const defaultLimits: ComparerLimits = {
  waiting: 16 * 1024 * 1024,
  heap: 128,
  patience: 2_000,
  rest: { least: 100, most: 30_000 },
  closing: 2_000,
};

export interface ShadowComparer extends Comparer {
  /** For what never becomes a pair: it is counted with the rest. */
  readonly tallies: Tallies;
  /** Running totals by route and outcome, as far as batches have told them. */
  figures(): readonly ComparerFigure[];
}
