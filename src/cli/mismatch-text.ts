import type { Example } from '../domain/evidence.ts';
import { countText, millisecondsText, shareText } from '../domain/figures.ts';
import { momentText, noiseText, standingText } from '../report/sentences.ts';
import { shown } from '../report/text.ts';
import type { FoundCluster } from './found-cluster.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

const shownExamples = 3;

/** One cluster for a person. */
export function clusterText({ route, service, cluster }: FoundCluster, terminal: Terminal): string[] {
  const { id, kind, pattern, count, percent, firstSeen, lastSeen, standing, examples } = cluster;
  const told = standingText(cluster);
  const facts = [
    ['cluster', terminal.style('bold', id)],
    ['route', `${route} → ${service}`],
    ['differs', `${kind} ${shown(pattern, 200)}`],
    ['seen', `${countText(count)} times (${shareText(percent)} of the comparisons)`],
    ['', `first ${momentText(firstSeen)}, last ${momentText(lastSeen)}`],
    ['standing', told === '' ? standing : `${standing}: ${told}`],
  ];
  if (standing === 'noise') facts.push(['', noiseText(cluster)]);
  const newest = examples.slice(0, shownExamples);
  const kept =
    examples.length > newest.length ? `, the newest ${newest.length} of ${examples.length} that are kept` : '';
  return [
    ...table(facts),
    '',
    newest.length === 0 ? 'no example was kept' : `examples, redacted${kept}:`,
    ...newest.flatMap((example) => ['', ...exampleText(example)]),
  ];
}

function exampleText({ at, request, legacy, service, mismatches, arm }: Example): string[] {
  const answers = [
    ['  legacy', String(legacy.status), millisecondsText(legacy.milliseconds)],
    ['  service', String(service.status), millisecondsText(service.milliseconds)],
  ];
  const differing = mismatches.map(({ kind, path, legacy, service }) => [
    `  ${kind}`,
    shown(path, 60),
    shown(legacy ?? '–', 40),
    shown(service ?? '–', 40),
  ]);
  return [
    `${request.method} ${shown(request.url, 200)}  ${momentText(at)}, answered by ${arm}`,
    ...headersOf(request.headers).map(([name, value]) => `  ${shown(name, 60)}: ${shown(value, 120)}`),
    ...(request.traceparent === '' ? [] : [`  traceparent: ${shown(request.traceparent, 80)}`]),
    ...table(answers, [2]),
    ...table([['  KIND', 'AT', 'LEGACY', 'SERVICE'], ...differing]),
  ];
}

function headersOf(lines: readonly string[]): [string, string][] {
  return lines.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, lines[i + 1]!]] : []));
}
