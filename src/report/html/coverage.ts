import { countText, percentOf, shareText } from '../../domain/figures.ts';
import type { RouteReport } from '../../domain/report-model.ts';
import { skippedOf } from '../sentences.ts';
import { html, type Markup } from './markup.ts';

interface Part {
  readonly name: string;
  readonly count: number;
  readonly look: string;
}

/** What became of every eligible request, as one bar: what was left out is as visible as what was seen. */
export function coverage(route: RouteReport): Markup {
  const parts: Part[] = [
    { name: 'matched', count: route.matched, look: 'matched' },
    { name: 'differed', count: route.mismatched, look: 'differed' },
    { name: 'service failed', count: route.serviceFailed, look: 'failed' },
    ...skippedOf(route).map(({ reason, count }, index) => ({
      name: `skipped: ${reason}`,
      count,
      look: `skipped skipped-${Math.min(index, 2)}`,
    })),
  ].filter(({ count }) => count > 0);
  return html`<h3>Coverage</h3>
<div class="bar" aria-hidden="true">${parts.map(({ count, look }) => html`<span class="${look}" style="flex-grow:${count}"></span>`)}</div>
<ul class="legend">${parts.map(
    ({ name, count, look }) =>
      html`<li><span class="swatch ${look}" aria-hidden="true"></span>${name} <strong>${countText(count)}</strong> <span class="quiet">${shareText(percentOf(count, route.eligible))}</span></li>`,
  )}</ul>`;
}
