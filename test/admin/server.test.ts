import { once } from 'node:events';
import { createServer } from 'node:net';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { createAdmin } from '../../src/admin/api.ts';
import { type AdminServer, listenAdmin } from '../../src/admin/server.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import { memoryState } from '../../src/state/memory.ts';
import { memoryEvidence } from '../../src/state/memory-evidence.ts';
import { memoryOutbox } from '../support/publishing.ts';

const state = memoryState({ now: Date.now });
const app = createAdmin({
  settings: () => ({ host: '127.0.0.1', port: 0, token: null, hosts: [] }),
  notReady: () => null,
  status: async () => ({ routes: [] }),
  metrics: async () => ({ text: '', contentType: 'text/plain' }),
  explain: () => ({}),
  change: (order) => state.change(order),
  rollouts: () => [],
  planned: () => ({ ok: false, problem: ['no plan'] }),
  history: (query) => state.history(query),
  outbox: memoryOutbox(),
  eventSource: () => '/test',
  evidence: memoryEvidence(defaultEvidence, { now: Date.now }),
});

describe('the admin server', () => {
  let server: AdminServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it('says where it listens when the system chose the port', async () => {
    server = await listenAdmin(app, { host: '127.0.0.1', port: 0 });
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect((await request(server.url).get('/api/status')).body).toEqual({ routes: [] });
  });

  it('answers under the address that it was reached at, and under no other', async () => {
    server = await listenAdmin(app, { host: '127.0.0.2', port: 0 });
    expect((await request(server.url).get('/api/status')).status).toBe(200);
    expect((await request(server.url).get('/api/status').set('host', '127.0.0.3')).status).toBe(403);
  });

  it('passes on that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(listenAdmin(app, { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
  });

  it('closes although a scraper keeps its connection', async () => {
    server = await listenAdmin(app, { host: '127.0.0.1', port: 0 });
    const { port } = server;
    await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { connection: 'keep-alive' } });
    await server.close();
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    server = undefined;
  });
});
