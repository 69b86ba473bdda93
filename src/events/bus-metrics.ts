import type { BusFigures, GroupStanding } from '../ports.ts';
import { family, type Value } from './family.ts';

export function busFamilies({ up, groups }: BusFigures) {
  const labelled = (value: (standing: GroupStanding) => number): Value[] =>
    groups.map((standing) => ({ labels: { group: standing.group }, value: value(standing) }));
  return [
    family('gauge', 'strangler_bus_up', 'Whether the event bus answered just now.', [
      { labels: {}, value: up ? 1 : 0 },
    ]),
    family(
      'gauge',
      'strangler_bus_lag',
      'Events that a group has not handled yet.',
      labelled(({ lag }) => lag),
    ),
    family(
      'gauge',
      'strangler_bus_dead_letters',
      'Events that a group failed for good.',
      labelled(({ deadLetters }) => deadLetters),
    ),
  ];
}
