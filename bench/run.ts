/**
 * Every proxy found here, against one target, in one run:
 *
 *   1. start    the target, and every proxy, each in a process of its own
 *   2. warm up  each proxy, so that no first round pays for a compiler
 *   3. measure  in rounds, a turn for each proxy in each round: whatever else the machine does hits all of them
 *   4. tell     the medians, and each proxy's ratio to http-proxy and nginx
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { benchCompose } from './compose.ts';
import { autocannon } from './load/autocannon.ts';
import type { LoadGenerator } from './load/load.ts';
import { wrk } from './load/wrk.ts';
import { describe, type Machine, thisMachine } from './machine.ts';
import { type Contender, connections, measure, warmUp } from './measure.ts';
import { type Options, readOptions, usage } from './options.ts';
import { benchOverload } from './overload.ts';
import { type Peer, versionOf } from './peers/peer.ts';
import { comparer, program, temporaryFolder } from './places.ts';
import { type Command, freePort, runToEnd, type Started, startServer } from './processes.ts';
import { benchPublish } from './publish.ts';
import { type Measured, tableOf, writeSection } from './results.ts';
import { inRounds } from './rounds.ts';
import { type FullLoad, type Scenario, scenarios } from './scenarios.ts';
import { benchShadow } from './shadow.ts';
import { figureOf } from './statistics.ts';
import { benchStreams } from './streams.ts';
import { short } from './table.ts';

/** What measures with programs of its own, in the order in which it is run. */
const own = {
  shadow: benchShadow,
  overload: benchOverload,
  compose: benchCompose,
  publish: benchPublish,
  streams: benchStreams,
};
const ownParts = Object.keys(own) as (keyof typeof own)[];

const started: Started[] = [];
const folder = temporaryFolder();

async function run(options: Options): Promise<void> {
  const machine = thisMachine();
  const generator = versionOf('wrk', ['-v'], /wrk (\S+)/) === null ? autocannon : wrk(folder);
  progress(`load by ${generator.name}`);
  if (machine.load > machine.cores / 4)
    progress(`other work is under way (load ${machine.load.toFixed(1)}): it favours the dearer proxies`);
  try {
    // Step 1: start.
    const targetPort = await freePort();
    await start({ file: process.execPath, args: [program('target'), String(targetPort)] }, targetPort);
    const contenders: Contender[] = [];
    for (const peer of options.peers) contenders.push(...(await contenderOf(peer, targetPort)));

    // Step 2 and 3: warm up, and measure.
    const measured: Measured[] = [];
    for (const scenario of options.scenarios) {
      const halfLoad = scenario.kind === 'half' ? await halfOfTheSlowest(measured, contenders, generator) : 0;
      measured.push(await measureAll(scenario, contenders, generator, halfLoad, options));
    }

    // Step 4: tell.
    tell(options, machine, contenders, measured, generator);
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}

/** After the proxies have gone: each starts its own. */
async function runOwn(name: keyof typeof own, options: Options): Promise<void> {
  const { rounds, seconds, quick, write } = options;
  const turns = quick ? 5 : rounds * 12;
  const report = await own[name]({ rounds, seconds, turns, machine: thisMachine(), folder, progress });
  console.log(report);
  if (write) writeSection(name, `${new Date().toISOString().slice(0, 10)}, \`${command()}\`. ${report}`);
}

function comparing({ rounds }: Options): Command {
  return { file: process.execPath, args: [comparer, String(rounds)] };
}

async function start(command: Parameters<typeof startServer>[0], port: number): Promise<Started> {
  const one = await startServer(command, port);
  started.push(one);
  return one;
}

async function contenderOf(peer: Peer, targetPort: number): Promise<Contender[]> {
  const version = peer.version();
  if (version === null) {
    progress(`${peer.name} is not installed here`);
    return [];
  }
  const port = await freePort();
  const own = join(folder, peer.name.replace(/\W+/g, '-'));
  mkdirSync(own);
  const { pid } = await start(await peer.command({ port, targetPort, folder: own }), port);
  progress(`${peer.name} (${version}) on port ${port}`);
  return [{ name: peer.name, version, port, pid }];
}

async function measureAll(
  scenario: Scenario,
  contenders: readonly Contender[],
  generator: LoadGenerator,
  halfLoad: number,
  { rounds, seconds }: Options,
): Promise<Measured> {
  progress(`${scenario.title}: warming up`);
  for (const contender of contenders) await warmUp(scenario, contender, { generator, seconds, halfLoad });
  const unit = scenario.kind === 'stream' ? 'ms/GiB' : 'µs/request';
  const samples = await inRounds(rounds, contenders, async (contender, round) => {
    const sample = await measure(scenario, contender, { generator, seconds, halfLoad });
    progress(`${scenario.id} ${round + 1}/${rounds}  ${contender.name}  ${short(sample.cpu)} ${unit}`);
    return sample;
  });
  return { scenario, samples };
}

/** One rate for all, which each can keep up with. */
async function halfOfTheSlowest(
  measured: readonly Measured[],
  contenders: readonly Contender[],
  generator: LoadGenerator,
): Promise<number> {
  const json = scenarios[0] as FullLoad;
  const full =
    measured.find(({ scenario }) => scenario === json) ??
    (await measureAll(json, contenders, generator, 0, { rounds: 1, seconds: 1 } as Options));
  const slowest = Math.min(...full.samples.map((all) => figureOf(all.map((one) => one.perSecond)).median));
  return Math.round(slowest / 2);
}

function tell(
  options: Options,
  machine: Machine,
  contenders: readonly Contender[],
  measured: readonly Measured[],
  generator: LoadGenerator,
): void {
  const date = new Date().toISOString().slice(0, 10);
  if (options.json) {
    console.log(JSON.stringify({ date, machine, generator: generator.name, contenders, measured }, null, 2));
    return;
  }
  const tables = measured.map((one) => tableOf(one, contenders)).join('\n\n');
  console.log(tables);
  if (!options.write) return;
  const versions = contenders.map(({ name, version }) => `${name} (${version})`).join(', ');
  const facts = [
    `${date}, \`${command()}\`. ${describe(machine)}.`,
    `Load by ${generator.name}, ${connections} connections; medians of ${options.rounds} rounds of ${options.seconds} s.`,
    `Versions: ${versions}.`,
  ];
  writeSection('proxies', `${facts.join('\n')}\n\n${tables}`);
  progress('written to bench/RESULTS.md');
}

function command(): string {
  return `npm run bench -- ${process.argv.slice(2).join(' ')}`.replace(/ -- $/, '');
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

const options = readOptionsOrSay();
if (options === null) console.log(usage);
else {
  if (options.scenarios.length > 0) await run(options);
  for (const name of ownParts) if (options.parts.includes(name)) await runOwn(name, options);
  if (options.parts.includes('compare')) console.log(await runToEnd(comparing(options), 600_000));
}

function readOptionsOrSay(): Options | null {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    progress(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
