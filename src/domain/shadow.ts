/** What routes.yaml says of shadowing, comparing and keeping, after validation. */
import type { InstanceUrl } from './instance-url.ts';

/** How a route is shadowed and compared. Every route has one; `percent: 0` shadows nothing. */
export interface ShadowSettings {
  /** Declared share of the route's requests that are shadowed: 0–100, two decimals. */
  readonly percent: number;
  /** Upper-case; GET and HEAD unless the route names others. */
  readonly methods: readonly string[];
  /** What is done with methods that are not safe. */
  readonly writes: ShadowWrites;
  /** Milliseconds for the whole of a shadow exchange: connect, wait, read. */
  readonly timeout: number;
  /** The most that is kept of one body, in bytes as sent, for each side. */
  readonly body: number;
  /** Share of the shadowed GETs and HEADs that legacy is asked a second time, to learn what it differs in from itself. */
  readonly noise: number;
  /** Milliseconds after which a GET that differed is asked again on both sides; 0 never asks again. */
  readonly confirm: number;
  readonly rules: ComparisonRules;
}

export type ShadowWrites =
  | { readonly mode: 'off' }
  /** The service is told, must not commit, and must echo `x-strangler-shadow: honoured`. */
  | { readonly mode: 'header' }
  /** A sister instance with data that may be spoilt. */
  | { readonly mode: 'url'; readonly url: InstanceUrl }
  /**
   * The write goes to legacy only; then `get` is asked of both until they agree, for at most `within` milliseconds.
   * In `get`, `:name` is bound by the match; `{name}` is read from legacy's JSON answer, else bound by the match.
   */
  | { readonly mode: 'readback'; readonly get: string; readonly within: number };

/** What may differ. As written, but valid: see `comparing/rules.ts`, which compiles them. */
export interface ComparisonRules {
  /** Places: `$.a.b`, `$.items[*].at`, `$.links.*`, `header:etag`, `status`, `body`. */
  readonly ignore: readonly string[];
  readonly tolerance: readonly { readonly at: string; readonly by: Tolerance }[];
  /** Arrays compared as sets; by the field `key` of their elements, or as a multiset where it is null. */
  readonly unordered: readonly { readonly at: string; readonly key: string | null }[];
  /** Rewrites both sides before they are compared; at `body` it is given each line of a text. */
  readonly normalize: readonly Normalization[];
  /** Headers that are compared besides the usual ones; lower-case. */
  readonly headers: readonly string[];
}

export type Tolerance =
  | { readonly kind: 'absolute'; readonly value: number }
  | { readonly kind: 'percent'; readonly value: number }
  | { readonly kind: 'time'; readonly milliseconds: number };

export interface Normalization {
  readonly at: string;
  readonly pattern: string;
  readonly flags: string;
  readonly replacement: string;
}

/** What is taken out before anything is kept, besides what always is. */
export interface RedactionSettings {
  /** Lower-case. */
  readonly headers: readonly string[];
  /** Places in JSON bodies, as in {@link ComparisonRules.ignore}. */
  readonly paths: readonly string[];
}

/** How much evidence is kept, and for how long. */
export interface EvidenceSettings {
  /** Milliseconds. */
  readonly keep: number;
  /** Bytes of examples, for all routes together. */
  readonly size: number;
  /** Examples kept for each cluster. */
  readonly examples: number;
}

/** Why a request of a shadowed route was not compared. */
export const skipReasons = [
  /** Its method is not among those that the route shadows, or its writes are off. */
  'unsafe-method',
  /** Legacy's answer, or the request, is larger than is kept. */
  'body-too-large',
  /** As many shadows as there may be were waiting already, or their bodies filled the room there is. */
  'queue-full',
  /** The event loop lagged: callers come first. */
  'overloaded',
  /** The shadow percent left it out. */
  'not-sampled',
  /** The shadowed target failed too often in a row. */
  'circuit-open',
  /** The caller left before legacy had answered. */
  'aborted',
  /** The service, whose answer it was to be, did not know this yet: see the route's `fallthrough`. */
  'fallthrough',
  /** The proxy stopped before both had answered. */
  'shut-down',
  /** An answer without an end, such as an event stream. */
  'streaming',
  'upgrade',
  /** Legacy's body has a coding that we don't have, a broken one, or more in it than we decode. */
  'undecodable',
  /** Legacy failed or answered 5xx, or did not carry out a write: nothing to compare with. */
  'legacy-failed',
  /** Legacy had as many extra requests as it may have, or had slowed down. */
  'legacy-busy',
  /** A rule failed, or the comparer did. */
  'compare-failed',
] as const;

export type SkipReason = (typeof skipReasons)[number];

/** A route that says nothing of its shadow. */
export const unshadowed: ShadowSettings = {
  percent: 0,
  methods: ['GET', 'HEAD'],
  writes: { mode: 'off' },
  timeout: 10_000,
  body: 256 * 1024,
  noise: 0,
  confirm: 0,
  rules: { ignore: [], tolerance: [], unordered: [], normalize: [], headers: [] },
};

export const nothingRedacted: RedactionSettings = { headers: [], paths: [] };

export const defaultEvidence: EvidenceSettings = { keep: 7 * 24 * 3_600_000, size: 32 * 1024 * 1024, examples: 20 };
