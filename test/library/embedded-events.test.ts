import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Strangler, strangler } from '../../dist/src/index.js';
import type { DomainEvent } from '../../src/ports.ts';
import { sqliteDriver } from '../../src/sqlite/driver.ts';

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

it('publishes from inside another program, and delivers before it is closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strangler-embedded-events-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let made = 0;
  const legacy = await listen(
    createServer((request, response) => {
      request.resume().on('end', () => response.end(`{"id":${++made}}`));
    }),
  );
  const config = join(folder, 'routes.yaml');
  await writeFile(
    config,
    `version: 1
state: sqlite:state.db
legacy: { url: http://127.0.0.1:${legacy} }
services: { orders: { url: http://127.0.0.1:${legacy} } }
events: { bus: sqlite:events.db, sync: system }
routes:
  - { id: order, match: POST /orders, service: orders, percent: 0, publish: { type: order.created, key: $.id } }
`,
  );
  const events: DomainEvent[] = [];
  const embedded: Strangler = await strangler({ config, onEvent: (event) => void events.push(event as DomainEvent) });
  const port = await listen(createServer(embedded.handler));
  for (const id of [1, 2, 3]) {
    const answer = await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', body: '{}' });
    expect(await answer.json()).toEqual({ id });
  }
  await embedded.close();
  const database = new (sqliteDriver())(join(folder, 'events.db'), { readonly: true });
  const bodies = database.prepare('SELECT body FROM event ORDER BY seq').pluck().all() as string[];
  database.close();
  expect(bodies.map((body) => JSON.parse(body).subject)).toEqual(['1', '2', '3']);
  expect(events.filter(({ type }) => type.startsWith('event') || type.startsWith('outbox'))).toEqual([]);
});
