/**
 * What a service that hangs costs everybody else: four times as many callers want it as it may have requests under way,
 * while other callers go on asking legacy and another service. In rounds, with and without those callers, for a proxy
 * with the defaults, for one whose circuit is off (the bulkhead alone holds), and for one with no policy at all.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load, Order } from './load/load.ts';
import { paced } from './load/paced.ts';
import { describe } from './machine.ts';
import type { Started } from './processes.ts';
import { type StageOptions, startProxy, startTarget } from './stage.ts';
import { figureOf, ratioOf } from './statistics.ts';
import { short, table } from './table.ts';

/** Requests a second to each of the two targets that are well. */
const others = 1_000;
/** Four times what the defaults of a bulkhead hold and let wait: 100 + 50. */
const stuckCallers = 600;

const protections = {
  defaults: '',
  'circuit off': ', circuit: off',
  'all policies off': ', circuit: off, bulkhead: off, retry: off, ejection: off',
} as const;
type Protection = keyof typeof protections;

interface Round {
  readonly legacy: Load;
  readonly service: Load;
}

/** Markdown. */
export async function benchOverload(options: StageOptions): Promise<string> {
  const { rounds, seconds, machine, folder, progress } = options;
  const started: Started[] = [];
  try {
    const header = [
      'a service hangs',
      'legacy goodput ×',
      'p99 ms',
      '× p99',
      'other service goodput ×',
      'p99 ms',
      '× p99',
    ];
    const rows: string[][] = [];
    for (const protection of Object.keys(protections) as Protection[]) {
      const port = await startProtected(protection, join(folder, protection.replaceAll(' ', '-')), started);
      await measure(port, seconds, false);
      const quiet: Round[] = [];
      const loaded: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        quiet.push(await measure(port, seconds, false));
        loaded.push(await measure(port, seconds, true));
        progress(`overload: ${protection} ${round + 1}/${rounds}`);
      }
      rows.push([protection, ...columns('legacy', quiet, loaded), ...columns('service', quiet, loaded)]);
    }
    const facts = [
      `${describe(machine)}. ${others} requests/s each to legacy and to a service that is well, beside ${stuckCallers}`,
      `callers of a service that hangs; ${rounds} rounds of ${seconds} s each with and without them, medians of the rounds' ratios.`,
    ].join(' ');
    return `${facts}\n\n${table(header, rows)}`;
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}

function columns(who: keyof Round, quiet: readonly Round[], loaded: readonly Round[]): string[] {
  const each = (rounds: readonly Round[], of: (load: Load) => number) => rounds.map((round) => of(round[who]));
  const goodput = ({ requests, errors, seconds }: Load) => (requests - errors) / seconds;
  const p99 = (load: Load) => load.p99;
  return [
    short(ratioOf(each(loaded, goodput), each(quiet, goodput)).median),
    short(figureOf(each(loaded, p99)).median),
    short(ratioOf(each(loaded, p99), each(quiet, p99)).median),
  ];
}

/** Six hundred connections are not opened and closed while somebody looks: that they come and go is not what is measured. */
const settle = 1;

async function measure(port: number, seconds: number, overloaded: boolean): Promise<Round> {
  const order = (path: string, connections: number, lasts = seconds): Order => ({
    port,
    method: 'GET',
    path,
    body: null,
    connections,
    seconds: lasts,
  });
  const stuck = overloaded ? paced(order('/api/order/42', stuckCallers, seconds + 2 * settle), stuckCallers) : null;
  await sleep(settle * 1_000);
  const [legacy, service] = await Promise.all([
    paced(order('/api/json/42', 32), others),
    paced(order('/well/json/42', 32), others),
  ]);
  await stuck;
  return { legacy, service };
}

async function startProtected(protection: Protection, folder: string, started: Started[]): Promise<number> {
  const legacy = await startTarget(started);
  const well = await startTarget(started);
  const hanging = await startTarget(started, 'hang');
  const { port } = await startProxy(
    started,
    folder,
    `state: memory
legacy: { url: "http://127.0.0.1:${legacy}" }
services:
  well: { url: "http://127.0.0.1:${well}" }
  orders: { url: "http://127.0.0.1:${hanging}"${protections[protection]} }
routes:
  - { id: read-well, match: "GET /well/json/:id", service: well, percent: 100 }
  - { id: order-read, match: "GET /api/order/:id", service: orders, percent: 100, fallback: none }
`,
  );
  return port;
}
