import { countsOf, type TurnedOff } from './counts.ts';
import { type Tally, windowSpan } from './evidence.ts';
import { getOrAdd } from './get-or-add.ts';
import type { Timeline } from './report-model.ts';

/** As many points as a plot can show apart. */
const mostPoints = 60;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Spans that people count in; beyond them whole days. */
const spans = [1, 2, 5, 10, 15, 30].map((n) => n * minute).concat([1, 2, 3, 6, 12].map((n) => n * hour));

/** How matches went over time, in spans that are as long as they need to be. */
export function timelineOf(tallies: readonly Tally[], off: TurnedOff): Timeline {
  if (tallies.length === 0) return { span: windowSpan, points: [] };
  const windows = tallies.map(({ window }) => window);
  const span = spanFor(
    windows.reduce((least, window) => Math.min(least, window)),
    windows.reduce((most, window) => Math.max(most, window)),
  );
  const bins = new Map<number, Tally[]>();
  for (const tally of tallies) getOrAdd(bins, beginning(tally.window, span), () => []).push(tally);
  const points = [...bins.entries()]
    .sort(([one], [other]) => one - other)
    .map(([at, within]) => {
      const { compared, matched, serviceFailed } = countsOf(within, off);
      return { at, compared, matched, serviceFailed };
    })
    .filter(({ compared, serviceFailed }) => compared + serviceFailed > 0);
  return { span, points };
}

function spanFor(first: number, last: number): number {
  const fits = (span: number): boolean => (beginning(last, span) - beginning(first, span)) / span < mostPoints;
  return spans.find(fits) ?? Math.ceil((last - first) / day / (mostPoints - 1)) * day;
}

function beginning(at: number, span: number): number {
  return Math.floor(at / span) * span;
}
