/** The proxy of the crash test: what it is told, and what it says of the events that it tells. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Uncertain } from '../../src/domain/publishing/intent.ts';
import { Sqlite } from '../process/sqlite.ts';
import type { Member } from '../supervisor/members.ts';

export const toldType = 'order.created';

/**
 * The path says which checkout it is: so an intent of which nobody knows what came can be held against the orders
 * service's books, whose orders know the same key.
 */
export const checkoutPath = (key: string): string => `/api/checkouts/${key}`;

interface Wiring {
  readonly proxy: number;
  readonly admin: number;
  readonly monolith: string;
  readonly orders: string;
  readonly bus: string;
}

/** routes.yaml, as the text of a file. */
export const routesOf = ({ proxy, admin, monolith, orders, bus }: Wiring): string => `version: 1
listen: { host: 127.0.0.1, port: ${proxy} }
admin: { host: 127.0.0.1, port: ${admin} }
state: sqlite:state.db
events: { bus: '${bus}' }
legacy: { url: ${monolith} }
services:
  orders:
    url: ${orders}
    timeout: { connect: 1s, response: 10s }
    circuit: { reset: 1s }
routes:
  - id: order-place
    match: POST ${checkoutPath(':key')}
    service: orders
    rewrite: /orders
    percent: 100
    fallback: none
    publish: { type: ${toldType}, when: status == 201, key: $.id, data: { status: $.status } }
  - { id: order-read, match: GET /api/orders/:id, service: orders, rewrite: /orders/:id, percent: 100, fallback: none }
`;

const strangler = (root: string): string => join(root, 'bin/strangler.js');
const routesIn = (folder: string): string => join(folder, 'routes.yaml');

export function proxyIn(root: string, folder: string, adminUrl: string): Member {
  const leave = join(root, 'dist/example/process/leave-with-parent.js');
  return {
    name: 'proxy',
    command: ['--import', leave, strangler(root), 'start', '-c', routesIn(folder)],
    env: {},
    ready: { url: `${adminUrl}/readyz` },
  };
}

/** Events that the bus has not taken yet, and intents that are neither told nor known to be uncertain. */
export function underWayIn(folder: string): number {
  const file = join(folder, 'state.outbox.db');
  if (!existsSync(file)) return 0;
  const db = new Sqlite(file, { readonly: true });
  try {
    return db
      .prepare<[], { count: number }>(
        `SELECT (SELECT count(*) FROM intent WHERE reason IS NULL) + (SELECT count(*) FROM event WHERE delivered IS NULL)
         AS count`,
      )
      .get()!.count;
  } finally {
    db.close();
  }
}

/** What `strangler events uncertain` lists. */
export async function uncertainIn(root: string, folder: string): Promise<readonly Uncertain[]> {
  const command = [strangler(root), 'events', 'uncertain', '--json', '--limit', '99999', '-c', routesIn(folder)];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as Uncertain[];
}
