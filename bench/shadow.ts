/**
 * What shadowing costs: the same proxy with and without it, side by side, in many short rounds. A second proxy without
 * it shows how far two that do the same come apart: a ratio within that spread is noise.
 *
 *   1. cost      one low rate, at which nothing is shed: the main thread's CPU a request
 *   2. callers   half of what passing through can take: the latency that callers see
 *   3. trouble   a service that hangs, resets, or answers with 1 GiB: latency, and memory
 */

import type { LoadGenerator } from './load/load.ts';
import type { Machine } from './machine.ts';
import { describe } from './machine.ts';
import type { Started } from './processes.ts';
import { inRounds } from './rounds.ts';
import { measureAt, type ShadowSample } from './shadow/measure.ts';
import { type Manner, path, type Shadowed, startStage } from './shadow/stage.ts';
import { figureOf, ratioOf } from './statistics.ts';
import { short, table } from './table.ts';

export interface ShadowOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** How long each kind of trouble lasts, all of its turns together. */
  readonly troubleSeconds: number;
  readonly generator: LoadGenerator;
  readonly machine: Machine;
  readonly folder: string;
  readonly progress: (line: string) => void;
}

const moderateRate = 500;
const troubleRate = 2_000;
/** Long enough for breakers to open, and to try whether they may close. */
const troubleTurn = 5;
const troubles: readonly Manner[] = ['hang', 'reset', 'flood'];

/** Markdown. */
export async function benchShadow(options: ShadowOptions): Promise<string> {
  const { rounds, seconds, troubleSeconds, generator, machine, folder, progress } = options;
  const started: Started[] = [];
  try {
    const stage = await startStage(['none', 'none', 'answer', ...troubles], folder, started);
    const none = stage[0]!;
    const well = stage.slice(0, 3);
    const ill = [...stage.slice(0, 2), ...stage.slice(3)];
    for (const proxy of stage) await measureAt(proxy, moderateRate, 3);
    progress('shadow: warmed up');

    const cost = await inRounds(rounds, well, (proxy) => measureAt(proxy, moderateRate, seconds));
    progress('shadow: cost measured');

    const order = { port: none.port, method: 'GET', path, body: null, connections: 64, seconds } as const;
    const most = await generator.run(order);
    const half = Math.round(most.requests / most.seconds / 2);
    const callers = await inRounds(rounds, well, (proxy) => measureAt(proxy, half, seconds));
    progress(`shadow: half load (${half}/s) measured`);

    const rate = Math.min(troubleRate, half);
    const turns = Math.ceil(troubleSeconds / troubleTurn);
    const trouble = await inRounds(turns, ill, (proxy, round) => {
      progress(`shadow: ${names[proxy.manner]}, ${round + 1}/${turns}`);
      return measureAt(proxy, rate, troubleTurn);
    });

    return [
      `${describe(machine)}. Legacy's answer: 2 KiB of JSON; everything is shadowed. Medians of the rounds; in brackets, what their middle half lies between.`,
      tableOf(`${moderateRate} requests/s, ${rounds} × ${short(seconds)} s`, well, cost),
      tableOf(`half load: ${half} requests/s, ${rounds} × ${short(seconds)} s`, well, callers),
      tableOf(`${rate} requests/s, ${turns} × ${troubleTurn} s`, ill, trouble),
    ].join('\n\n');
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
function tableOf(title: string, proxies: readonly Shadowed[], samples: readonly (readonly ShadowSample[])[]): string {
  const header = [title, 'CPU µs/request', '×', 'p50 ms', 'p99 ms', '× p99', 'growth MiB', 'compared', 'failed'];
  const rows = proxies.map((proxy, i) => {
    const mine = samples[i]!;
    const middle = (of: (sample: ShadowSample) => number) => figureOf(mine.map(of)).median;
    const times = (of: (sample: ShadowSample) => number) => ratioOf(mine.map(of), samples[0]!.map(of));
    const slower = times((sample) => sample.p99);
    return [
      i > 0 && proxy.manner === proxies[0]!.manner ? 'another like it' : names[proxy.manner],
      short(middle((sample) => sample.cpu)),
      short(times((sample) => sample.cpu).median),
      short(middle((sample) => sample.p50)),
      short(middle((sample) => sample.p99)),
      `${short(slower.median)} (${slower.middleHalf.map(short).join('–')})`,
      short(Math.max(...mine.map((sample) => sample.peakMiB)) - mine[0]!.residentMiB),
      `${Math.round(100 * middle((sample) => sample.compared))} %`,
      String(mine.reduce((sum, sample) => sum + sample.errors, 0)),
    ];
  });
  return table(header, rows);
}
