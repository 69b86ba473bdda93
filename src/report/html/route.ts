import { countText, percentOf, shareText } from '../../domain/figures.ts';
import type { ArmReport, RouteReport } from '../../domain/report-model.ts';
import { armText, matchedTexts, momentText, noiseText } from '../sentences.ts';
import { badge } from './badge.ts';
import { clusterList } from './clusters.ts';
import { coverage } from './coverage.ts';
import { latencyPlot } from './latency-plot.ts';
import { html, type Markup } from './markup.ts';
import { timelinePlot } from './timeline-plot.ts';

export function routeSection(route: RouteReport, anchor: string): Markup {
  return html`<section class="route" id="${anchor}" aria-labelledby="${anchor}-title">
<div class="title"><h2 id="${anchor}-title">${route.id} <span class="quiet">→ ${route.service}</span></h2>${badge(route.verdict)}</div>
<p class="summary">${sentence(route.summary)}</p>
${route.reasons.map(
  (reason) => html`<p class="reason">${sentence(reason)}</p>
`,
)}
${route.warnings.length === 0 ? null : html`<ul class="warnings" aria-label="Warnings">${route.warnings.map((warning) => html`<li>${sentence(warning)}</li>`)}</ul>`}
${route.eligible === 0 ? null : evidence(route, anchor)}
</section>
`;
}

function evidence(route: RouteReport, anchor: string): Markup {
  return html`<dl class="facts">
${fact('Judged', countText(route.judged), `${shareText(percentOf(route.judged, route.eligible))} of ${countText(route.eligible)} eligible`)}
${fact('Matched', route.compared === 0 ? '–' : shareText(percentOf(route.matched, route.compared)), `of ${countText(route.compared)} compared`)}
${fact('Differ', countText(route.differing.count), route.differing.count === 0 ? 'of what was judged' : `${countText(route.mismatched)} mismatched, ${countText(route.serviceFailed)} not answered`)}
${fact('Distinct', countText(route.distinct.urls), `${route.distinct.urls === 1 ? 'URL' : 'URLs'}, by ${route.distinct.callers === 0 ? 'unknown callers' : `${countText(route.distinct.callers)} ${route.distinct.callers === 1 ? 'caller' : 'callers'}`}`)}
</dl>
<p class="quiet">Matched: ${matchedTexts(route).join(', ')}.${route.from === null || route.until === null ? null : html` Evidence from <time>${momentText(route.from)}</time> to <time>${momentText(route.until)}</time>.`}</p>
${route.arms.length > 1 ? arms(route.arms) : null}
${coverage(route)}
<h3>Clusters</h3>
${clusterList(route)}
${route.notJudged.length === 0 ? null : html`<h3>Not judged</h3><ul class="plain">${route.notJudged.map((cluster) => html`<li>${noiseText(cluster)}</li>`)}</ul>`}
<div class="plots">
${latencyPlot(route, anchor)}
${timelinePlot(route, anchor)}
</div>`;
}

function fact(name: string, value: string, note: string): Markup {
  return html`<div><dt>${name}</dt><dd><strong>${value}</strong> <span class="quiet">${note}</span></dd></div>`;
}

function arms(all: readonly ArmReport[]): Markup {
  return html`<div class="scroll"><table><thead><tr><th scope="col">Arm</th><th scope="col" class="n">Judged</th><th scope="col" class="n">Differ</th><th scope="col" class="n">At most</th></tr></thead><tbody>
${all.map(
  (
    arm,
  ) => html`<tr><th scope="row">${armText[arm.arm]}</th><td class="n">${countText(arm.judged)}</td><td class="n">${countText(arm.differing.count)}</td><td class="n">${arm.judged === 0 ? '–' : shareText(arm.differing.atMost, 'up')}</td></tr>
`,
)}</tbody></table></div>`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
