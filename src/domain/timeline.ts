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

/** States keep counts that are older than this by the hour only. */
const fineFor = 6 * hour;

/** How matches went over time, in spans that are as long as they need to be. */
export function timelineOf(tallies: readonly Tally[], off: TurnedOff, now: number): Timeline {
  if (tallies.length === 0) return { span: windowSpan, points: [] };
  const windows = tallies.map(({ window }) => window);
  const first = windows.reduce((least, window) => Math.min(least, window));
  const last = windows.reduce((most, window) => Math.max(most, window));
  const span = spanFor(first, last, now - first > fineFor ? hour : minute);
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

function spanFor(first: number, last: number, least: number): number {
  const fits = (span: number): boolean =>
    span >= least && (beginning(last, span) - beginning(first, span)) / span < mostPoints;
  return spans.find(fits) ?? Math.ceil((last - first) / day / (mostPoints - 1)) * day;
}

function beginning(at: number, span: number): number {
  return Math.floor(at / span) * span;
}
