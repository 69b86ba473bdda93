/**
 * The guard of a split: it asks for no plan and no patience, only whether the service clearly fails more often than
 * legacy, within the margin that its settings forgive.
 */
import { atLeast, atMost } from './binomial.ts';
import { countText, durationText, roundedPercent, shareText } from './figures.ts';
import type { GuardSettings } from './policies.ts';
import { rateOf, type Share } from './rollout/anytime.ts';
import { failuresOf } from './rollout/arms.ts';
import type { ArmEvidence } from './rollout/model.ts';

/**
 * That it trips at one look though the margin is kept. It looks each second for months, at a window that moves on and
 * forgets: no bound holds for that many looks but one that is wrong so seldom.
 */
const chance = 1e-6;

/**
 * @param evidence of the last `settings.window` milliseconds, of a route with a percent above 0 and below 100.
 * @returns why the route has to go back to legacy, in words with its figures; `null` where it may stay.
 */
export function guardTrips(settings: GuardSettings, evidence: ArmEvidence): string | null {
  const service = failuresOf(evidence.service);
  const legacy = failuresOf(evidence.legacy);
  const margin = settings.margin / 100;
  if (service.trials < settings.minRequests || rateOf(service) - rateOf(legacy) <= margin) return null;
  // Half of the chance for each arm: whatever the two rates are, both bounds hold at once.
  const atLeastMore = atLeast(service.hits, service.trials, chance / 2) - mostOf(legacy);
  if (!(atLeastMore > margin)) return null;
  const more = roundedPercent(100 * atLeastMore, 'down');
  return (
    `within ${durationText(settings.window)} the service failed ${seen(service)} requests of its callers, ` +
    `legacy ${seen(legacy)} of its own: at least ${more} points more, and ${settings.margin} are forgiven`
  );
}

function mostOf({ hits, trials }: Share): number {
  return trials === 0 ? 1 : atMost(hits, trials, chance / 2);
}

function seen({ hits, trials }: Share): string {
  return `${countText(hits)} of ${countText(trials)} (${shareText(100 * rateOf({ hits, trials }))})`;
}
