/** `npm start`: the monolith, the services and the proxy, until Ctrl-C. */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureExportToken } from './export/token-file.ts';
import { onOrOff, portNumber, readOptions } from './process/options.ts';
import { busOf } from './supervisor/bus.ts';
import { startCompany } from './supervisor/company.ts';
import { defaultPorts, membersOf, type PortName, type Ports, portNames, portVariables } from './supervisor/members.ts';
import { paintFor } from './supervisor/paint.ts';
import { settlePorts } from './supervisor/ports.ts';
import { summary } from './supervisor/summary.ts';

// Two folders up from dist/example.
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const fromEnvironment = portNames.map((name) => [name, process.env[portVariables[name]] ?? String(defaultPorts[name])]);
const options = readOptions('npm start --', {
  ...(Object.fromEntries(fromEnvironment) as Record<PortName, string>),
  routes: resolve(root, 'routes.yaml'),
  data: resolve(root, 'example/data'),
  defects: process.env.ORDERS_DEFECTS ?? 'off',
});
const wanted = Object.fromEntries(portNames.map((name) => [name, portNumber(`--${name}`, options[name])])) as Ports;
const defects = onOrOff('--defects', options.defects);

const paint = paintFor(process.stderr);
const fail = (message: string): void => console.error(paint.bad(message));

const { ports, problems } = await settlePorts(wanted);
if (problems.length > 0) {
  for (const problem of problems) fail(problem);
  process.exit(1);
}

const routes = resolve(options.routes);
const found = await busOf(routes, ports);
if ('problems' in found) {
  for (const problem of found.problems) fail(problem);
  process.exit(1);
}
const data = resolve(options.data);
const places = { root, routes, data, ports, exportToken: ensureExportToken(data), bus: found.bus, defects };
const company = startCompany(membersOf(places), (name, line) => {
  console.error(`${paint.name(name.padEnd(9))} ${paint.quiet('│')} ${line}`);
});

let asked = false;
const stop = async (): Promise<void> => {
  if (asked) {
    company.kill();
    process.exit(130);
  }
  asked = true;
  console.error(paint.quiet('\nStopping; Ctrl-C again to stop at once.'));
  await company.stop();
  process.exit(0);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

void company.ready.then(
  () => {
    if (!asked) console.log(summary(places, paintFor(process.stdout)));
  },
  (error: Error) => {
    if (asked) return;
    fail(`${error.message}: everything has been stopped.`);
    process.exit(1);
  },
);

void company.lost.then(async (how) => {
  await company.ready.catch(() => {});
  if (asked) return;
  asked = true;
  fail(`${how}: stopping the others.`);
  await company.stop();
  process.exit(1);
});
