/** The seams: everything that touches time, disk or the network comes in through one of these. */
import type { Change, HistoryEntry, LiveRoute, Outcome } from './domain/live.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What lives outside routes.yaml: the live percents and the history of how they came about. */
export interface State {
  /** Every row. Never called on a request's path. */
  read(): Promise<readonly LiveRoute[]>;
  /**
   * Makes one change, whole and durable before it resolves, in the order in which changes arrive.
   * A refused route is in the outcome, not an exception; the state being unreachable is an exception.
   */
  change(change: Change): Promise<Outcome>;
  /** Newest first. */
  history(query: HistoryQuery): Promise<readonly HistoryEntry[]>;
  /**
   * Calls back with every row, soon after anyone — this process or another — has changed one, in under a
   * second. Returns the way to stop.
   */
  watch(listener: (live: readonly LiveRoute[]) => void): () => void;
  close(): Promise<void>;
}

export interface HistoryQuery {
  readonly route?: string;
  /** ms since the epoch. */
  readonly since?: number;
  readonly limit: number;
}

/** Something worth knowing happened; the log, and later the stream, hear of it. */
export interface EventSink {
  emit(event: DomainEvent): void;
}

export type DomainEvent =
  | { readonly type: 'proxy.started'; readonly url: string; readonly admin: string }
  | { readonly type: 'proxy.draining'; readonly inFlight: number }
  | { readonly type: 'proxy.stopped' }
  | { readonly type: 'reload.applied'; readonly file: string; readonly routes: number }
  | { readonly type: 'reload.rejected'; readonly file: string; readonly problems: readonly string[] }
  | { readonly type: 'reload.warned'; readonly file: string; readonly warnings: readonly string[] }
  | { readonly type: 'restart.needed'; readonly settings: readonly string[] }
  | { readonly type: 'worker.exited'; readonly pid: number; readonly how: string; readonly restartIn: number }
  | { readonly type: 'route.shifted'; readonly entry: HistoryEntry }
  | { readonly type: 'state.unavailable'; readonly error: string }
  | { readonly type: 'state.recovered' }
  | { readonly type: 'state.conflict'; readonly route: string; readonly message: string }
  | { readonly type: 'forwarding.untrusted'; readonly peer: string }
  | { readonly type: 'target.misbehaved'; readonly target: string; readonly instance: string; readonly what: string }
  | {
      readonly type: 'request.failed';
      readonly code: string;
      readonly route: string;
      readonly target: string;
      readonly detail: string;
    }
  | {
      readonly type: 'events.suppressed';
      readonly of: string;
      readonly about: string;
      readonly count: number;
      readonly seconds: number;
    };

/** One finished request, as the access log tells it: no query, no header, nothing of a body. */
export interface AccessLine {
  readonly method: string;
  /** As the caller sent it, up to the `?`. */
  readonly path: string;
  /** 0 when the caller left before a status was sent. */
  readonly status: number;
  /** `-` when no route matched. */
  readonly route: string;
  readonly target: string;
  readonly milliseconds: number;
  /** Body bytes sent to the caller. */
  readonly bytes: number;
}

/** Called once a finished request, and only while `accessLog` is set. */
export type AccessLog = (line: AccessLine) => void;

/** How a request ended, as the metrics count it; `failed` is an error of the proxy's own table. */
export const outcomes = ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted', 'failed'] as const;

/** Counts on the hot path: plain numbers in a typed array, turned into Prometheus text only when asked. */
export interface Meter {
  /** The place of a pair; asked for when a snapshot is built, never on a request's path. `-` is "no route". */
  slot(route: string, target: string): number;
  started(slot: number): void;
  /** `outcome` is an index into {@link outcomes}. */
  finished(slot: number, outcome: number, milliseconds: number): void;
  /** One answer of a service that legacy was asked instead of. */
  fellBack(slot: number): void;
}
