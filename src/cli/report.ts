import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { windowSpan } from '../domain/evidence.ts';
import { type Report, usualDemand } from '../domain/report-model.ts';
import { htmlReport } from '../report/html/page.ts';
import { jsonReport } from '../report/json.ts';
import { junitReport } from '../report/junit.ts';
import { markdownReport } from '../report/markdown.ts';
import { textReport } from '../report/text.ts';
import { type KnownRoute, knownRoutes, liveRows, named, reportNow, withEvidence } from './evidence-of.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, commandLine, withCommonOptions } from './file.ts';
import { parseSince } from './since.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

interface ReportOptions extends CommonOptions {
  /** ms since the epoch. */
  readonly since?: number;
  readonly markdown?: true;
  readonly junit?: string;
  readonly html?: string;
  readonly minMatch?: number;
  readonly minSamples?: number;
}

export function addReport(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('report'))
    .description('what shadowing has shown: may a route be moved?')
    .argument('[route|service]', 'only this route, or the routes of this service')
    .option('--since <when>', 'only evidence that is younger: 30m, 1h, 7d, or a date as 2026-01-31', parseSince)
    .option('--markdown', 'print it as Markdown, for a pull request')
    .option('--junit <file>', 'write it as JUnit XML as well, for a CI server')
    .option('--html <file>', 'write it as one HTML page as well')
    .option('--min-match <percent>', 'every route must be proven to match this often', parseMatch)
    .option('--min-samples <count>', 'every route must have been judged this often', parseSamples)
    .action((name: string | undefined, options: ReportOptions) => run(name, options, terminal));
}

function parseMatch(text: string): number {
  const percent = /^\d{1,2}(?:\.\d{1,6})?%?$/.test(text) ? Number.parseFloat(text) : 0;
  if (percent <= 0) {
    throw new InvalidArgumentError(
      'It is a percent above 0 and below 100, such as 99.9: no number of requests proves 100.',
    );
  }
  return percent;
}

function parseSamples(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(text);
}

async function run(name: string | undefined, options: ReportOptions, terminal: Terminal): Promise<void> {
  if (options.json && options.markdown) throw new Failure('print JSON or Markdown, not both', 2);
  // Whole windows: in a part of one nobody knows what was when.
  const since = options.since === undefined ? null : Math.floor(options.since / windowSpan) * windowSpan;
  const { report, routes, others } = await withEvidence(options.config, terminal, async (control, doors) => {
    const evidence = (await control?.read({ past: true, ...(since === null ? {} : { since }) })) ?? [];
    const all = knownRoutes(doors, await liveRows(doors), evidence);
    const routes = named(name, all, doors);
    const { minMatch = usualDemand.minMatch, minSamples = usualDemand.minSamples } = options;
    return { report: reportNow(routes, evidence, since, { minMatch, minSamples }), routes, others: all };
  });
  const everyRoute = options.minMatch !== undefined || options.minSamples !== undefined;
  if (options.junit !== undefined) write(options.junit, junitReport(report, everyRoute), terminal);
  if (options.html !== undefined) write(options.html, htmlReport(report), terminal);
  if (options.json) terminal.printJson(jsonReport(report));
  else for (const line of shown(report, options, terminal)) terminal.print(line);
  if (!options.json) for (const line of whatNext(routes, others, options)) terminal.remark(line);
  if (!passes(report, everyRoute)) throw new Failure([]);
}

function shown(report: Report, { markdown }: ReportOptions, terminal: Terminal): string[] {
  if (markdown) return markdownReport(report).trimEnd().split('\n');
  if (report.routes.length === 0) return [];
  return textReport(report, { style: terminal.style, table });
}

/** Where something is demanded, every route must prove it, and there must be one; else none may have failed. */
function passes({ routes }: Report, everyRoute: boolean): boolean {
  if (everyRoute) return routes.length > 0 && routes.every(({ verdict }) => verdict === 'ready');
  return routes.every(({ verdict }) => verdict !== 'not ready');
}

function write(file: string, text: string, terminal: Terminal): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Failure(`${file} can't be written: ${(error as NodeJS.ErrnoException).code}`);
  }
  terminal.remark(`${file} is written`);
}

/** For routes without any evidence: how to get some. */
function whatNext(routes: readonly KnownRoute[], all: readonly KnownRoute[], { config }: ReportOptions): string[] {
  const without = routes.filter(({ recorded }) => !recorded);
  if (routes.length > 0 && without.length === 0) return [];
  if (all.length === 0) return ['routes.yaml has no routes: there is nothing to report on'];
  const idle = without.filter(({ shadow }) => shadow === 0);
  if (routes.length > 0 && idle.length === 0) {
    const names = without.map(({ route }) => route).join(', ');
    return [
      `${names}: shadowed, but nothing was recorded yet; is the proxy up, and do requests come? See "strangler status"`,
    ];
  }
  const route = (idle[0] ?? all[0]!).route;
  return [
    routes.length > 0
      ? `nothing was ever recorded of ${idle.map(({ route }) => route).join(', ')}`
      : 'nothing was ever recorded',
    ...table([
      [
        `  ${commandLine(`strangler shadow ${route} 100`, config)}`,
        'sends copies of its requests to the service, and compares',
      ],
      [`  ${commandLine('strangler status', config)}`, 'says what is shadowed, and whether the proxy is up'],
    ]),
  ];
}
