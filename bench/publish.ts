/**
 * What it costs a write that its answer becomes an event: the same proxy four ways, side by side, at one moderate rate. A
 * second proxy that publishes nothing shows how far two that do the same come apart: a difference within that is noise.
 */
import { join } from 'node:path';
import { paced } from './load/paced.ts';
import { describe } from './machine.ts';
import type { Started } from './processes.ts';
import { inRounds } from './rounds.ts';
import { type StageOptions, startProxy, startTarget } from './stage.ts';
import { figureOf } from './statistics.ts';
import { short, table } from './table.ts';
import { mainThreadSeconds } from './usage.ts';

interface Way {
  readonly title: string;
  readonly mode: 'durable' | 'async' | null;
  readonly sync: 'disk' | 'system';
}

const ways: readonly Way[] = [
  { title: 'no publish', mode: null, sync: 'system' },
  { title: 'another like it', mode: null, sync: 'system' },
  { title: 'async', mode: 'async', sync: 'system' },
  { title: 'durable, sync: system', mode: 'durable', sync: 'system' },
  { title: 'durable, sync: disk', mode: 'durable', sync: 'disk' },
];

const rate = 500;
const body = JSON.stringify({ customer: 'c-10174', items: [{ sku: 'A-1', qty: 2 }] });

interface Published extends Way {
  readonly port: number;
  readonly pid: number;
  /** Events that were recorded so far. */
  recorded(): Promise<number>;
}

interface Sample {
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of the main thread's CPU a request. */
  readonly cpu: number;
  readonly errors: number;
  /** The share of the requests that became events. */
  readonly recorded: number;
}

/** Markdown. */
export async function benchPublish({ rounds, seconds, machine, folder, progress }: StageOptions): Promise<string> {
  const started: Started[] = [];
  try {
    const targetPort = await startTarget(started);
    const proxies: Published[] = [];
    for (const [index, way] of ways.entries()) {
      proxies.push(await startWay(way, targetPort, join(folder, `publish-${index}`), started));
    }
    for (const proxy of proxies) await measure(proxy, 3);
    progress('publish: warmed up');
    const samples = await inRounds(rounds, proxies, async (proxy, round) => {
      const sample = await measure(proxy, seconds);
      progress(`publish ${round + 1}/${rounds}  ${proxy.title}  p50 ${short(sample.p50)} ms`);
      return sample;
    });
    return [
      `${describe(machine)}. POSTs, answered with 157 bytes of JSON; outbox and bus on SQLite. Medians of the rounds.`,
      tableOf(`${rate} requests/s, ${rounds} × ${short(seconds)} s`, proxies, samples),
    ].join('\n\n');
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}

async function startWay(way: Way, targetPort: number, folder: string, started: Started[]): Promise<Published> {
  const publish = way.mode === null ? '' : `, publish: { type: order.created, key: $.id, mode: ${way.mode} }`;
  const { port, adminPort, pid } = await startProxy(
    started,
    folder,
    `state: sqlite:state.db
legacy: { url: "http://127.0.0.1:${targetPort}" }
services: { orders: { url: "http://127.0.0.1:${targetPort}" } }
events: { bus: "sqlite:events.db", sync: ${way.sync} }
routes:
  - { id: order, match: POST /api/json, service: orders, percent: 0${publish} }
`,
  );
  return { ...way, port, pid, recorded: () => recordedBy(adminPort) };
}

async function measure({ port, pid, recorded }: Published, seconds: number): Promise<Sample> {
  const before = { recorded: await recorded(), cpu: mainThreadSeconds(pid) };
  const load = await paced({ port, method: 'POST', path: '/api/json', body, connections: 64, seconds }, rate);
  return {
    p50: load.p50,
    p99: load.p99,
    cpu: ((mainThreadSeconds(pid) - before.cpu) / load.requests) * 1e6,
    errors: load.errors,
    recorded: ((await recorded()) - before.recorded) / load.requests,
  };
}

async function recordedBy(adminPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return Number(/^strangler_publish_total\{.*outcome="recorded".*\} (\d+)/m.exec(text)?.[1] ?? 0);
}

/** What the first proxy takes is taken off from each: the difference, round by round. */
function tableOf(title: string, proxies: readonly Published[], samples: readonly (readonly Sample[])[]): string {
  const header = [title, 'p50 ms', 'added', 'p99 ms', 'added', 'CPU µs/request', 'recorded', 'failed'];
  const rows = proxies.map((proxy, index) => {
    const mine = samples[index]!;
    const middle = (of: (sample: Sample) => number) => figureOf(mine.map(of)).median;
    const added = (of: (sample: Sample) => number) =>
      figureOf(mine.map((sample, round) => of(sample) - of(samples[0]![round]!))).median;
    return [
      proxy.title,
      short(middle(({ p50 }) => p50)),
      index === 0 ? '' : short(added(({ p50 }) => p50)),
      short(middle(({ p99 }) => p99)),
      index === 0 ? '' : short(added(({ p99 }) => p99)),
      short(middle(({ cpu }) => cpu)),
      proxy.mode === null ? '' : `${Math.round(100 * middle(({ recorded }) => recorded))} %`,
      String(mine.reduce((sum, { errors }) => sum + errors, 0)),
    ];
  });
  return table(header, rows);
}
