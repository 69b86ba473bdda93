/** The report as one page that needs nothing else: no script, no network, no font. */
import { countText, shareText } from '../../domain/figures.ts';
import type { Report, RouteReport } from '../../domain/report-model.ts';
import { demandText, momentText, verdictsText } from '../sentences.ts';
import { badge } from './badge.ts';
import { html, Markup } from './markup.ts';
import { routeSection } from './route.ts';
import { css } from './style.ts';

/** Nothing may be loaded and nothing may run, whatever gets into the page. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function htmlReport(report: Report): string {
  const title = `Shadow report: ${verdictsText(report)}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(css)}</style>
</head>
<body>
<header>
<p class="eyebrow">strangler · shadow report</p>
<h1>${verdictsText(report)}</h1>
<p class="quiet">Demanded to be ${demandText(report.demand)}.<br>As of <time>${momentText(report.at)}</time>${
    report.since === null ? '' : html`, evidence since <time>${momentText(report.since)}</time>`
  }.</p>
</header>
<main>
${report.routes.length > 1 ? overview(report) : null}
${report.routes.map((route, index) => routeSection(route, `route-${index + 1}`))}
</main>
<footer><p class="quiet">Values are redacted before they are kept. This page loads nothing and runs nothing.</p></footer>
</body>
</html>
`.text;
}

function overview({ routes }: Report): Markup {
  return html`<nav aria-label="Routes"><div class="scroll"><table class="overview">
<thead><tr><th scope="col">Route</th><th scope="col">Verdict</th><th scope="col" class="n less">Judged</th><th scope="col" class="n less">Differ</th><th scope="col" class="n">At most</th><th scope="col" class="n less">Clusters</th></tr></thead>
<tbody>
${routes.map(overviewRow)}
</tbody></table></div></nav>`;
}

function overviewRow(route: RouteReport, index: number): Markup {
  const counting = route.clusters.filter(({ standing }) => standing === 'counts').length;
  const most = route.judged === 0 ? '–' : shareText(route.differing.atMost, 'up');
  return html`<tr><th scope="row"><a href="#route-${index + 1}">${route.id}</a> <span class="quiet">→ ${route.service}</span></th><td>${badge(route.verdict)}</td><td class="n less">${countText(route.judged)}</td><td class="n less">${countText(route.differing.count)}</td><td class="n">${most}</td><td class="n less">${counting}</td></tr>
`;
}
