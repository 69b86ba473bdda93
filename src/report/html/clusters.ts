import type { Example } from '../../domain/evidence.ts';
import { countText, millisecondsText, shareText } from '../../domain/figures.ts';
import type { ClusterReport, RouteReport } from '../../domain/report-model.ts';
import { alignedAnswers } from '../aligned/answers.ts';
import { differenceIn, newestDifference } from '../difference.ts';
import { momentText, standingText } from '../sentences.ts';
import { cut } from '../visible.ts';
import { html, type Markup } from './markup.ts';
import { sideBySide } from './side-by-side.ts';

/** Each has up to twenty in the state; the first few show what it is about. */
const shownExamples = 2;
const longestValue = 300;

export function clusterList({ clusters }: RouteReport): Markup {
  if (clusters.length === 0) return html`<p>No mismatch was seen.</p>`;
  const widest = Math.max(...clusters.map(({ percent }) => percent));
  return html`<div class="clusters">${clusters.map((each, index) => cluster(each, widest, index === 0))}</div>`;
}

function cluster(each: ClusterReport, widest: number, open: boolean): Markup {
  const { id, kind, pattern, count, percent, firstSeen, lastSeen, standing, examples } = each;
  const difference = newestDifference(each);
  const told = standingText(each);
  const examplesShown = examples.filter((example) => differenceIn(example, each) !== null).slice(0, shownExamples);
  return html`<details class="cluster ${standing}"${open ? html` open` : null}>
<summary><span class="share"><span class="measure" style="width:${(widest === 0 ? 0 : (100 * percent) / widest).toFixed(1)}%" aria-hidden="true"></span><strong>${shareText(percent)}</strong></span><span class="kind">${kind}</span><code class="pattern">${cut(pattern, longestValue)}</code><span class="quiet count">${countText(count)} ${count === 1 ? 'comparison' : 'comparisons'}</span>${standing === 'counts' ? null : html`<span class="standing">${standing}</span>`}</summary>
<div class="inside">
<p class="quiet">Cluster <code>${id}</code>, first seen <time>${momentText(firstSeen)}</time>, last seen <time>${momentText(lastSeen)}</time>${told === '' ? '' : `; ${told}`}.</p>
${difference === null ? null : html`<p class="values"><span><span class="side legacy">legacy</span> <code>${cut(difference.legacy ?? 'nothing', longestValue)}</code></span> <span><span class="side service">service</span> <code>${cut(difference.service ?? 'nothing', longestValue)}</code></span></p>`}
${examplesShown.map(example)}
${examplesShown.length === 0 ? html`<p>No example was kept.</p>` : null}
</div>
</details>
`;
}

function example(each: Example): Markup {
  const { at, request, legacy, service } = each;
  const took = `legacy in ${millisecondsText(legacy.milliseconds)}, service in ${millisecondsText(service.milliseconds)}`;
  return html`<figure class="example">
<figcaption><code>${request.method} ${cut(request.url, longestValue)}</code><br><span class="quiet"><time>${momentText(at)}</time>, ${took}${request.traceparent === '' ? null : html`<br>trace <code>${request.traceparent}</code>`}</span></figcaption>
${sideBySide(alignedAnswers(each))}
${asked(each)}
</figure>
`;
}

const longestBody = 4000;

/** The request itself, for whoever wants to send it again. */
function asked({ request: { method, url, headers, body } }: Example): Markup {
  const lines = [`${method} ${cut(url, longestBody)}`];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${cut(headers[i + 1]!, longestValue)}`);
  if (body !== null) lines.push('', ...cut(body, longestBody).split(/\r\n|\n|\r/));
  return html`<details class="request"><summary>The request</summary><ol>${lines.map((line) => html`<li><code><bdi>${line}</bdi></code></li>`)}</ol></details>`;
}
