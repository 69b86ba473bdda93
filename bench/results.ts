/** Figures as tables, and their place in bench/RESULTS.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender, Sample } from './measure.ts';
import { root } from './places.ts';
import type { Scenario } from './scenarios.ts';
import { figureOf, ratioOf } from './statistics.ts';
import { short, table } from './table.ts';

export interface Measured {
  readonly scenario: Scenario;
  /** In the order of the contenders; a sample a round. */
  readonly samples: readonly (readonly Sample[])[];
}

/** The peers that the others are told in multiples of. */
const references = ['http-proxy', 'nginx'];

export function tableOf({ scenario, samples }: Measured, contenders: readonly Contender[]): string {
  const streams = scenario.kind === 'stream';
  const known = references.filter((name) => contenders.some((one) => one.name === name));
  const header = [
    scenario.title,
    streams ? 'CPU ms/GiB' : 'CPU µs/request',
    'least–most',
    ...known.map((name) => `× ${name}`),
    streams ? 'MiB/s' : 'requests/s',
    ...(streams ? ['memory growth MiB'] : ['p50 ms', 'p99 ms', 'peak MiB']),
  ];
  const rows = contenders.map(({ name }, i) => {
    const mine = samples[i]!;
    const cpu = figureOf(mine.map((sample) => sample.cpu));
    const middle = (of: (sample: Sample) => number) => short(figureOf(mine.map(of)).median);
    const ratios = known.map((reference) => {
      const theirs = samples[contenders.findIndex((one) => one.name === reference)]!;
      const others = theirs.map((sample) => sample.cpu);
      return short(
        ratioOf(
          mine.map((sample) => sample.cpu),
          others,
        ).median,
      );
    });
    return [
      name,
      short(cpu.median),
      `${short(cpu.least)}–${short(cpu.most)}`,
      ...ratios,
      middle((sample) => sample.perSecond),
      ...(streams ? [] : [middle((sample) => sample.p50), middle((sample) => sample.p99)]),
      middle((sample) => sample.memoryMiB),
    ];
  });
  return table(header, rows) + errorsIn(samples, contenders);
}

function errorsIn(samples: Measured['samples'], contenders: readonly Contender[]): string {
  const told = contenders.flatMap(({ name }, i) => {
    const errors = samples[i]!.reduce((sum, sample) => sum + sample.errors, 0);
    return errors === 0 ? [] : [`${name} ${errors}`];
  });
  return told.length === 0 ? '' : `\n\nFailed requests: ${told.join(', ')}.`;
}

const resultsFile = join(root, 'bench/RESULTS.md');

/** Replaces what stands between the marks of this section; everything around it was written by hand and stays. */
export function writeSection(name: string, text: string): void {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const before = readFileSync(resultsFile, 'utf8');
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${resultsFile} has no section "${name}"`);
  writeFileSync(resultsFile, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`);
}
