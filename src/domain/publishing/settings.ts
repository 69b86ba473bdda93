/** What routes.yaml says under a route's `publish`, after validation. Plain data: workers are told it as JSON. */
import { mayWrite } from '../method.ts';
import type { Source } from './source.ts';
import type { StatusRange } from './status-test.ts';

/** One kind of event that a route's answers become. */
export interface PublishSettings {
  /** `order.created`. */
  readonly type: string;
  /** Answers with a status in any of these are events; in ascending order, never empty. */
  readonly when: readonly StatusRange[];
  /** What the event happened to. */
  readonly key: Source;
  /** `null`: the whole answer. */
  readonly data: readonly (readonly [name: string, source: Source])[] | null;
  /** Whether the request waits until what is intended is written down, and the answer until the event is. */
  readonly mode: 'durable' | 'async';
  /** Requests with these; `null`: every method that may write. */
  readonly methods: readonly string[] | null;
  /** Bytes of a body that are looked at, as sent. */
  readonly limit: number;
  /** What becomes of a request while nothing can be written down. */
  readonly unavailable: 'forward' | 'refuse';
}

/** Whether a request with this method is told of: one that changes nothing never is. */
export function isPublished({ methods }: PublishSettings, method: string): boolean {
  return mayWrite(method) && (methods === null || methods.includes(method));
}
