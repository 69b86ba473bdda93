import { relative } from 'node:path';
import { defaultPorts, type Places } from './members.ts';
import type { Paint } from './paint.ts';

/** What is where, and what to try next. */
export function summary({ routes, ports, defects }: Places, paint: Paint): string {
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const shop = at(ports.port);
  const beside = relative(process.cwd(), routes);
  const file = beside.startsWith('..') ? routes : beside;
  const strangler = (command: string): string =>
    `npx strangler ${command}${file === 'routes.yaml' ? '' : ` -c ${file}`}`;

  const where = table(
    [paint.name, plain, paint.quiet],
    [
      ['proxy', shop, 'the shop, as its visitors see it'],
      ['admin', at(ports['admin-port']), 'the proxy’s /healthz, /readyz and /metrics'],
      ['monolith', at(ports['legacy-port']), 'legacy: whatever no route speaks of'],
      ['inventory', at(ports['inventory-port']), '/inventory/:sku'],
      ['payments', at(ports['payments-port']), '/payments/:id'],
      ['orders', at(ports['orders-port']), '/orders/:id'],
      ['gateway', at(ports['gateway-port']), 'who takes the cards: /ledger'],
      ['routes', file, 'who answers what; a save applies at once'],
    ],
  );

  const adminPort = ports['admin-port'];
  const next: readonly (readonly [command: string, meaning: string])[] = [
    // The commands read routes.yaml as the proxy does, environment and all.
    ...(adminPort === defaultPorts['admin-port']
      ? []
      : [[`export ADMIN_PORT=${adminPort}`, 'where the commands find the proxy'] as const]),
    [`curl -i ${shop}/api/orders/42`, 'x-strangler-target says who answered'],
    [strangler('status'), 'what has moved, and how far'],
    [strangler("explain GET /api/orders/42 -H 'cookie: session=7'"), 'who would answer this caller, and why'],
    [strangler('shift orders 25'), 'a quarter of all callers to the orders service'],
    [strangler('rollback orders'), 'and back'],
    [
      `npm run example:traffic${ports.port === defaultPorts.port ? '' : ` -- --url ${shop}`}`,
      'visitors: 2,000 requests, a copy of some of which the services get too',
    ],
    [strangler('report'), 'where the services’ answers differ, and how sure that is'],
    [strangler('events tail'), 'what they have written, told as events'],
    ['npm run example:verify', 'where the services’ copies differ from the monolith’s'],
  ];

  return [
    '',
    paint.bold('The shop is open.'),
    '',
    ...where,
    '',
    ...(defects ? [paint.bad('The orders service has two defects, on purpose: you asked for --defects on.'), ''] : []),
    paint.bold('Try next, in another terminal:'),
    '',
    // One under the other: side by side they would not fit into 80 columns.
    ...next.flatMap(([command, meaning]) => [`  ${command}`, `      ${paint.quiet(meaning)}`]),
    '',
    paint.quiet('Or change a percent in the routes and save. Ctrl-C stops everything.'),
    '',
  ].join('\n');
}

type Look = (text: string) => string;
const plain: Look = (text) => text;

/** Every column but the last as wide as its widest cell; padded first, painted then: colours have no width. */
function table(looks: readonly Look[], rows: readonly (readonly string[])[]): string[] {
  const widths = looks.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const last = looks.length - 1;
  return rows.map((row) => {
    const cells = row.map((cell, column) => looks[column]!(column === last ? cell : cell.padEnd(widths[column]!)));
    return `  ${cells.join('  ')}`;
  });
}
