/**
 * What shadowing costs: the same proxy with and without it, side by side, in many turns of a second. A second proxy without
 * it shows how far two that do the same come apart: a ratio within that spread is noise.
 *
 *   1. cost      one low rate, at which nothing is shed: the main thread's CPU a request
 *   2. callers   half of what passing through can take: the latency that callers see
 *   3. trouble   a service that hangs, resets, or answers with 1 GiB: latency, and memory
 */

import { join } from 'node:path';
import { autocannon } from './load/autocannon.ts';
import type { Machine } from './machine.ts';
import { describe } from './machine.ts';
import type { Started } from './processes.ts';
import { measureAt, type ShadowFigures, warmUp } from './shadow/measure.ts';
import { type Manner, path, type Shadowed, startStage } from './shadow/stage.ts';
import type { Interval } from './statistics.ts';
import { short, table } from './table.ts';

export interface ShadowOptions {
  /** Turns of a second for each proxy, in each of the three parts. */
  readonly turns: number;
  readonly machine: Machine;
  readonly folder: string;
  readonly progress: (line: string) => void;
}

const moderateRate = 500;
const troubleRate = 2_000;
const troubles: readonly Manner[] = ['hang', 'reset', 'flood'];

/** Markdown. */
export async function benchShadow(options: ShadowOptions): Promise<string> {
  const { turns, machine } = options;
  const well = await onStage(['none', 'none', 'answer'], 'well', options, (stage) => measureWell(stage, options));
  // Its own stage, whose proxies are all equally new: code that has run for minutes is faster than what has just begun.
  const ill = await onStage(['none', 'none', ...troubles], 'ill', options, async (stage) => {
    const rate = Math.min(troubleRate, well.half);
    const trouble = await measureAt(stage, rate, turns);
    options.progress('shadow: trouble measured');
    return tableOf(`${rate} requests/s`, stage, trouble);
  });
  return [
    `${describe(machine)}. Legacy's answer: 2 KiB of JSON; everything is shadowed. ${turns} turns of a second for each; of all turns together, and as the median of each turn's own ratio; in brackets what a ratio lies between with 95 %.`,
    ...well.tables,
    ill,
  ].join('\n\n');
}

async function measureWell(stage: readonly Shadowed[], { turns, progress }: ShadowOptions) {
  const cost = await measureAt(stage, moderateRate, turns);
  progress('shadow: cost measured');
  const order = { port: stage[0]!.port, method: 'GET', path, body: null, connections: 64, seconds: 3 } as const;
  // A generator that costs what the pacer costs: half of what a cheaper one gets through is more than this machine has.
  const most = await autocannon.run(order);
  const half = Math.round(most.requests / most.seconds / 2);
  const callers = await measureAt(stage, half, turns);
  progress(`shadow: half load (${half}/s) measured`);
  return {
    half,
    tables: [
      tableOf(`${moderateRate} requests/s`, stage, cost),
      tableOf(`half load: ${half} requests/s`, stage, callers),
    ],
  };
}

async function onStage<T>(
  manners: readonly Manner[],
  name: string,
  { folder, progress }: ShadowOptions,
  measure: (stage: readonly Shadowed[]) => Promise<T>,
): Promise<T> {
  const started: Started[] = [];
  try {
    const stage = await startStage(manners, join(folder, name), started);
    for (const proxy of stage) await warmUp(proxy, moderateRate);
    progress(`shadow: warmed up those that are ${name}`);
    return await measure(stage);
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}

const names: Record<Manner, string> = {
  none: 'no shadow',
  answer: 'shadowed',
  hang: 'shadowed, the service hangs',
  reset: 'shadowed, the service resets',
  flood: 'shadowed, the service sends 1 GiB',
};

/** The first proxy is what the others are told in multiples of. */
function tableOf(title: string, proxies: readonly Shadowed[], figures: readonly ShadowFigures[]): string {
  const header = [
    title,
    'CPU µs/request',
    '×',
    'p50 ms',
    'p99 ms',
    '× p99',
    '× p99, typical turn',
    'growth MiB',
    'compared',
    'failed',
  ];
  const rows = proxies.map(({ manner }, i) => {
    const { cpu, p50, p99, slower, typicallySlower, growth, compared, errors } = figures[i]!;
    return [
      i > 0 && manner === proxies[0]!.manner ? 'another like it' : names[manner],
      short(cpu),
      short(cpu / figures[0]!.cpu),
      short(p50),
      short(p99),
      i === 0 ? short(1) : told(slower),
      i === 0 ? short(1) : told(typicallySlower),
      short(growth),
      `${Math.round(100 * compared)} %`,
      String(errors),
    ];
  });
  return table(header, rows);
}

function told({ value, low, high }: Interval): string {
  return `${short(value)} (${short(low)}–${short(high)})`;
}
