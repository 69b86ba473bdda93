import { type ErrorCode, isConnectFailure } from './errors.ts';

/** Why legacy was asked in a service's place. All but `fallthrough` are failures of the service. */
export const fallbackCauses = [
  /** No connection was to be had. */
  'connect',
  /** It closed the connection before it answered. */
  'reset',
  /** It did not answer in time. */
  'timeout',
  /** What it said is no HTTP, or no use as a part of a composed answer. */
  'invalid',
  /** It answered with one of `fallback.on`. */
  'status',
  /** It was not asked: it keeps failing. */
  'circuit-open',
  /** It was not asked: it has as many requests under way as it may. */
  'bulkhead',
  /** It answered with one of `fallthrough`: this is not its own yet. */
  'fallthrough',
] as const;

export type FallbackCause = (typeof fallbackCauses)[number];

/** How often legacy was asked in the place of a route's service, since the start; a cause that never was is absent. */
export interface FallbackReport {
  readonly route: string;
  readonly causes: Readonly<Partial<Record<FallbackCause, number>>>;
}

/** The cause where a request failed by this error. */
export function fallbackCauseOf(code: ErrorCode): FallbackCause {
  if (isConnectFailure(code)) return 'connect';
  if (code === 'circuit-open') return 'circuit-open';
  if (code === 'target-busy') return 'bulkhead';
  if (code === 'response-timeout') return 'timeout';
  return code === 'target-reset' ? 'reset' : 'invalid';
}
