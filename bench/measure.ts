/** One measurement: one proxy under one scenario, once. */
import type { Load, LoadGenerator } from './load/load.ts';
import { paced } from './load/paced.ts';
import { program } from './places.ts';
import { runToEnd } from './processes.ts';
import type { Scenario, Streaming } from './scenarios.ts';
import { cpuSeconds, forgetPeak, peakMiB, residentMiB } from './usage.ts';

/** A proxy that has been started. */
export interface Contender {
  readonly name: string;
  readonly version: string;
  readonly port: number;
  readonly pid: number;
}

export interface Sample {
  /** Microseconds of CPU a request; of a stream, milliseconds a GiB. */
  readonly cpu: number;
  /** Requests a second; of a stream, MiB a second. */
  readonly perSecond: number;
  /** Milliseconds; NaN of a stream. */
  readonly p50: number;
  readonly p99: number;
  /** The most that was resident meanwhile; of a stream, how much more than before it. */
  readonly memoryMiB: number;
  readonly errors: number;
  /** How many requests that was. */
  readonly requests: number;
}

export interface Conditions {
  readonly generator: LoadGenerator;
  readonly seconds: number;
  /** Requests a second of a half load. */
  readonly halfLoad: number;
}

export const connections = 64;
const streamBytes = 2 ** 30;

export function measure(
  scenario: Scenario,
  contender: Contender,
  { generator, seconds, halfLoad }: Conditions,
): Promise<Sample> {
  const { port } = contender;
  switch (scenario.kind) {
    case 'full': {
      const { method, path, body } = scenario;
      return underLoad(contender, () => generator.run({ port, method, path, body, connections, seconds }));
    }
    case 'half': {
      const order = { port, method: 'GET', path: scenario.path, body: null, connections, seconds } as const;
      return underLoad(contender, () => paced(order, halfLoad));
    }
    case 'stream':
      return whileStreaming(scenario, contender);
  }
}

/** Requests after which a proxy's code has been compiled; on a busy machine that takes longer than on an idle one. */
const warmAfter = 20_000;
const longestWarmUp = 10;

export async function warmUp(scenario: Scenario, contender: Contender, conditions: Conditions): Promise<void> {
  let requests = 0;
  for (let second = 0; second < longestWarmUp && requests < warmAfter; second++) {
    requests += (await measure(scenario, contender, { ...conditions, seconds: 1 })).requests;
    if (scenario.kind !== 'full') return;
  }
}

/** Measures around whatever sends the load. */
async function underLoad({ pid }: Contender, send: () => Promise<Load>): Promise<Sample> {
  forgetPeak(pid);
  const before = cpuSeconds(pid);
  const { requests, seconds, errors, p50, p99 } = await send();
  const used = cpuSeconds(pid) - before;
  return {
    cpu: (used / requests) * 1e6,
    perSecond: requests / seconds,
    p50,
    p99,
    memoryMiB: peakMiB(pid),
    errors,
    requests,
  };
}

async function whileStreaming({ direction }: Streaming, { port, pid }: Contender): Promise<Sample> {
  const memory = residentMiB(pid);
  forgetPeak(pid);
  const before = cpuSeconds(pid);
  const args = [program('stream'), direction, String(port), String(streamBytes)];
  const { seconds } = JSON.parse(await runToEnd({ file: process.execPath, args }, 120_000)) as { seconds: number };
  return {
    cpu: (cpuSeconds(pid) - before) * 1e3 * (2 ** 30 / streamBytes),
    perSecond: streamBytes / 2 ** 20 / seconds,
    p50: Number.NaN,
    p99: Number.NaN,
    memoryMiB: peakMiB(pid) - memory,
    errors: 0,
    requests: 1,
  };
}
