import { BUCKETS, thresholdOf } from './caller.ts';
import { type HeaderLines, headerValue } from './header-lines.ts';
import type { LiveRoute } from './live.ts';
import type { OverrideSettings, Route } from './settings.ts';

/** What one request will do, and why. */
export interface Plan {
  readonly primary: 'legacy' | 'service';
  /** Whether legacy may be asked where the service fails to answer: see the route's `fallback.on`. */
  readonly fallback: boolean;
  /** Whether the answer gives the caller our cookie, so that it has a bucket from its next request on. */
  readonly setsCookie: boolean;
  readonly reason: Reason;
}

export type Reason =
  | 'unmatched'
  | 'percent-0'
  | 'percent-100'
  | 'bucket'
  /** In a split, but nothing tells the caller from others yet: in neither arm. */
  | 'unidentified'
  | 'override'
  /** Legacy's code is gone: the live percent no longer counts. */
  | 'retired';

/** The plan of a request that no route takes. */
export const unmatchedPlan: Plan = plan('legacy', 'unmatched');

/** Every plan that a route can lead to, made when the snapshot is: a request only chooses one. */
export interface RoutePlans {
  /** Buckets below it are answered by the service. */
  readonly threshold: number;
  /** Whether the caller's bucket decides. Where it doesn't, nobody needs to work it out. */
  readonly split: boolean;
  /** For a caller who has no bucket. */
  readonly unidentified: Plan;
  readonly below: Plan;
  readonly above: Plan;
  readonly toLegacy: Plan;
  readonly toService: Plan;
}

/**
 * `live` is the state's row, or null where the state has none yet. A row that belongs to another service — one
 * from a newer routes.yaml — says nothing about this one: the declared percent stands in.
 */
export function plansFor(route: Route, live: LiveRoute | null): RoutePlans {
  const threshold = thresholdOf(livePercent(route, live));
  const fallback = route.fallback !== null;
  const overrides = { toLegacy: plan('legacy', 'override'), toService: plan('service', 'override') };
  if (route.retired) {
    const always = plan('service', 'retired');
    // Nobody can ask for code that is gone.
    return decided(BUCKETS, always, { ...overrides, toLegacy: always });
  }
  if (threshold === 0) return decided(threshold, plan('legacy', 'percent-0'), overrides);
  if (threshold === BUCKETS) return decided(threshold, plan('service', 'percent-100', { fallback }), overrides);
  return {
    threshold,
    split: true,
    unidentified: plan('legacy', 'unidentified', { setsCookie: true }),
    below: plan('service', 'bucket', { fallback }),
    above: plan('legacy', 'bucket'),
    ...overrides,
  };
}

/** The percent in force for this route: see {@link plansFor}. A retired route is at 100. */
export function livePercent(route: Route, live: LiveRoute | null): number {
  if (route.retired) return 100;
  return live !== null && live.service === route.service ? live.live : route.percent;
}

/** The shadow percent in force. Of a retired route there is nobody left to compare with. */
export function liveShadow(route: Route, live: LiveRoute | null): number {
  if (route.retired) return 0;
  return live !== null && live.service === route.service ? live.shadowLive : route.shadow.percent;
}

export type Stage = 'legacy' | 'shadow' | 'split' | 'extracted' | 'retired';

/** How far a route has moved, by its live percent and its live shadow. */
export function stageOf(live: number, retired: boolean, shadow: number): Stage {
  if (retired) return 'retired';
  if (live === 0) return shadow === 0 ? 'legacy' : 'shadow';
  return live < 100 ? 'split' : 'extracted';
}

/**
 * `bucket` is the caller's, or -1 for a caller without a key; only a split reads it. An override wins over
 * everything, and nobody stands in for the target that was asked for: its failure is what its asker wants to see.
 */
export function planFor(plans: RoutePlans, bucket: number, override: 'legacy' | 'service' | null): Plan {
  if (override !== null) return override === 'legacy' ? plans.toLegacy : plans.toService;
  if (bucket === -1) return plans.unidentified;
  return bucket < plans.threshold ? plans.below : plans.above;
}

/**
 * The target that a caller who knows the secret asks for: `x-strangler-target: orders; secret=…`. Null without
 * the header, with another secret, or for a target that this route doesn't have. `sameSecret` compares in a time
 * that doesn't depend on where the two differ.
 */
export function overrideOf(
  override: OverrideSettings | null,
  rawHeaders: HeaderLines,
  service: string,
  sameSecret: (given: string, expected: string) => boolean,
): 'legacy' | 'service' | null {
  if (override === null) return null;
  const value = headerValue(rawHeaders, override.header);
  const parts = value === null ? null : /^([^;\s]+)\s*;\s*secret=(.*)$/i.exec(value);
  if (parts === null || !sameSecret(parts[2]!, override.secret)) return null;
  if (parts[1] === 'legacy') return 'legacy';
  return parts[1] === service ? 'service' : null;
}

type Overrides = Pick<RoutePlans, 'toLegacy' | 'toService'>;

function decided(threshold: number, always: Plan, overrides: Overrides): RoutePlans {
  return { threshold, split: false, unidentified: always, below: always, above: always, ...overrides };
}

function plan(
  primary: Plan['primary'],
  reason: Reason,
  { fallback = false, setsCookie = false }: { readonly fallback?: boolean; readonly setsCookie?: boolean } = {},
): Plan {
  return Object.freeze({ primary, fallback, setsCookie, reason });
}
