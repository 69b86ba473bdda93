import { countText, percentOf, shareText } from '../../domain/figures.ts';
import type { RouteReport, TimePoint } from '../../domain/report-model.ts';
import { momentText } from '../sentences.ts';
import { html, type Markup } from './markup.ts';

/** The share that matched over time, zoomed to where it lies, above how much was judged. */
export function timelinePlot({ timeline }: RouteReport, anchor: string): Markup {
  const { span, points } = timeline;
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return html``;
  const whole = last.at + span - first.at;
  const floor = floorOf(points);
  const most = Math.max(...points.map(judgedAt));
  const x = ({ at }: TimePoint): string => ((100 * (at - first.at)) / whole).toFixed(2);
  const width = ((100 * span) / whole).toFixed(2);
  const matches = points.map((point) => {
    const height = (100 * (matchedAt(point) - floor)) / (100 - floor);
    return html`<rect class="lost" x="${x(point)}" y="0" width="${width}" height="100"/><rect class="kept" x="${x(point)}" y="${(100 - height).toFixed(2)}" width="${width}" height="${height.toFixed(2)}"/>`;
  });
  const volumes = points.map((point) => {
    const height = (100 * judgedAt(point)) / most;
    return html`<rect class="volume" x="${x(point)}" y="${(100 - height).toFixed(2)}" width="${width}" height="${height.toFixed(2)}"/>`;
  });
  const lowest = points.reduce((least, point) => (matchedAt(point) < matchedAt(least) ? point : least));
  const words = `Share that matched, per ${spanText(span)}. Lowest: ${shareText(matchedAt(lowest))} at ${momentText(lowest.at)}; newest: ${shareText(matchedAt(last))}.`;
  return html`<figure class="plot">
<figcaption><h3 id="${anchor}-time">Matches over time</h3><ul class="legend"><li><span class="swatch matched" aria-hidden="true"></span>matched</li><li><span class="swatch differed" aria-hidden="true"></span>did not</li></ul></figcaption>
<div class="canvas scaled"><span class="scale" aria-hidden="true">100 %</span><span class="scale low" aria-hidden="true">${floor} %</span><svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${words}">${matches}</svg></div>
<div class="canvas volumes"><span class="scale" aria-hidden="true">${countText(most)}</span><svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="Judged per ${spanText(span)}: at most ${countText(most)}.">${volumes}</svg></div>
<div class="ticks ends" aria-hidden="true"><span>${momentText(first.at)}</span><span>${momentText(last.at + span)}</span></div>
<p class="quiet">Above, the share that matched of what was judged; below, how much was judged per ${spanText(span)}.</p>
</figure>`;
}

function judgedAt({ compared, serviceFailed }: TimePoint): number {
  return compared + serviceFailed;
}

function matchedAt(point: TimePoint): number {
  return percentOf(point.matched, judgedAt(point));
}

/** The closest to 100 of a few round percentages that leaves every point to be seen. */
function floorOf(points: readonly TimePoint[]): number {
  const least = Math.min(...points.map(matchedAt));
  return [99, 95, 90, 80, 50].find((floor) => floor <= least - (100 - least) * 0.15) ?? 0;
}

function spanText(span: number): string {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
  ] as const;
  const [size, name] = units.find(([size]) => span >= size && span % size === 0) ?? [1000, 'second'];
  const count = span / size;
  return count === 1 ? name : `${count} ${name}s`;
}
