import { bucketOf, callerKey, OWN_COOKIE, ownCookie } from '../domain/caller.ts';
import type { FallbackCause } from '../domain/fallback.ts';
import { normalisePath } from '../domain/path.ts';
import { overrideOf, type Plan, planFor, unmatchedPlan } from '../domain/plan.ts';
import { rewriteTarget } from '../domain/rewrite.ts';
import type { CallerSocket } from './caller-socket.ts';
import { isSharedCacheable } from './response-head.ts';
import type { Screened } from './screen.ts';
import { type Lane, type Snapshot, sameSecret } from './snapshot.ts';
import { randomToken } from './token.ts';

/** What is decided about a request before anything is sent. */
export interface Decision {
  /** `null`: no route took it. */
  readonly lane: Lane | null;
  readonly plan: Plan;
  /** -1 where nothing had to be worked out or the caller has none yet. */
  readonly bucket: number;
  /** What the service is asked for; legacy is always asked for the caller's own bytes. */
  readonly serviceTarget: string;
  /** What the route's match has bound; flat. */
  readonly params: readonly string[] | null;
}

/** Steps 2 and 3: the route that takes the request, and who answers it. */
export function decide(
  snapshot: Snapshot,
  method: string,
  facts: Screened,
  rawHeaders: readonly string[],
  caller: CallerSocket,
): Decision {
  caller.judgeBy(snapshot.trust);
  const target = facts.target;
  const mark = target.indexOf('?');
  const query = mark === -1 ? null : target.slice(mark + 1);
  const path = normalisePath(mark === -1 ? target : target.slice(0, mark));
  const matched = snapshot.table.match(method, facts.host, rawHeaders, path, query);
  if (matched === null) return { lane: null, plan: unmatchedPlan, bucket: -1, serviceTarget: target, params: null };

  const lane = snapshot.lanes[matched.index]!;
  const { plans, route, rewrite } = lane;
  const override = overrideOf(snapshot.settings.override, rawHeaders, route.service, sameSecret);
  const bucket = plans.split && override === null ? bucketFor(snapshot, route.group, rawHeaders, query, caller) : -1;
  return {
    lane,
    plan: planFor(plans, bucket, override),
    bucket,
    serviceTarget: rewrite === null ? target : rewriteTarget(rewrite, matched.params, query),
    params: matched.params,
  };
}

function bucketFor(
  { settings }: Snapshot,
  group: string,
  rawHeaders: readonly string[],
  query: string | null,
  caller: CallerSocket,
): number {
  const key = callerKey(settings.caller, rawHeaders, query, caller.clientAddress(rawHeaders)) ?? ownCookie(rawHeaders);
  return key === null ? -1 : bucketOf(group, key);
}

const halfYearSeconds = 180 * 24 * 3600;

/** Puts our cookie to an answer's fields where the plan says so, and the answer is for this caller alone. */
export function giveCookie(fields: string[], plan: Plan, caller: CallerSocket, rawHeaders: readonly string[]): void {
  if (!plan.setsCookie || isSharedCacheable(fields)) return;
  fields.push('Set-Cookie', newCallerCookie(caller.origin('', rawHeaders).secure));
}

/** A new caller's cookie: 128 random bits that mean nothing to anyone else. */
function newCallerCookie(secure: boolean): string {
  const value = randomToken();
  return `${OWN_COOKIE}=${value}; Max-Age=${halfYearSeconds}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

/** The facts of `debug: true`, flat. `fallback`: why legacy was asked in the service's place. */
export function debugHeaders(
  { lane, plan, bucket }: Decision,
  answeredBy: string,
  fallback: FallbackCause | null,
): string[] {
  const facts = [
    'x-strangler-route',
    lane?.route.id ?? '-',
    'x-strangler-target',
    answeredBy,
    'x-strangler-bucket',
    bucket === -1 ? '-' : String(bucket),
    'x-strangler-reason',
    plan.reason,
  ];
  if (fallback !== null) facts.push('x-strangler-fallback', fallback);
  return facts;
}
