/** What requests, and the parts of composed answers, came to. */
import { fallbackCauses } from '../domain/fallback.ts';
import { outcomes } from '../ports.ts';
import { family, isCounted, type Labels, type Value } from './family.ts';
import { bucketBounds, type Figures, type Series } from './meter.ts';

export function requestFamilies(figures: Figures) {
  const labelled = (value: (series: Series) => number): Value[] =>
    figures.map((series) => ({ labels: labelsOf(series), value: value(series) }));
  const requests = figures.flatMap((series) =>
    series.outcomes.map((value, index) => ({ labels: { ...labelsOf(series), outcome: outcomes[index]! }, value })),
  );
  return [
    family(
      'counter',
      'strangler_requests_total',
      'Finished requests, by route and by who was asked; one that fell back counts for the service and for legacy.',
      requests.filter(isCounted),
    ),
    family(
      'histogram',
      'strangler_request_duration_seconds',
      'From the request head, for legacy after a fallback from when it is asked, to the last byte of the answer.',
      figures.flatMap((series) => histogram('strangler_request_duration_seconds', labelsOf(series), series)),
    ),
    family(
      'gauge',
      'strangler_in_flight',
      'Requests under way.',
      labelled((series) => series.inFlight),
    ),
    family(
      'counter',
      'strangler_fallbacks_total',
      'Requests that legacy was asked for in the place of a service, by why.',
      figures
        .flatMap((series) =>
          series.fallbacks.map((value, index) => ({
            labels: { ...labelsOf(series), cause: fallbackCauses[index]! },
            value,
          })),
        )
        .filter(isCounted),
    ),
    family(
      'counter',
      'strangler_retries_total',
      'Requests that were sent to the same target once more, or wait for it.',
      labelled((series) => series.retries).filter(isCounted),
    ),
  ];
}

export function partFamilies(figures: Figures) {
  const asked = figures.flatMap((series) =>
    series.outcomes.map((value, index) => ({ labels: { ...partLabelsOf(series), outcome: outcomes[index]! }, value })),
  );
  return [
    family(
      'counter',
      'strangler_part_requests_total',
      'What became of the parts of composed answers; failed: no answer in time, or one of no use; aborted: not waited for.',
      asked.filter(isCounted),
    ),
    family(
      'histogram',
      'strangler_part_duration_seconds',
      'From when a part is asked for to the last byte of it.',
      figures.flatMap((series) => histogram('strangler_part_duration_seconds', partLabelsOf(series), series)),
    ),
  ];
}

/** A table of thousands of routes has mostly pairs that nobody has asked for yet: twenty lines of zeros each. */
export function isUsed({ inFlight, outcomes }: Series): boolean {
  return inFlight !== 0 || outcomes.some((count) => count > 0);
}

function labelsOf({ route, target }: Series): Labels {
  return { route, target };
}

/** A part stands where a request has its target. */
function partLabelsOf({ route, target }: Series): Labels {
  return { route, part: target };
}

function histogram(name: string, labels: Labels, series: Series): Value[] {
  let cumulative = 0;
  const buckets = series.buckets.map((count, index) => {
    cumulative += count;
    const bound = bucketBounds[index];
    const le = bound === undefined ? '+Inf' : bound / 1000;
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: cumulative };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: series.milliseconds / 1000 },
    { metricName: `${name}_count`, labels, value: cumulative },
  ];
}
