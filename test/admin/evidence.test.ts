import { beforeEach, describe, expect, it } from 'vitest';
import { createAdmin } from '../../src/admin/api.ts';
import type { RouteEvidence } from '../../src/domain/evidence.ts';
import type { Change } from '../../src/domain/live.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import type { Evidence, State } from '../../src/ports.ts';
import { memoryState } from '../../src/state/memory.ts';
import { memoryEvidence } from '../../src/state/memory-evidence.ts';
import { aBatch, aCluster, anExample, aTally } from '../domain/some-evidence.ts';
import { memoryOutbox } from '../support/publishing.ts';

const now = Date.UTC(2026, 0, 5, 12);
const clock = { now: () => now };
const { id } = aCluster('$.total');
const local = { host: 'localhost:9090' };

let state: State;
let evidence: Evidence;
let app: ReturnType<typeof createAdmin>;

beforeEach(async () => {
  state = memoryState(clock);
  evidence = memoryEvidence(defaultEvidence, clock);
  app = createAdmin({
    settings: () => ({ host: '127.0.0.1', port: 9090, token: null, hosts: [] }),
    notReady: () => null,
    status: async () => ({}),
    metrics: async () => ({ text: '', contentType: 'text/plain' }),
    explain: () => ({}),
    change: (order) => state.change(order),
    rollouts: () => [],
    planned: () => ({ ok: false, problem: ['no plan'] }),
    history: (query) => state.history(query),
    outbox: memoryOutbox(),
    eventSource: () => '/test',
    evidence,
  });
  const routes = [
    { route: 'order', service: 'orders', percent: 10, shadow: 50, retired: false },
    { route: 'gone', service: 'orders', percent: 100, shadow: 0, retired: true },
  ];
  const declared: Change = { kind: 'declare', routes, previous: null, declaredAt: 0, who: 'test' };
  await state.change(declared);
  const examples = [anExample(now)];
  await evidence.record(
    aBatch(
      [aTally({ window: now }), aTally({ window: now, route: 'cart' })],
      [aCluster('$.total', { lastSeen: now, examples })],
    ),
  );
});

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await app.request(path, {
    method: 'POST',
    headers: { ...local, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function get(query: string): Promise<{ status: number; routes: readonly RouteEvidence[] }> {
  const answer = await app.request(`/api/evidence${query}`, { headers: local });
  const body = (await answer.json()) as { routes?: readonly RouteEvidence[] };
  return { status: answer.status, routes: body.routes ?? [] };
}

describe('a shadow percent, by the admin API', () => {
  it('is changed, and the history says by whom', async () => {
    const { status, body } = await post('/api/shadow', { routes: ['order'], percent: 5, who: 'ada', reason: 'load' });
    expect(status).toBe(200);
    expect(body.entries).toMatchObject([
      { what: 'shadow', from: 50, to: 5, source: 'shift', who: 'ada', reason: 'load' },
    ]);
    expect(await state.read()).toMatchObject([{ route: 'gone' }, { live: 10, shadowLive: 5 }]);
  });

  it("is never the guard's, and stays a percent", async () => {
    const order = { routes: ['order'], percent: 5 };
    expect((await post('/api/shadow', { ...order, source: 'guard' })).status).toBe(400);
    expect((await post('/api/shadow', { ...order, percent: 101 })).status).toBe(400);
    expect((await post('/api/shadow', { routes: ['gone'], percent: 5 })).status).toBe(409);
  });

  it('gives way to a calibration for a time', async () => {
    expect((await post('/api/calibrate', { routes: ['order'], until: now + 1 })).status).toBe(200);
    expect((await state.read())[1]).toMatchObject({ calibrateUntil: now + 1 });
    for (const until of [-1, 1e300, '1', null]) {
      expect((await post('/api/calibrate', { routes: ['order'], until })).status).toBe(400);
    }
  });
});

describe('evidence, by the admin API', () => {
  it('is told whole, or as was asked', async () => {
    expect((await get('')).routes).toEqual(await evidence.read({}));
    const { routes } = await get(`?route=order&route=nobody&since=${now}&past=1&examples=0`);
    expect(routes).toEqual(
      await evidence.read({ routes: ['order', 'nobody'], since: now, past: true, withoutExamples: true }),
    );
    expect(routes[0]!.clusters[0]!.examples).toEqual([]);
    for (const wrong of ['?since=yesterday', '?past=yes', '?examples=', '?rout=order', '?route=']) {
      expect([wrong, (await get(wrong)).status]).toEqual([wrong, 400]);
    }
  });

  it('is told in pieces that put together are the whole, of any number of routes and clusters', async () => {
    const routes = ['a', 'b', 'c'].map((route) => aTally({ window: now, route, fingerprint: 'f' }));
    const clusters = ['$.x', '$.y', '$.z'].map((pattern) =>
      aCluster(pattern, { route: 'b', fingerprint: 'f', lastSeen: now, examples: [anExample(now, pattern)] }),
    );
    await evidence.record(aBatch([...routes, aTally({ window: now, route: 'b', fingerprint: 'g' })], clusters));
    for (const [query, asked] of [
      ['', {}],
      ['?past=1', { past: true }],
      ['?route=b&past=1', { routes: ['b'], past: true }],
      ['?route=nobody', { routes: ['nobody'] }],
    ] as const) {
      expect((await get(query)).routes).toEqual(await evidence.read(asked));
    }
  });

  it('is judged by the ids of clusters', async () => {
    const judgement = { word: 'ignored', at: now, until: now + 1, who: 'ada', reason: null };
    expect(await post('/api/judge', { ids: [id, '00000000'], judgement })).toEqual({
      status: 200,
      body: { known: [id] },
    });
    expect((await get('?route=order')).routes[0]!.clusters).toMatchObject([{ id, judgement }]);
    expect((await post('/api/judge', { ids: [id], judgement: null })).status).toBe(200);
    expect((await get('?route=order')).routes[0]!.clusters).toMatchObject([{ id, judgement: null }]);
    for (const wrong of [{ ...judgement, until: undefined }, { ...judgement, word: 'fine' }, 'accepted']) {
      expect((await post('/api/judge', { ids: [id], judgement: wrong })).status).toBe(400);
    }
    expect((await post('/api/judge', { ids: ["'; --"], judgement: null })).status).toBe(400);
    expect((await post('/api/judge', { ids: [id] })).status).toBe(400);
  });

  it('is reset by routes, and all of it only in so many words', async () => {
    expect((await post('/api/evidence/reset', {})).status).toBe(400);
    expect(await post('/api/evidence/reset', { routes: ['cart', 'nobody'] })).toMatchObject({
      body: { routes: ['cart'] },
    });
    expect(await post('/api/evidence/reset', { all: true })).toMatchObject({ body: { routes: ['order'] } });
  });

  it('says why, when it can not be told', async () => {
    await evidence.close();
    const answer = await app.request('/api/evidence', { headers: local });
    expect([answer.status, await answer.json()]).toMatchObject([500, { detail: 'the evidence has been closed' }]);
  });

  it.each(['/api/shadow', '/api/calibrate', '/api/judge', '/api/evidence/reset'])(
    'is not for another origin, nor for a form: %s',
    async (path) => {
      expect((await post(path, {}, { origin: 'https://evil.example' })).status).toBe(403);
      expect((await post(path, {}, { 'content-type': 'text/plain' })).status).toBe(415);
      const answer = await app.request(path, { headers: local });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    },
  );
});
