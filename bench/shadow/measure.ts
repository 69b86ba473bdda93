import { setTimeout as delay } from 'node:timers/promises';
import { percentileOf } from '../load/histogram.ts';
import { paced } from '../load/paced.ts';
import { inTurns } from '../load/turns.ts';
import { type Interval, percentileRatio, typicalRatio } from '../statistics.ts';
import { forgetPeak, mainThreadSeconds, peakMiB, residentMiB } from '../usage.ts';
import { path, type Shadowed } from './stage.ts';

const connections = 64;

/** What one proxy did over all of its turns. */
export interface ShadowFigures {
  /** Microseconds of the main thread's CPU a request. */
  readonly cpu: number;
  /** ms. */
  readonly p50: number;
  readonly p99: number;
  /** Of the 99th percentile, to the first proxy's: of all turns together, and of a turn like most. */
  readonly slower: Interval;
  readonly typicallySlower: Interval;
  /** How far resident memory rose, in MiB. */
  readonly growth: number;
  /** The share of the requests that were compared. */
  readonly compared: number;
  readonly errors: number;
}

/** ms after which whatever was compared, or timed out, has been counted. */
const counting = 1_300;

/** ms. Long enough for several hundred requests, short enough that the machine is the same for all proxies. */
const turn = 1_000;

/** Until nothing of it is compiled any more. */
export async function warmUp({ port }: Shadowed, perSecond: number): Promise<void> {
  await paced({ port, method: 'GET', path, body: null, connections, seconds: 3 }, perSecond);
}

/** A fixed number of requests a second, so that all have the same to do; `rounds` turns of a second each. */
export async function measureAt(
  proxies: readonly Shadowed[],
  perSecond: number,
  rounds: number,
): Promise<readonly ShadowFigures[]> {
  const before = await Promise.all(proxies.map(standing));
  for (const { pid } of proxies) forgetPeak(pid);
  const ports = proxies.map(({ port }) => port);
  const turns = await inTurns({ ports, perSecond, turn, rounds, method: 'GET', path, body: null, connections });
  await delay(counting);
  const after = await Promise.all(proxies.map(standing));
  const first = turns[0]!.histograms;
  return proxies.map(({ pid }, i) => {
    const { histograms, errors } = turns[i]!;
    const asked = after[i]!.asked - before[i]!.asked;
    return {
      cpu: ((after[i]!.seconds - before[i]!.seconds) / asked) * 1e6,
      p50: percentileOf(histograms, 0.5),
      p99: percentileOf(histograms, 0.99),
      slower: percentileRatio(histograms, first, 0.99),
      typicallySlower: typicalRatio(histograms, first, 0.99),
      growth: peakMiB(pid) - before[i]!.resident,
      compared: (after[i]!.compared - before[i]!.compared) / asked,
      errors,
    };
  });
}

async function standing(proxy: Shadowed) {
  const { requests, compared } = await proxy.counts();
  return { asked: requests, compared, seconds: mainThreadSeconds(proxy.pid), resident: residentMiB(proxy.pid) };
}
