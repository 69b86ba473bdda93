/** The report for a pull request: GitHub's Markdown, in which nothing from outside is anything but text. */
import { countText, millisecondsText, percentOf, shareText } from '../domain/figures.ts';
import type { ClusterReport, LatencyReport, Report, RouteReport } from '../domain/report-model.ts';
import { newestDifference } from './difference.ts';
import {
  demandText,
  distinctText,
  matchedTexts,
  momentText,
  noiseText,
  skippedOf,
  standingText,
  verdictsText,
} from './sentences.ts';
import { visible } from './visible.ts';

const marks = { ready: '✅ ready', 'not ready': '❌ not ready', 'too little': '⏳ too little' } as const;

export function markdownReport(report: Report): string {
  const lines = [
    `### Shadow report: ${verdictsText(report)}`,
    '',
    '| route | verdict | judged | differ | at most |',
    '|---|---|---:|---:|---:|',
    ...report.routes.map(overviewRow),
    '',
    `<sub>${prose(`${demandText(report.demand)}. As of ${momentText(report.at)}.`)}</sub>`,
    ...report.routes.flatMap((route) => ['', ...routeSection(route)]),
  ];
  return `${lines.join('\n')}\n`;
}

function overviewRow({ id, verdict, judged, differing }: RouteReport): string {
  const most = judged === 0 ? '–' : shareText(differing.atMost, 'up');
  return row([code(id), marks[verdict], countText(judged), countText(differing.count), most]);
}

function routeSection(route: RouteReport): string[] {
  const skipped = skippedOf(route).map(
    ({ reason, count, percent }) => `${countText(count)} ${reason} (${shareText(percent)})`,
  );
  const lines = [
    `#### ${code(route.id)} → ${code(route.service)}: ${route.verdict}`,
    '',
    `**${prose(capital(route.summary))}.**`,
    ...route.reasons.map((reason) => `- ${prose(reason)}`),
    ...route.warnings.map((warning) => `- ⚠️ ${prose(warning)}`),
  ];
  if (route.eligible > 0) {
    lines.push(
      `- eligible: ${countText(route.eligible)}, of which ${shareText(percentOf(route.judged, route.eligible))} judged`,
      `- matched: ${prose(matchedTexts(route).join(', '))}`,
      `- skipped: ${skipped.length === 0 ? 'none' : skipped.join(', ')}`,
      `- distinct: ${distinctText(route)}`,
      `- latency: legacy ${latencyText(route.latency.legacy)}; service ${latencyText(route.latency.service)}`,
    );
  }
  if (route.clusters.length > 0) {
    const headings = [
      '| cluster | kind | at | count | share | legacy | service | |',
      '|---|---|---|---:|---:|---|---|---|',
    ];
    lines.push('', ...headings, ...route.clusters.map(clusterRow));
  }
  if (route.notJudged.length > 0)
    lines.push('', 'Not judged:', ...route.notJudged.map((each) => `- ${prose(noiseText(each))}`));
  return lines;
}

function clusterRow(cluster: ClusterReport): string {
  const { id, kind, pattern, count, percent } = cluster;
  const difference = newestDifference(cluster);
  const value = (text: string | null | undefined): string =>
    text == null ? '–' : code(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return row([
    code(id),
    kind,
    code(pattern),
    countText(count),
    shareText(percent),
    value(difference?.legacy),
    value(difference?.service),
    prose(standingText(cluster)),
  ]);
}

function latencyText({ percentiles }: LatencyReport): string {
  if (percentiles === null) return '–';
  return `p50 ${millisecondsText(percentiles.p50)}, p99 ${millisecondsText(percentiles.p99)}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * A code span. One that holds a backtick, a pipe, a backslash or HTML can't be written in a table in a way that all readers
 * of Markdown agree on: then it is HTML, of which every character but letters and digits is a reference.
 */
export function code(text: string): string {
  const clean = visible(text);
  if (clean.trim() !== '' && clean === clean.trim() && !/[`|\\<>&]/.test(clean)) return `\`${clean}\``;
  return `<code>${clean.replace(/[^\p{L}\p{N} ]/gu, reference)}</code>`;
}

/** Text that stays text: no markup, no HTML, no mention, no link. */
export function prose(text: string): string {
  return visible(text)
    .replace(/[&<>|`*_[\]\\~#!]/g, reference)
    .replace(/(?<![\w.])@/g, '@<!-- -->')
    .replace(/:(?=\/\/)|(?<=\bwww)\./g, reference);
}

function reference(char: string): string {
  return `&#${char.codePointAt(0)};`;
}
