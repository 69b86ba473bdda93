/**
 * What the proxy can hold, and what it leaves behind: memory, sockets, and a route table of thousands.
 * `npm run bench:holdings`; a smaller crowd with `-- --quick`.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { aborts } from './holdings/aborts.ts';
import { idleConnections } from './holdings/idle-connections.ts';
import { type Finding, type Scene, setScene } from './holdings/scene.ts';
import { streams } from './holdings/streams.ts';
import { webSockets } from './holdings/websockets.ts';
import { describe, thisMachine } from './machine.ts';
import { matching } from './places.ts';
import { runToEnd } from './processes.ts';
import { writeSection } from './results.ts';
import { table } from './table.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, 'no-write': { type: 'boolean', default: false } },
});

/** Node raises its own limit to this one. */
const fileLimit = Number(
  execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).replace('unlimited', 'Infinity'),
);
const size = values.quick ? 0.1 : 1;
const sockets = atMost(2_000 * size, fileLimit / 2 - 500);
const idle = atMost(5_000 * size, fileLimit - 1_000);

function atMost(wanted: number, possible: number): number {
  if (wanted > possible)
    progress(`only ${Math.floor(possible)} instead of ${wanted}: the system allows ${fileLimit} open files`);
  return Math.floor(Math.min(wanted, possible));
}

/** Each has a proxy of its own: what one leaves in the heap must not flatter the next. */
async function find(name: string, look: (scene: Scene) => Promise<Finding[]>): Promise<Finding[]> {
  progress(name);
  const scene = await setScene();
  try {
    return await look(scene);
  } finally {
    await scene.stop();
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

const machine = thisMachine();
const findings = [
  ...(await find('idle connections', (scene) => idleConnections(scene, idle))),
  ...(await find('WebSockets', (scene) => webSockets(scene, sockets))),
  ...(await find('aborted requests', (scene) => aborts(scene, 20_000 * size))),
  ...(await find('streams', streams)),
];
progress('matching');
const matchReport = (await runToEnd({ file: process.execPath, args: [matching] }, 300_000)).trimEnd();

const figures = table(
  ['what', 'figure'],
  findings.map(({ what, figure }) => [what, figure]),
);
const report = `${figures}\n\nMatching and building, from \`bench/match.ts\`:\n\n\`\`\`\n${matchReport}\n\`\`\``;
console.log(report);
if (!values.quick && !values['no-write']) {
  const date = new Date().toISOString().slice(0, 10);
  const facts = `${date}, \`npm run bench:holdings\`. ${describe(machine)}, at most ${fileLimit} open files.`;
  writeSection('holdings', `${facts}\n\n${report}`);
}
