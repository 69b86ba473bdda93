import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../places.ts';
import { freePort } from '../processes.ts';
import type { Peer } from './peer.ts';

const ours = join(root, 'bin/strangler.js');

/** The proxy as operators run it: command line, SQLite state, metrics, every measured path in a 50 % split. */
export const strangler: Peer = stranglerFrom('strangler', ours);

/** The same with every policy of both targets on, and with none: what they cost. Measured only when they are named. */
export const withPolicies: readonly Peer[] = [
  stranglerFrom(
    'policies-on',
    ours,
    'timeout: { total: 10s }, retry: {}, circuit: {}, ejection: {}, bulkhead: { concurrent: 1000 }',
  ),
  stranglerFrom('policies-off', ours, 'retry: off, circuit: off, ejection: off, bulkhead: off'),
];

/** Another build of the proxy, to hold a change against. `policies`: keys of both targets, where they aren't the defaults. */
export function stranglerFrom(name: string, bin: string, policies = ''): Peer {
  return {
    name,
    version: () => (JSON.parse(readFileSync(join(bin, '../../package.json'), 'utf8')) as { version: string }).version,
    async command({ port, targetPort, folder }) {
      const file = join(folder, 'routes.yaml');
      await writeFile(file, routesYaml(port, await freePort(), targetPort, policies));
      return { file: process.execPath, args: [bin, 'start', '-c', file] };
    },
  };
}

const measured = [
  ['json-read', 'GET /api/json/:id'],
  ['bytes-read', 'GET /api/bytes/:size'],
  ['json-write', 'POST /api/json'],
  ['upload', 'POST /api/uploads/:id'],
];

/** The measured routes stand last: sixteen others are passed by on the way. */
function routesYaml(port: number, adminPort: number, targetPort: number, policies: string): string {
  const others = Array.from({ length: 16 }, (_, i) => [`other-${i}`, `GET /api/other${i}/:id`]);
  const routes = [...others, ...measured]
    .map(([id, match]) => `  - { id: ${id}, match: "${match}", service: orders, percent: 50 }`)
    .join('\n');
  return `version: 1
listen: { host: 127.0.0.1, port: ${port} }
admin: { host: 127.0.0.1, port: ${adminPort} }
state: sqlite:state.db
legacy: { url: "http://127.0.0.1:${targetPort}", ${policies} }
services:
  orders: { url: "http://127.0.0.1:${targetPort}", writes: shared, ${policies} }
caller: [cookie:session]
routes:
${routes}
`;
}
