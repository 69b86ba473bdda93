import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AdminParts, createAdmin } from '../../src/admin/api.ts';
import type { Change } from '../../src/domain/live.ts';
import { rolloutStatuses } from '../../src/domain/rollout/status.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import { memoryState } from '../../src/state/memory.ts';
import { memoryEvidence } from '../../src/state/memory-evidence.ts';
import { settings } from '../contract/rollouts.ts';
import { memoryOutbox } from '../support/publishing.ts';

const declared: Change = {
  kind: 'declare',
  routes: [
    { route: 'order-read', service: 'orders', percent: 10, shadow: 100, retired: false },
    { route: 'order-old', service: 'orders', percent: 100, shadow: 0, retired: true },
  ],
  previous: null,
  declaredAt: 0,
  who: 'test',
};

const at = Date.parse('2026-01-31T12:00:00Z');

async function adminWith(parts: Partial<AdminParts> = {}) {
  const state = memoryState({ now: () => at });
  await state.change(declared);
  let rollouts = await state.rollouts();
  state.watch((_live, changed) => {
    rollouts = changed;
  });
  const evidence = memoryEvidence(defaultEvidence, { now: () => at });
  const app = createAdmin({
    settings: () => ({ host: '127.0.0.1', port: 9090, token: null, hosts: ['ops.example.com'] }),
    notReady: () => null,
    status: async () => ({ routes: [] }),
    metrics: async () => ({ text: 'up 1\n', contentType: 'text/plain; version=0.0.4' }),
    explain: (question) => question,
    change: (order) => state.change(order),
    rollouts: () => rolloutStatuses(rollouts),
    planned: (name) =>
      name === 'orders' ? { ok: true, routes: ['order-read'], settings } : { ok: false, problem: ['there is no plan'] },
    history: (query) => state.history(query),
    outbox: memoryOutbox(),
    eventSource: () => '/test',
    evidence,
    ...parts,
  });
  return { app, state, evidence };
}

type App = Awaited<ReturnType<typeof adminWith>>['app'];

const local = { host: 'localhost:9090' };
const withToken = { settings: () => ({ host: '127.0.0.1', port: 9090, token: 'sesame', hosts: [] }) };

