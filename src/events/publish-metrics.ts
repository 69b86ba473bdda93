import type { PublishFigures, PublishSeries } from '../domain/publishing/figures.ts';
import type { OutboxStanding } from '../domain/publishing/intent.ts';
import { family, isCounted, type Value } from './family.ts';

/** Of the events that routes publish, from the request to the bus. */
interface PublishFacts {
  /** `null` where it can't be asked. */
  readonly outbox: OutboxStanding | null;
  /** Events that the bus has taken from this proxy. */
  readonly delivered: number;
}

export function publishFamilies(figures: PublishFigures, { outbox, delivered }: PublishFacts) {
  const labelled = (value: (one: PublishSeries) => number): Value[] =>
    figures.map((one) => ({ labels: { route: one.route, type: one.type }, value: value(one) }));
  const became = figures.flatMap(({ route, type, counts }) =>
    Object.entries(counts).map(([outcome, value]) => ({ labels: { route, type, outcome }, value })),
  );
  const standing = (value: number | undefined): Value[] => (value === undefined ? [] : [{ labels: {}, value }]);
  return [
    family(
      'counter',
      'strangler_publish_total',
      'What became of the requests of routes that publish, by the type of the event.',
      became.filter(isCounted),
    ),
    family(
      'counter',
      'strangler_publish_held_seconds_total',
      'For how long answers were held back until their events were written down, together.',
      labelled(({ heldMilliseconds }) => heldMilliseconds / 1000).filter(isCounted),
    ),
    family(
      'counter',
      'strangler_publish_held_total',
      'Answers that were held back until their events were written down.',
      labelled(({ held }) => held).filter(isCounted),
    ),
    family('counter', 'strangler_events_delivered_total', 'Events that the bus has taken from this proxy.', [
      { labels: {}, value: delivered },
    ]),
    family(
      'gauge',
      'strangler_events_pending',
      'Events in the outbox that the bus has not taken yet.',
      standing(outbox?.pending),
    ),
    family(
      'gauge',
      'strangler_events_uncertain',
      'Intents of which nobody knows what came: see strangler events uncertain.',
      standing(outbox?.uncertain),
    ),
  ];
}
