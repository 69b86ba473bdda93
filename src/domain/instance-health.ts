/**
 * Whether an instance is left alone: by what it answers to health checks, and by what it did to callers' requests. Times
 * are milliseconds of a clock that never goes back.
 */
import type { EjectionSettings, HealthSettings } from './policies.ts';

/** What health checks say of an instance. */
export interface Health {
  readonly well: boolean;
  /** Checks in a row that said the opposite. */
  readonly against: number;
}

/** An instance is well until it is proven otherwise. */
export const presumedWell: Health = { well: true, against: 0 };

/** @param isWell what one more check said. */
export function checked(
  health: Health,
  isWell: boolean,
  { unhealthyAfter, healthyAfter }: Pick<HealthSettings, 'unhealthyAfter' | 'healthyAfter'>,
): Health {
  if (isWell === health.well) return health.against === 0 ? health : { well: health.well, against: 0 };
  const against = health.against + 1;
  return against < (health.well ? unhealthyAfter : healthyAfter)
    ? { well: health.well, against }
    : { well: isWell, against: 0 };
}

/** An instance's last ejection. */
export interface Ejection {
  /** What the time was multiplied by. */
  readonly times: number;
  readonly until: number;
}

export const neverEjected: Ejection = { times: 0, until: 0 };

/** An instance that was back for so many milliseconds has one ejection less to answer for: Envoy's interval. */
export const forgivenAfter = 10_000;

/** The next ejection of an instance: longer each time, as long as the last ones are not forgiven. */
export function ejected(last: Ejection, { time, longest }: EjectionSettings, now: number): Ejection {
  const bound = Math.max(time, longest);
  const times = Math.min(unforgiven(last, now) + 1, Math.ceil(bound / time));
  return { times, until: now + Math.min(bound, time * times) };
}

function unforgiven({ times, until }: Ejection, now: number): number {
  return Math.max(0, times - Math.floor(Math.max(0, now - until) / forgivenAfter));
}

/**
 * Whether one more instance may be ejected, where `ejected` of them are. One always may, unless it is the only one: then
 * there is nobody to ask instead.
 */
export function mayEject(counts: { readonly instances: number; readonly ejected: number }, most: number): boolean {
  return counts.instances > 1 && counts.ejected < Math.max(1, Math.floor((counts.instances * most) / 100));
}

/** The share of an instance's turns that it takes at the very beginning of a slow start: Envoy's. */
export const firstShare = 0.1;

/** The share of its turns, from 0 to 1, that an instance takes `age` milliseconds after it came or came back. */
export function shareAt(age: number, slowStart: number): number {
  return age >= slowStart ? 1 : Math.max(firstShare, age / slowStart);
}
