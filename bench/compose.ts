/**
 * What a composed answer costs: one request whose answer has three parts, beside three requests that are passed through
 * to the same services and answered with the same bytes. In rounds, the two in turns, on one proxy.
 */
import { join } from 'node:path';
import { paced } from './load/paced.ts';
import { describe } from './machine.ts';
import type { Started } from './processes.ts';
import { inRounds } from './rounds.ts';
import { type StagedProxy, type StageOptions, startProxy, startTarget } from './stage.ts';
import { figureOf, ratioOf } from './statistics.ts';
import { short, table } from './table.ts';
import { mainThreadSeconds } from './usage.ts';

const parts = 3;
/** Composed requests a second; the services are asked as often when nothing is composed. */
const rate = 400;

const contenders = [
  { name: `${parts} requests passed through`, path: '/passed/json/42', perSecond: rate * parts, requests: parts },
  { name: `1 composed of ${parts} parts`, path: '/composed/42', perSecond: rate, requests: 1 },
] as const;
type Contender = (typeof contenders)[number];

interface Sample {
  /** Microseconds of the main thread, for the one composed request or for the three that it stands for. */
  readonly cpu: number;
  readonly p50: number;
  readonly errors: number;
}

/** Markdown. */
export async function benchCompose(options: StageOptions): Promise<string> {
  const { rounds, seconds, machine, progress } = options;
  const started: Started[] = [];
  try {
    const { port, pid } = await start(join(options.folder, 'compose'), started);
    const measure = (contender: Contender, lasts: number) => measureAt(port, pid, contender, lasts);
    for (const contender of contenders) await measure(contender, Math.max(2, seconds));
    const samples = await inRounds(rounds, contenders, async (contender, round) => {
      const sample = await measure(contender, seconds);
      progress(`compose ${round + 1}/${rounds}  ${contender.name}  ${short(sample.cpu)} µs`);
      return sample;
    });
    const cpus = samples.map((all) => all.map(({ cpu }) => cpu));
    const rows = contenders.map(({ name }, index) => [
      name,
      short(figureOf(cpus[index]!).median),
      short(ratioOf(cpus[index]!, cpus[0]!).median),
      short(figureOf(samples[index]!.map(({ p50 }) => p50)).median),
      String(samples[index]!.reduce((sum, { errors }) => sum + errors, 0)),
    ]);
    const facts = [
      `${describe(machine)}. ${rate} composed requests/s, or ${rate * parts} passed through, 157 bytes of JSON each part;`,
      `${rounds} rounds of ${seconds} s each in turns, medians of the rounds.`,
    ].join(' ');
    return `${facts}\n\n${table(['what', 'main thread µs', '×', 'p50 ms', 'errors'], rows)}`;
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}

async function measureAt(port: number, pid: number, contender: Contender, seconds: number): Promise<Sample> {
  const { path, perSecond, requests: together } = contender;
  const before = mainThreadSeconds(pid);
  const load = await paced({ port, method: 'GET', path, body: null, connections: 32, seconds }, perSecond);
  const used = mainThreadSeconds(pid) - before;
  return { cpu: (used / load.requests) * together * 1e6, p50: load.p50, errors: load.errors };
}

async function start(folder: string, started: Started[]): Promise<StagedProxy> {
  const legacy = await startTarget(started);
  const services: number[] = [];
  while (services.length < parts) services.push(await startTarget(started));
  return startProxy(
    started,
    folder,
    `state: memory
legacy: { url: "http://127.0.0.1:${legacy}" }
services:
${services.map((service, index) => `  s${index}: { url: "http://127.0.0.1:${service}" }`).join('\n')}
routes:
  - { id: passed, match: "GET /passed/json/:id", service: s0 }
  - id: composed
    match: GET /composed/:id
    compose:
${services.map((_, index) => `      part${index}: { service: s${index}, path: /json/:id, required: true }`).join('\n')}
`,
  );
}
