/**
 * What shadowing costs: the same proxy with and without it, side by side, in rounds.
 *
 *   1. cost      one moderate rate, at which nothing is shed: the main thread's CPU a request
 *   2. callers   half of what passing through can take: the latency that callers see
 *   3. trouble   a service that hangs, resets, or answers with 1 GiB: latency, and memory
 */

import type { LoadGenerator } from './load/load.ts';
import type { Machine } from './machine.ts';
import { describe } from './machine.ts';
import type { Started } from './processes.ts';
import { measureAt, type ShadowSample } from './shadow/measure.ts';
import { type Manner, path, type Shadowed, startStage } from './shadow/stage.ts';
import { figureOf, ratioOf } from './statistics.ts';
import { short, table } from './table.ts';

export interface ShadowOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** How long each kind of trouble lasts. */
  readonly troubleSeconds: number;
  readonly generator: LoadGenerator;
  readonly machine: Machine;
  readonly folder: string;
  readonly progress: (line: string) => void;
}

const moderateRate = 1_000;
const troubleRate = 2_000;
const troubles: readonly Manner[] = ['hang', 'reset', 'flood'];

/** Markdown. */
export async function benchShadow(options: ShadowOptions): Promise<string> {
  const { rounds, seconds, troubleSeconds, generator, machine, folder, progress } = options;
  const started: Started[] = [];
  try {
    const stage = await startStage(['none', 'answer', ...troubles], folder, started);
    const [none, answer] = [stage[0]!, stage[1]!];
    for (const proxy of stage) await measureAt(proxy, moderateRate, 3);
    progress('shadow: warmed up');

    const cost = await inRounds(rounds, [none, answer], (proxy) => measureAt(proxy, moderateRate, seconds));
    progress('shadow: cost measured');

    const order = { port: none.port, method: 'GET', path, body: null, connections: 64, seconds } as const;
    const most = await generator.run(order);
    const half = Math.round(most.requests / most.seconds / 2);
    const callers = await inRounds(rounds, [none, answer], (proxy) => measureAt(proxy, half, seconds));
    progress(`shadow: half load (${half}/s) measured`);

    const rate = Math.min(troubleRate, half);
    const trouble = await inRounds(1, [none, ...stage.slice(2)], async (proxy) => {
      progress(`shadow: ${proxy.manner} for ${troubleSeconds} s`);
      return measureAt(proxy, rate, troubleSeconds);
    });

    return [
      `${describe(machine)}. Legacy's answer: 2 KiB of JSON; everything is shadowed; ${rounds} rounds of ${seconds} s, medians.`,
      tableOf(`${moderateRate} requests/s`, [none, answer], cost),
      tableOf(`half load: ${half} requests/s`, [none, answer], callers),
      tableOf(`${rate} requests/s for ${troubleSeconds} s`, [none, ...stage.slice(2)], trouble),
    ].join('\n\n');
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}

async function inRounds(
  rounds: number,
  proxies: readonly Shadowed[],
  measure: (proxy: Shadowed) => Promise<ShadowSample>,
): Promise<readonly (readonly ShadowSample[])[]> {
  const samples: ShadowSample[][] = proxies.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < proxies.length; turn++) {
      const at = (round + turn) % proxies.length;
      samples[at]!.push(await measure(proxies[at]!));
    }
  }
  return samples;
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
  const rows = proxies.map(({ manner }, i) => {
    const mine = samples[i]!;
    const middle = (of: (sample: ShadowSample) => number) => figureOf(mine.map(of)).median;
    const times = (of: (sample: ShadowSample) => number) => ratioOf(mine.map(of), samples[0]!.map(of)).median;
    return [
      names[manner],
      short(middle((sample) => sample.cpu)),
      short(times((sample) => sample.cpu)),
      short(middle((sample) => sample.p50)),
      short(middle((sample) => sample.p99)),
      short(times((sample) => sample.p99)),
      short(middle((sample) => sample.growthMiB)),
      `${Math.round(100 * middle((sample) => sample.compared))} %`,
      String(mine.reduce((sum, sample) => sum + sample.errors, 0)),
    ];
  });
  return table(header, rows);
}
