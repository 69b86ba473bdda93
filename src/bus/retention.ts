import type { EventBus } from '../ports.ts';

/** What is kept: events that every group has had for `keep` ms, and `most` events whoever has had them. */
export interface Retention {
  readonly keep: number;
  readonly most: number;
}

/** What went by `most` although a group had not had it. */
export interface Loss {
  readonly group: string;
  readonly events: number;
}

/** Hears of every {@link Loss}, which is never to pass in silence. */
export type OnLoss = (losses: readonly Loss[]) => void;

export interface TrimmedBus extends EventBus {
  /** Lets go of what need not be kept. Whoever publishes and reads only does not trim. */
  trim(retention: Retention): Promise<readonly Loss[]>;
}
