import type { CloudEvent } from '../domain/cloud-event.ts';

/** Opaque to whoever consumes. */
export type Position = string;

export interface Delivery {
  readonly position: Position;
  /** `null` where what is stored is no event, for somebody else wrote it. */
  readonly event: CloudEvent | null;
  /** As it is stored. */
  readonly text: string;
}

/** A partition that is ours to handle for the length of a lease. */
export interface Hold {
  readonly partition: number;
  /** Another one than before says that the group was moved, or that somebody else was here meanwhile. */
  readonly token: string;
  /** How often the first event has failed already. */
  readonly failures: number;
}

export interface Holding {
  readonly held: readonly Hold[];
  /** How many of them others are waiting for. */
  readonly surplus: number;
}

export interface Batch {
  readonly partition: number;
  /** That of the hold under which it was read. */
  readonly token: string;
  readonly deliveries: readonly Delivery[];
  /** The hold does not hold any more: whoever asked has to ask again what it holds. */
  readonly lost?: boolean;
}

/** Thrown where a partition has passed to somebody else. */
export class LostHold extends Error {
  override readonly name = 'LostHold';
}

/** One consumer's dealings with its group, wherever events are kept. What it rejects with may be over the next time. */
export interface GroupSource {
  /** ms that a hold lasts without being renewed. */
  readonly lease: number;
  /** Says that this consumer is alive, renews what it holds, and takes what is free up to its fair share. */
  hold(): Promise<Holding>;
  /** What comes next of these partitions. Waits a second at most while there is nothing. */
  read(idle: readonly Hold[]): Promise<readonly Batch[]>;
  /** Ends the wait of a `read`: there are other partitions to ask for. */
  interrupt(): void;
  /** An event was handled, and with it all before it in its partition. */
  handled(hold: Hold, position: Position): Promise<void>;
  /** The next event of a partition has failed so often; durable, so that its next consumer knows. */
  failed(hold: Hold, position: Position, failures: number): Promise<void>;
  /** Makes an event a dead letter and goes on behind it. */
  bury(hold: Hold, delivery: Delivery, failures: number, error: string): Promise<void>;
  release(hold: Hold): Promise<void>;
  /** Nothing is held any more. */
  leave(): Promise<void>;
}
