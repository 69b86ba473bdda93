/**
 * How much larger one share is than another. The bounds of both arms are put together as Newcombe does: their
 * distances from what was seen, squared and added, since two arms seldom err to opposite sides at once.
 */
import { lowerBound, provesAbove, provesBelow, rateOf, type Share, upperBound } from './anytime.ts';

export interface Arms {
  readonly service: Share;
  readonly legacy: Share;
}

/** By how much the service's share is above legacy's at most, from -1 to 1. */
export function atMostMore({ service, legacy }: Arms, chance: number): number {
  if (!areBoth({ service, legacy })) return 1;
  const up = upperBound(service, chance) - rateOf(service);
  const down = rateOf(legacy) - lowerBound(legacy, chance);
  return rateOf(service) - rateOf(legacy) + Math.hypot(up, down);
}

/** By how much it is above legacy's at least. */
export function atLeastMore({ service, legacy }: Arms, chance: number): number {
  if (!areBoth({ service, legacy })) return -1;
  const down = rateOf(service) - lowerBound(service, chance);
  const up = upperBound(legacy, chance) - rateOf(legacy);
  return rateOf(service) - rateOf(legacy) - Math.hypot(up, down);
}

/** Whether {@link atMostMore} is below `margin`. Looks for no bound where one arm alone leaves too much open. */
export function provesAtMostMore(arms: Arms, margin: number, chance: number): boolean {
  const { service, legacy } = arms;
  const room = margin - rateOf(service) + rateOf(legacy);
  if (!areBoth(arms) || room <= 0 || !provesBelow(service, rateOf(service) + room, chance)) return false;
  const left = Math.sqrt(Math.max(0, room ** 2 - (upperBound(service, chance) - rateOf(service)) ** 2));
  return provesAbove(legacy, rateOf(legacy) - left, chance);
}

/** Whether {@link atLeastMore} is above `margin`. */
export function provesMore(arms: Arms, margin: number, chance: number): boolean {
  const { service, legacy } = arms;
  const room = rateOf(service) - rateOf(legacy) - margin;
  if (!areBoth(arms) || room <= 0 || !provesAbove(service, rateOf(service) - room, chance)) return false;
  const left = Math.sqrt(Math.max(0, room ** 2 - (rateOf(service) - lowerBound(service, chance)) ** 2));
  return provesBelow(legacy, rateOf(legacy) + left, chance);
}

/** An arm that did nothing has no share to start from. */
function areBoth({ service, legacy }: Arms): boolean {
  return service.trials > 0 && legacy.trials > 0;
}
