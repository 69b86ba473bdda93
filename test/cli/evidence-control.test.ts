import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdmin } from '../../src/admin/api.ts';
import { type AdminServer, listenAdmin } from '../../src/admin/server.ts';
import type { EvidenceControl } from '../../src/cli/evidence-control.ts';
import type { Judgement } from '../../src/domain/evidence.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import type { Evidence, State } from '../../src/ports.ts';
import { memoryState } from '../../src/state/memory.ts';
import { memoryEvidence } from '../../src/state/memory-evidence.ts';
import { openSqliteEvidence } from '../../src/state/sqlite-evidence.ts';
import { aBatch, aCluster, anExample, aTally } from '../domain/some-evidence.ts';
import { compiledEvidenceWorker } from '../state/place.ts';
import { freePort } from '../support/free-port.ts';
import { memoryOutbox } from '../support/publishing.ts';

/** As built: the threads behind it run no TypeScript. */
const { openControl }: typeof import('../../src/cli/control.ts') = await import(
  new URL('../../dist/src/cli/control.js', import.meta.url).href
);
const { openEvidenceControl }: typeof import('../../src/cli/evidence-control.ts') = await import(
  new URL('../../dist/src/cli/evidence-control.js', import.meta.url).href
);

const now = Date.now();
const window = now - (now % 60_000);
const { id } = aCluster('$.total');
const batch = aBatch(
  [aTally({ window, urls: [1, 2] }), aTally({ window, route: 'cart' })],
  [aCluster('$.total', { lastSeen: now, examples: [anExample(now)] })],
);
const accepted: Judgement = { word: 'accepted', at: now, who: 'ada', reason: null };

/** What commands see of it, whichever door they come in by. */
async function useDoor(control: EvidenceControl): Promise<void> {
  const [cart, order] = await control.read({});
  expect([cart!.route, order!.route]).toEqual(['cart', 'order']);
  expect(order).toMatchObject({ distinct: { urls: 2 }, clusters: [{ id, judgement: null }] });
  expect(order!.clusters[0]!.examples).toHaveLength(1);
  const query = { routes: ['order'], since: now - 3_600_000, past: true, withoutExamples: true };
  expect((await control.read(query))[0]!.clusters).toMatchObject([{ id, examples: [] }]);
  expect(await control.judge([id, '00000000'], accepted)).toEqual([id]);
  expect((await control.read({ routes: ['order'] }))[0]!.clusters).toMatchObject([{ judgement: accepted }]);
  expect(await control.reset(['cart'])).toEqual(['cart']);
  expect(await control.reset(null)).toEqual(['order']);
  await control.close();
}

describe('evidence in a file', () => {
  let folder: string;
  const doors = () => ({
    state: { kind: 'sqlite' as const, path: join(folder, 'state.db') },
    admin: { host: '127.0.0.1', port: 1, token: null, hosts: [] },
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'strangler-evidence-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is read and decided about without a proxy', async () => {
    const path = join(folder, 'state.evidence.db');
    const evidence = await openSqliteEvidence({
      path,
      limits: defaultEvidence,
      clock: Date,
      worker: compiledEvidenceWorker,
    });
    await evidence.record(batch);
    const control = await openEvidenceControl({ ...doors(), evidence: defaultEvidence });
    expect(control!.by).toBe(`the evidence ${path}`);
    await useDoor(control!);
    await evidence.close();
  });

  it('is not made by looking for it', async () => {
    expect(await openEvidenceControl(doors())).toBeNull();
    expect(existsSync(join(folder, 'state.evidence.db'))).toBe(false);
  });

  it('is a failure in words where the file is none', async () => {
    await writeFile(join(folder, 'state.evidence.db'), 'version: 1\n'.repeat(500));
    const control = await openEvidenceControl(doors());
    await expect(control!.read({})).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringMatching(/not a SQLite database; move it away/),
    });
    await control!.close();
  });
});

describe("evidence in a proxy's memory", () => {
  let server: AdminServer;
  let state: State;
  let evidence: Evidence;
  const admin = () => ({ host: '127.0.0.1', port: server.port, token: 'sesame', hosts: [] });

  beforeEach(async () => {
    state = memoryState(Date);
    evidence = memoryEvidence(defaultEvidence, Date);
    const app = createAdmin({
      settings: admin,
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
    server = await listenAdmin(app, { host: '127.0.0.1', port: 0 });
  });
  afterEach(() => server.close());

  it('is read and decided about through its admin API', async () => {
    await evidence.record(batch);
    const control = await openEvidenceControl({ state: { kind: 'memory' }, admin: admin() });
    expect(control!.by).toBe(`the admin API at ${server.url}`);
    await useDoor(control!);
  });

  it('lets shadows be changed the same way', async () => {
    const routes = [{ route: 'order', service: 'orders', percent: 0, shadow: 0, retired: false }];
    await state.change({ kind: 'declare', routes, previous: null, declaredAt: 0, who: 'test' });
    const control = await openControl({ state: { kind: 'memory' }, admin: admin() });
    const shadow = { routes: ['order'], percent: 12.5, source: 'shift' as const, who: 'ada', reason: null };
    const { entries } = await control.change({ kind: 'shadow', ...shadow });
    expect(entries).toMatchObject([{ what: 'shadow', from: 0, to: 12.5, who: 'ada' }]);
    const { live } = await control.change({ kind: 'calibrate', routes: ['order'], until: now + 60_000 });
    expect(live).toMatchObject([{ shadowLive: 12.5, calibrateUntil: now + 60_000 }]);
    expect((await control.change({ kind: 'shadow', ...shadow, routes: ['nobody'] })).refused).toMatchObject([
      { code: 'unknown-route' },
    ]);
  });

  it('is a failure in words where no proxy answers', async () => {
    const port = await freePort();
    const nobody = { host: '127.0.0.1', port, token: null, hosts: [] };
    const control = await openEvidenceControl({ state: { kind: 'memory' }, admin: nobody });
    await expect(control!.read({})).rejects.toThrow(`no proxy answers at http://127.0.0.1:${port}`);
  });
});
