/** The report for a terminal, and for whatever a terminal's output is piped into. */
import { countText, millisecondsText, percentOf, shareText } from '../domain/figures.ts';
import type { ClusterReport, LatencyReport, Report, RouteReport, VerdictWord } from '../domain/report-model.ts';
import { newestDifference } from './difference.ts';
import {
  armText,
  demandText,
  distinctText,
  matchedTexts,
  momentText,
  noiseText,
  skippedOf,
  standingText,
} from './sentences.ts';
import { visible } from './visible.ts';

/** What the command line has for all of its commands. */
export interface Paper {
  style(style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string): string;
  /** Columns as wide as their widest cell; those named in `right` are set to the right. */
  table(rows: readonly (readonly string[])[], right?: readonly number[]): string[];
}

const colours = { ready: 'green', 'not ready': 'red', 'too little': 'yellow' } as const;

export function textReport(report: Report, paper: Paper): string[] {
  const lines = [paper.style('dim', demandText(report.demand)), ''];
  if (report.routes.length > 1) lines.push(...overview(report, paper), '');
  for (const [index, route] of report.routes.entries()) {
    if (index > 0) lines.push('');
    lines.push(...routeText(route, paper));
  }
  return lines;
}

function overview({ routes }: Report, paper: Paper): string[] {
  const rows = routes.map((route) => [
    route.id,
    verdictText(route.verdict, paper),
    countText(route.judged),
    countText(route.differing.count),
    route.judged === 0 ? '–' : shareText(route.differing.atMost, 'up'),
    countText(route.clusters.filter(({ standing }) => standing === 'counts').length),
  ]);
  return paper.table([['ROUTE', 'VERDICT', 'JUDGED', 'DIFFER', 'AT MOST', 'CLUSTERS'], ...rows], [2, 3, 4, 5]);
}

function verdictText(verdict: VerdictWord, paper: Paper): string {
  return paper.style(colours[verdict], verdict);
}

function routeText(route: RouteReport, paper: Paper): string[] {
  const lines = [
    `${paper.style('bold', route.id)} → ${route.service}: ${verdictText(route.verdict, paper)}`,
    `  ${route.summary}`,
    ...route.reasons.map((reason) => `  ${reason}`),
    ...route.warnings.map((warning) => paper.style('yellow', `  ! ${warning}`)),
  ];
  if (route.eligible > 0) lines.push('', ...indented(paper.table(facts(route))));
  if (route.clusters.length > 0) lines.push('', ...indented(clusterTable(route.clusters, paper)));
  if (route.notJudged.length > 0) {
    lines.push('', '  not judged:', ...route.notJudged.map((cluster) => `    ${noiseText(cluster)}  (${cluster.id})`));
  }
  return lines;
}

function facts(route: RouteReport): string[][] {
  const { eligible, judged, serviceFailed, arms } = route;
  const rows = [
    ['eligible', `${countText(eligible)}, of which ${shareText(percentOf(judged, eligible))} judged`],
    ...matchedTexts(route).map((text, index) => [index === 0 ? 'matched' : '', text]),
  ];
  if (serviceFailed > 0) rows.push(['failed', `${countText(serviceFailed)} that the service did not answer`]);
  const skipped = skippedOf(route).map(
    ({ reason, count, percent }) => `${countText(count)} ${reason} (${shareText(percent)})`,
  );
  rows.push(['skipped', skipped.length === 0 ? 'none' : skipped.join(', ')]);
  if (arms.length > 1) {
    for (const arm of arms) {
      const differ =
        arm.judged === 0 ? 'none judged' : `${countText(arm.differing.count)} of ${countText(arm.judged)} differ`;
      rows.push([`by ${arm.arm}`, `${differ} (${armText[arm.arm]})`]);
    }
  }
  rows.push(['distinct', distinctText(route)]);
  rows.push(['legacy', latencyText(route.latency.legacy)], ['service', latencyText(route.latency.service)]);
  if (route.from !== null && route.until !== null) {
    rows.push(['from', `${momentText(route.from)} to ${momentText(route.until)}`]);
  }
  return rows;
}

function latencyText({ percentiles }: LatencyReport): string {
  if (percentiles === null) return '–';
  const { p50, p90, p99 } = percentiles;
  return `p50 ${millisecondsText(p50)}, p90 ${millisecondsText(p90)}, p99 ${millisecondsText(p99)}`;
}

function clusterTable(clusters: readonly ClusterReport[], paper: Paper): string[] {
  const rows = clusters.map((cluster) => {
    const { id, kind, pattern, count, percent, lastSeen } = cluster;
    const difference = newestDifference(cluster);
    return [
      id,
      kind,
      shown(pattern, 48),
      countText(count),
      shareText(percent),
      momentText(lastSeen),
      shown(difference?.legacy ?? '–', 20),
      shown(difference?.service ?? '–', 20),
      paper.style('dim', visible(standingText(cluster))),
    ];
  });
  const headings = ['CLUSTER', 'KIND', 'AT', 'COUNT', 'SHARE', 'LAST SEEN', 'LEGACY', 'SERVICE', ''];
  return paper.table([headings, ...rows], [3, 4]);
}

/** Also `mismatch list` shows values so. */
export function shown(text: string, most: number): string {
  const clean = visible(text);
  return clean.length <= most ? clean : `${clean.slice(0, most - 1)}…`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
