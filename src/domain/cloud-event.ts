/**
 * Something that happened in the business, told to whoever wants to know: CloudEvents 1.0 in its JSON form. What the
 * literature calls `event_id`, `event_type`, `aggregate_id` and `occurred_at` are `id`, `type`, `subject` and `time` there.
 */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** The same however often it is delivered: consumers know by it what they have had. */
  readonly id: string;
  /** `order.created`. */
  readonly type: string;
  /** Who tells it, as a URI reference. */
  readonly source: string;
  /** What it happened to; events of one subject are handed out in their order. */
  readonly subject: string;
  /** When it happened, as RFC 3339. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** The trace of the request that it came from (the distributed tracing extension). */
  readonly traceparent?: string;
  readonly data: unknown;
}
