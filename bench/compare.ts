/**
 * Pairs of JSON answers compared per second, from bytes to result, beside the two libraries that people reach for:
 * `npm run bench:compare`. Ours honours rules and looks at status and headers too; theirs do neither.
 */
import { type Case, cases } from './comparing/documents.ts';
import { ours, type Peer, peers } from './comparing/peers.ts';
import { describe, thisMachine } from './machine.ts';
import { writeSection } from './results.ts';
import { figureOf, ratioOf } from './statistics.ts';
import { short, table } from './table.ts';

const rounds = Number(process.argv[2] ?? 7);
const share = 150;

const machine = thisMachine();
const rows: string[][] = [];
let isAhead = true;
for (const one of cases()) {
  const all = [ours(one.name === 're-ordered'), ...peers];
  const rates = measured(one, all);
  const ratios = rates.slice(1).map((rate) => ratioOf(rates[0]!, rate));
  isAhead &&= ratios.every(({ median }) => median > 1);
  rows.push([
    `${one.size}, ${one.name}`,
    ...rates.map((rate) => short(figureOf(rate).median)),
    ...ratios.map(({ median, least }) => `${short(median)} (${short(least)})`),
  ]);
}
const names = peers.map(({ name }) => name);
const date = new Date().toISOString().slice(0, 10);
const facts = `${date}, \`npm run bench:compare\`. ${describe(machine)}.`;
const legend = `Pairs per second of processor time, medians of ${rounds} rounds; then how many times the peer's: the median (the least).`;
const text = `${facts}\n${legend}\n\n${table(['pair', 'strangler', ...names, ...names.map((name) => `× ${name}`)], rows)}`;
console.log(text);
console.log(isAhead ? '\nahead in all of them' : '\nNOT ahead in all of them');
writeSection('comparing', text);
process.exitCode = isAhead ? 0 : 1;

/** Of each peer: its rate in each round. The peers take turns, so that a busy moment of the machine meets them all. */
function measured({ control, candidate }: Case, all: readonly Peer[]): number[][] {
  const rates = all.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    all.forEach((peer, i) => {
      const rate = rateOf(() => peer.compare(control, candidate));
      // The first rounds are for the compiler.
      if (round >= 0) rates[i]!.push(rate);
    });
  }
  return rates;
}

/**
 * Runs for about {@link share} ms of the processor's time; per second of it. A machine that is busy with something else
 * then slows none of them. What collects garbage on other threads is counted too.
 */
function rateOf(work: () => number): number {
  let count = 0;
  let found = 0;
  const began = process.cpuUsage();
  let spent = 0;
  while (spent < share * 1_000 || count < 3) {
    for (let i = 0; i < 3; i++) found += work();
    count += 3;
    const { user, system } = process.cpuUsage(began);
    spent = user + system;
  }
  if (!Number.isFinite(found)) throw new Error('the work was not done');
  return (count * 1_000_000) / spent;
}
