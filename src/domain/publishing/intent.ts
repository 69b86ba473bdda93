/** What is written down of a request before it leaves, so that a crash can't make anyone forget it. */
import type { HeaderLines } from '../header-lines.ts';
import type { PublishSettings } from './settings.ts';

/** One event that may come of a request. Nothing of its headers, its query or its body is kept. */
export interface Intent {
  /** The event's own id: whatever is tried again, it stays the same event. */
  readonly id: string;
  /** ms since the epoch: when the request came. */
  readonly at: number;
  readonly route: string;
  readonly type: string;
  readonly method: string;
  /** As the caller sent it, up to the `?`. */
  readonly path: string;
  /** What the event would have happened to, where that is known beforehand. */
  readonly key: string | null;
}

/** An intent of which nobody knows what came. */
export interface Uncertain extends Intent {
  readonly reason: string;
  /** ms since the epoch: since when nobody does. */
  readonly since: number;
}

/** A whole answer that is an event, or several. It crosses threads: plain data. */
export interface Answered {
  readonly tellings: readonly Telling[];
  /** ms since the epoch: when the answer was whole. */
  readonly at: number;
  /** Who tells it. */
  readonly source: string;
  readonly traceparent: string | null;
  /** What the match has bound; flat. */
  readonly params: readonly string[];
  readonly answer: Message;
  readonly request: Message;
}

export interface Telling {
  readonly intent: Intent;
  readonly settings: Pick<PublishSettings, 'type' | 'key' | 'data'>;
}

export interface Message {
  readonly headers: HeaderLines;
  /** As sent; `null` where it was larger than anyone looks at. */
  readonly body: Uint8Array | null;
}

/** What a person says came of uncertain intents. */
export interface Settlement {
  readonly ids: readonly string[];
  readonly who: string;
  /** `null`: nothing happened. */
  readonly happened: Happened | null;
}

/** What the events say that nobody saw: the key where the intent has none of its own. */
export interface Happened {
  readonly key: string | null;
  readonly data: unknown;
  readonly source: string;
}

/** One entry of the history of what was settled by hand. */
export interface Settled {
  readonly intent: Uncertain;
  readonly who: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly as: 'happened' | 'nothing';
}

export interface SettleOutcome {
  readonly settled: readonly string[];
  /** Ids that are not uncertain, or have no key, with why. */
  readonly refused: readonly { readonly id: string; readonly message: string }[];
}

export interface OutboxStanding {
  /** Recorded, and not taken by the bus yet. */
  readonly pending: number;
  /** ms since the epoch: when the oldest of them was recorded; `null` without any. */
  readonly oldest: number | null;
  readonly uncertain: number;
}
