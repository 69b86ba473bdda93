/** The guard of a split: it asks for no plan and no patience, only whether the service clearly fails more often than legacy. */
import type { GuardSettings } from './policies.ts';
import type { ArmEvidence } from './rollout/model.ts';

/**
 * @param evidence of the last `settings.window` milliseconds, of a route with a percent above 0 and below 100.
 * @returns why the route has to go back to legacy, in words with its figures; `null` where it may stay.
 */
export function guardTrips(_settings: GuardSettings, _evidence: ArmEvidence): string | null {
  return null;
}
