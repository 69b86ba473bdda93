/** What routes.yaml says under `events`, after validation. */
export interface EventsSettings {
  readonly bus: BusLocation;
  /** The name of the stream, which several proxies and services share. */
  readonly stream: string;
  /** The `source` of what the proxy itself tells. */
  readonly source: string;
  /** What has been delivered is kept for so many milliseconds, and at most so many events of it. */
  readonly keep: number;
  readonly most: number;
  /** Whether an intent or an event waits for the disk, or only for the operating system. */
  readonly sync: 'disk' | 'system';
}

export type BusLocation =
  | { readonly kind: 'memory' }
  /** Absolute path. */
  | { readonly kind: 'sqlite'; readonly path: string }
  /** With its scheme, `redis:` or `rediss:`, and whatever credentials are in it. */
  | { readonly kind: 'redis'; readonly url: string }
  /** `host:port`, at least one. */
  | { readonly kind: 'kafka'; readonly brokers: readonly string[] };
