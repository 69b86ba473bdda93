import { latencyBounds } from '../../domain/evidence.ts';
import { millisecondsText } from '../../domain/figures.ts';
import type { LatencyReport, RouteReport } from '../../domain/report-model.ts';
import { html, type Markup } from './markup.ts';

/** Both histograms over each other, on a scale on which twice as slow is always as far. */
export function latencyPlot({ latency }: RouteReport, anchor: string): Markup {
  const { legacy, service } = latency;
  if (legacy.percentiles === null && service.percentiles === null) return html``;
  const counts = latencyBounds
    .map((_, i) => legacy.histogram[i]! + service.histogram[i]!)
    .concat((legacy.histogram.at(-1) ?? 0) + (service.histogram.at(-1) ?? 0));
  const first = Math.max(0, counts.findIndex((count) => count > 0) - 1);
  const last = Math.min(counts.length - 1, counts.findLastIndex((count) => count > 0) + 1);
  const top = Math.max(...shares(legacy), ...shares(service));
  const area = (side: LatencyReport): string => steps(shares(side).slice(first, last + 1), top);
  return html`<figure class="plot">
<figcaption><h3 id="${anchor}-latency">Latency</h3><ul class="legend"><li><span class="swatch legacy" aria-hidden="true"></span>legacy</li><li><span class="swatch service" aria-hidden="true"></span>service</li></ul></figcaption>
<div class="canvas"><svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${inWords(latency)}">
${legacy.percentiles === null ? null : html`<path class="legacy" d="${area(legacy)}"/>`}
${service.percentiles === null ? null : html`<path class="service" d="${area(service)}"/>`}
</svg></div>
<div class="ticks" aria-hidden="true">${ticks(first, last)}</div>
<table class="small"><thead><tr><th scope="col"></th><th scope="col" class="n">p50</th><th scope="col" class="n">p90</th><th scope="col" class="n">p99</th></tr></thead><tbody>
${percentileRow('legacy', legacy)}${percentileRow('service', service)}</tbody></table>
</figure>`;
}

function shares({ histogram }: LatencyReport): number[] {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  return histogram.map((count) => (total === 0 ? 0 : count / total));
}

function steps(heights: readonly number[], top: number): string {
  const width = 100 / heights.length;
  const points = heights.map((height, i) => {
    const y = (100 - (96 * height) / top).toFixed(2);
    return `L${(i * width).toFixed(2)} ${y}L${((i + 1) * width).toFixed(2)} ${y}`;
  });
  return `M0 100${points.join('')}L100 100Z`;
}

/** 1, 2, 5, 10 … ms, where they lie between the bounds that are shown, and no more than have room on a telephone. */
function ticks(first: number, last: number): Markup[] {
  const from = first === 0 ? latencyBounds[0]! / 2 ** (1 / 3) : latencyBounds[first - 1]!;
  const decades = Math.log10(latencyBounds[Math.min(last, latencyBounds.length - 1)]! / from);
  const factors = decades > 2.5 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5];
  const values = [0.1, 1, 10, 100, 1000, 10_000].flatMap((decade) => factors.map((factor) => decade * factor));
  return values
    .map((value) => ({ value, left: (100 * 3 * Math.log2(value / from)) / (last - first + 1) }))
    .filter(({ left }) => left >= 3 && left <= 97)
    .map(({ value, left }) => html`<span style="left:${left.toFixed(1)}%">${millisecondsText(value)}</span>`);
}

function percentileRow(name: 'legacy' | 'service', { percentiles }: LatencyReport): Markup {
  const cell = (milliseconds: number | undefined): Markup =>
    html`<td class="n">${milliseconds === undefined ? '–' : millisecondsText(milliseconds)}</td>`;
  return html`<tr><th scope="row">${name}</th>${cell(percentiles?.p50)}${cell(percentiles?.p90)}${cell(percentiles?.p99)}</tr>
`;
}

function inWords({ legacy, service }: RouteReport['latency']): string {
  const side = (name: string, { percentiles }: LatencyReport): string =>
    percentiles === null
      ? `${name}: nothing measured`
      : `${name}: half within ${millisecondsText(percentiles.p50)}, 99 % within ${millisecondsText(percentiles.p99)}`;
  return `Latency histograms. ${side('legacy', legacy)}. ${side('service', service)}.`;
}