function post(app: App, path: string, body: unknown, headers: Record<string, string> = {}) {
  return app.request(path, {
    method: 'POST',
    headers: { ...local, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const shift = { routes: ['order-read'], percent: 25, who: 'ada@ops', reason: 'first callers' };

describe('probes', () => {
  it('find the process alive under any Host and without the token', async () => {
    const { app } = await adminWith(withToken);
    expect((await app.request('/healthz', { headers: { host: '10.1.2.3:9090' } })).status).toBe(200);
  });

  it('hear why the proxy is not ready', async () => {
    let reason: string | null = 'starting';
    const { app } = await adminWith({ notReady: () => reason });
    const before = await app.request('/readyz');
    expect([before.status, await before.text()]).toEqual([503, 'starting\n']);
    reason = null;
    expect((await app.request('/readyz')).status).toBe(200);
  });
});

describe('the API', () => {
  let app: App;
  let state: Awaited<ReturnType<typeof adminWith>>['state'];

  beforeEach(async () => {
    ({ app, state } = await adminWith());
  });

  it('shifts a route and says who did it and why', async () => {
    const answer = await post(app, '/api/shift', shift);
    expect(answer.status).toBe(200);
    const { entries, refused } = (await answer.json()) as { entries: unknown[]; refused: unknown[] };
    expect(entries).toMatchObject([
      { route: 'order-read', from: 10, to: 25, source: 'shift', who: 'ada@ops', reason: 'first callers' },
    ]);
    expect(refused).toEqual([]);
    expect((await state.read()).find(({ route }) => route === 'order-read')).toMatchObject({ live: 25 });
  });

  it('rolls everything back only when it is told to in so many words', async () => {
    expect((await post(app, '/api/rollback', {})).status).toBe(400);
    expect((await post(app, '/api/rollback', { all: false })).status).toBe(400);
    const answer = await post(app, '/api/rollback', { all: true });
    const { live, refused } = (await answer.json()) as { live: { route: string }[]; refused: { route: string }[] };
    expect(live.find(({ route }) => route === 'order-read')).toMatchObject({ live: 0, latched: true });
    expect(refused.map(({ route }) => route)).toEqual(['order-old']);
  });

  it('answers 409 with the reasons when nothing of an order could be done', async () => {
    const answer = await post(app, '/api/shift', { ...shift, routes: ['order-old', 'nowhere'] });
    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const { refused } = (await answer.json()) as { refused: { code: string }[] };
    expect(refused.map(({ code }) => code)).toEqual(['retired', 'unknown-route']);
  });

  it.each([
    ['a percent above 100', { ...shift, percent: 100.5 }],
    ['a percent finer than a bucket', { ...shift, percent: 1.234 }],
    ['a percent in quotes', { ...shift, percent: '25' }],
    ['no routes', { ...shift, routes: [] }],
    ['an unknown key', { ...shift, precent: 25 }],
    ['broken JSON', '{"routes":'],
    ['no object', 'null'],
  ])('refuses %s and changes nothing', async (_what, body) => {
    const answer = await post(app, '/api/shift', body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ status: 400, code: 'bad-order' });
    expect((await state.history({ limit: 10 })).filter(({ source }) => source === 'shift')).toEqual([]);
  });

  it('begins a rollout by the plan of the file in force, and tells where it stands', async () => {
    const answer = await post(app, '/api/rollouts/start', { name: 'orders', who: 'ada@ops', reason: 'go' });
    expect(answer.status).toBe(200);
    expect(await state.rollouts()).toMatchObject([{ name: 'orders', routes: ['order-read'], settings, step: 2 }]);
    const { entries } = (await answer.json()) as { entries: unknown[] };
    expect(entries).toMatchObject([{ route: 'order-read', from: 10, to: 25, source: 'rollout', who: 'ada@ops' }]);
    const told = await app.request('/api/rollouts', { headers: local });
    expect(await told.json()).toMatchObject([{ name: 'orders', step: 3, steps: [1, 5, 25, 100], phase: 'holding' }]);
  });

  it('begins none that the file does not declare, whatever plan is sent along', async () => {
    const unplanned = await post(app, '/api/rollouts/start', { name: 'order-old' });
    expect([unplanned.status, await unplanned.json()]).toMatchObject([409, { detail: 'there is no plan' }]);
    expect((await post(app, '/api/rollouts/start', { name: 'orders', settings })).status).toBe(400);
    expect(await state.rollouts()).toEqual([]);
  });

  it('pauses, resumes, promotes and aborts a rollout, for the step that was meant', async () => {
    await post(app, '/api/rollouts/start', { name: 'orders' });
    const phases: unknown[] = [];
    for (const [action, more] of [
      ['pause', { reason: 'lunch' }],
      ['resume', {}],
      ['promote', { step: 3 }],
      ['abort', { who: 'ada@ops' }],
    ] as const) {
      expect((await post(app, `/api/rollouts/${action}`, { name: 'orders', ...more })).status).toBe(200);
      const [rollout] = await state.rollouts();
      phases.push([rollout!.step, rollout!.standing]);
    }
    expect(phases).toEqual([
      [2, { phase: 'paused', who: 'admin API', reason: 'lunch' }],
      [2, { phase: 'holding' }],
      [3, { phase: 'holding' }],
      [3, { phase: 'aborted', who: 'ada@ops', reason: 'by hand' }],
    ]);
    const late = await post(app, '/api/rollouts/promote', { name: 'orders', step: 3 });
    expect([late.status, await late.json()]).toMatchObject([409, { refused: [{ code: 'no-rollout' }] }]);
    expect((await post(app, '/api/rollouts/promote', { name: 'orders', step: 0 })).status).toBe(400);
    expect((await app.request('/api/rollouts/pause', { headers: local })).status).toBe(405);
  });

  it('takes nobody for a guard or a conductor', async () => {
    for (const path of ['/api/guard', '/api/rollout', '/api/rollouts/advance', '/api/rollouts/fail']) {
      expect((await post(app, path, { name: 'orders', routes: ['order-read'], reason: 'x' })).status).toBe(404);
    }
  });

  it('shifts what a rollout moves only when it is told to pause that', async () => {
    await post(app, '/api/rollouts/start', { name: 'orders' });
    const refused = await post(app, '/api/shift', shift);
    expect([refused.status, await refused.json()]).toMatchObject([409, { refused: [{ code: 'in-rollout' }] }]);
    expect((await post(app, '/api/shift', { ...shift, pauseRollout: true })).status).toBe(200);
    expect(await state.rollouts()).toMatchObject([{ standing: { phase: 'paused' } }]);
  });

  it('tells the history, newest first, as it was asked', async () => {
    await post(app, '/api/shift', shift);
    const answer = await app.request('/api/history?route=order-read&limit=1', { headers: local });
    expect(await answer.json()).toMatchObject([{ route: 'order-read', to: 25 }]);
    expect((await app.request('/api/history?limit=many', { headers: local })).status).toBe(400);
  });

  it('explains a request with its headers', async () => {
    const query = new URLSearchParams({ method: 'GET', target: '/api/orders/42?full=1' });
    query.append('header', 'cookie: a=b');
    query.append('header', 'x-user-id:7');
    const answer = await app.request(`/api/explain?${query}`, { headers: local });
    expect(await answer.json()).toEqual({
      method: 'GET',
      target: '/api/orders/42?full=1',
      headers: [
        ['cookie', 'a=b'],
        ['x-user-id', '7'],
      ],
    });
  });

  it('hands the metrics out under their own content type', async () => {
    const answer = await app.request('/metrics', { headers: local });
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await answer.text()).toBe('up 1\n');
  });

  it('names what it does not have, and the method that it would answer', async () => {
    expect((await app.request('/api/nothing', { headers: local })).status).toBe(404);
    const answer = await app.request('/api/shift', { headers: local });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('takes no body that is too large to be an order', async () => {
    const answer = await post(app, '/api/shift', { ...shift, reason: 'x'.repeat(100_000) });
    expect(answer.status).toBe(413);
  });

  it('says what failed when the state does', async () => {
    await state.close();
    const answer = await post(app, '/api/shift', shift);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ code: 'failed', detail: 'the state has been closed' });
  });
});

describe('the guard', () => {
  it.each(['localhost', 'localhost:9090', '127.0.0.1:9090', '[::1]:9090', 'ops.example.com', 'OPS.example.com:443'])(
    'answers the Host %s',
    async (host) => {
      const { app } = await adminWith();
      expect((await app.request('/api/status', { headers: { host } })).status).toBe(200);
    },
  );

  it.each(['evil.example', 'localhost.evil.example', 'ops.example.com.evil.example', '10.0.0.9:9090', 'a b', ''])(
    'refuses the Host %j, which may have been rebound to this machine',
    async (host) => {
      const { app } = await adminWith();
      for (const path of ['/api/status', '/metrics', '/api/nothing']) {
        expect((await app.request(path, { headers: { host } })).status).toBe(403);
      }
    },
  );

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:8080' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://localhost:9090', 'sec-fetch-site': 'cross-site' },
  ])('refuses a change from another origin: %j', async (headers) => {
    const { app, state } = await adminWith();
    for (const [path, body] of [
      ['/api/shift', shift],
      ['/api/rollback', { all: true }],
      ['/api/rollouts/start', { name: 'orders' }],
    ] as const) {
      const answer = await post(app, path, body, headers as Record<string, string>);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, 'cross-origin']);
    }
    expect((await state.read()).find(({ route }) => route === 'order-read')).toMatchObject({ live: 10 });
  });

  it('lets a page of its own change something', async () => {
    const { app } = await adminWith();
    const own = { origin: 'http://localhost:9090', 'sec-fetch-site': 'same-origin' };
    expect((await post(app, '/api/shift', shift, own)).status).toBe(200);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])(
    'takes no change as %j, which a form could send',
    async (type) => {
      const { app } = await adminWith();
      expect((await post(app, '/api/shift', shift, { 'content-type': type })).status).toBe(415);
    },
  );

  it('asks for the token wherever something is to be learnt or changed', async () => {
    const { app } = await adminWith(withToken);
    for (const path of ['/api/status', '/api/history', '/metrics', '/api/explain?method=GET&target=/']) {
      const answer = await app.request(path, { headers: local });
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect((await post(app, '/api/shift', shift)).status).toBe(401);
    expect((await post(app, '/api/shift', shift, { authorization: 'Bearer sesame' })).status).toBe(200);
  });

  it('takes no other token for the right one', async () => {
    const { app } = await adminWith(withToken);
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[!-~]{0,20}$/), async (token) => {
        fc.pre(token !== 'sesame');
        const headers = { ...local, authorization: `Bearer ${token}` };
        expect((await app.request('/api/status', { headers })).status).toBe(401);
      }),
    );
  });

  it('sends its safety headers with everything, errors too', async () => {
    const { app } = await adminWith();
    for (const path of ['/healthz', '/api/status', '/api/nothing']) {
      const { headers } = await app.request(path, { headers: local });
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});
