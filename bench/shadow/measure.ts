import { setTimeout as delay } from 'node:timers/promises';
import type { Load } from '../load/load.ts';
import { paced } from '../load/paced.ts';
import { forgetPeak, mainThreadSeconds, peakMiB, residentMiB } from '../usage.ts';
import { path, type Shadowed } from './stage.ts';

export interface ShadowSample {
  /** Microseconds of the main thread's CPU a request. */
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  /** Resident memory: before, and the most since. */
  readonly residentMiB: number;
  readonly peakMiB: number;
  readonly perSecond: number;
  readonly errors: number;
  /** The share of the requests that were compared. */
  readonly compared: number;
}

/** ms after which whatever was compared, or timed out, has been counted. */
const counting = 1_300;

/** A fixed number of requests a second, so that two proxies have the same to do. */
export async function measureAt(proxy: Shadowed, perSecond: number, seconds: number): Promise<ShadowSample> {
  const { pid, port } = proxy;
  const resident = residentMiB(pid);
  forgetPeak(pid);
  const counted = await comparedBy(proxy);
  const before = mainThreadSeconds(pid);
  const load: Load = await paced({ port, method: 'GET', path, body: null, connections: 64, seconds }, perSecond);
  const used = mainThreadSeconds(pid) - before;
  await delay(counting);
  return {
    cpu: (used / load.requests) * 1e6,
    p50: load.p50,
    p99: load.p99,
    residentMiB: resident,
    peakMiB: peakMiB(pid),
    perSecond: load.requests / load.seconds,
    errors: load.errors,
    compared: ((await comparedBy(proxy)) - counted) / load.requests,
  };
}

async function comparedBy(proxy: Shadowed): Promise<number> {
  return (await proxy.outcomes()).compared ?? 0;
}
