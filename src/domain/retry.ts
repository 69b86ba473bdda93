/** Which failures another try may mend, and how long it waits. */
import { type ErrorCode, isConnectFailure } from './errors.ts';
import { type HeaderLines, headerValue } from './header-lines.ts';
import type { RetrySettings } from './policies.ts';

/** How one try failed, and what there is to try with. */
export interface FailedTry {
  /** `null`: the target answered, with `status`. */
  readonly code: ErrorCode | null;
  readonly status: number;
  readonly method: string;
  /** The request got to the target, now or in an earlier try. */
  readonly left: boolean;
  /** All of its body that came is still in our hands. */
  readonly whole: boolean;
  /** Legacy stands in where this try is the last one. */
  readonly hasFallback: boolean;
  /** ms that the target asks for; `null` where it doesn't. */
  readonly after: number | null;
}

/** Whether this is a failure of the kind that is tried again, of a request that may be sent again. */
export function mayTryAgain(settings: RetrySettings, failed: FailedTry): boolean {
  const { code, status, method, left, whole, hasFallback, after } = failed;
  if (left && !(whole && settings.methods.includes(method))) return false;
  // Nobody's caller waits because a target asks for time, or for a second timeout, where someone else can answer now.
  if (code === null) return settings.on.includes(status) && !(hasFallback && after !== null && after > 0);
  if (code === 'response-timeout' || code === 'connect-timeout') return !hasFallback;
  return code === 'target-reset' || isConnectFailure(code);
}

/** ms that a retry waits at most; the first one has the number 0. */
export function longestWait({ first, longest }: RetrySettings['backoff'], retry: number): number {
  return Math.min(longest, first * 2 ** retry);
}

/** The budget of a target: how many retries there may be while `active` requests are under way. */
export function retriesAllowed({ budget, floor }: RetrySettings, active: number): number {
  return Math.max(floor, Math.floor((active * budget) / 100));
}

/** ms that the target asks for in Retry-After; `null` where it doesn't, or can't be understood. `now`: ms since the epoch. */
export function retryAfterOf(fields: HeaderLines, now: number): number | null {
  const value = headerValue(fields, 'retry-after');
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // A date begins with a day's name; what else Date.parse takes is none of HTTP's.
  const at = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
