/** The report for a CI server: one test case a route. */
import type { Report, RouteReport } from '../domain/report-model.ts';
import { demandText, noiseText, standingText } from './sentences.ts';

/** `everyRoute`: a route with too little evidence fails; else it is skipped, since nothing speaks against it. */
export function junitReport(report: Report, everyRoute: boolean): string {
  const { routes } = report;
  const failing = routes.filter((route) => outcomeOf(route, everyRoute) === 'failure').length;
  const skipped = routes.filter((route) => outcomeOf(route, everyRoute) === 'skipped').length;
  const counts = `tests="${routes.length}" failures="${failing}" errors="0" skipped="${skipped}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="strangler report" ${counts} time="0">`,
    `  <testsuite name="strangler report" ${counts} time="0" timestamp="${new Date(report.at).toISOString().slice(0, 19)}">`,
    ...routes.flatMap((route) => testCase(route, report, everyRoute)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function outcomeOf({ verdict }: RouteReport, everyRoute: boolean): 'passed' | 'failure' | 'skipped' {
  if (verdict === 'ready') return 'passed';
  return verdict === 'not ready' || everyRoute ? 'failure' : 'skipped';
}

function testCase(route: RouteReport, { demand }: Report, everyRoute: boolean): string[] {
  const open = `    <testcase classname="${escaped(route.service)}" name="${escaped(route.id)}" time="0">`;
  const outcome = outcomeOf(route, everyRoute);
  const message = `${route.verdict}: ${route.summary}`;
  const said = ['      <system-out>', escaped(storyOf(route, demandText(demand))), '      </system-out>'];
  if (outcome === 'passed') return [open, ...said, '    </testcase>'];
  const told =
    outcome === 'skipped'
      ? [`      <skipped message="${escaped(message)}"/>`]
      : [
          `      <failure message="${escaped(message)}" type="${escaped(route.verdict)}">`,
          escaped(route.reasons.join('\n')),
          '      </failure>',
        ];
  return [open, ...told, ...said, '    </testcase>'];
}

function storyOf(route: RouteReport, demand: string): string {
  return [
    demand,
    route.summary,
    ...route.reasons,
    ...route.warnings,
    ...route.clusters.map((each) =>
      `${each.id} ${each.kind} ${each.pattern}: ${each.count} ${standingText(each)}`.trimEnd(),
    ),
    ...route.notJudged.map(noiseText),
  ].join('\n');
}

/** What XML 1.0 has no way to write. */
const unwritable = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return text.replace(unwritable, '\ufffd').replace(/[&<>"']/g, (char) => entities[char]!);
}
