import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterId } from '../../src/domain/evidence.ts';
import { clusterSchema, reportSchema } from '../report/report-schema.ts';
import { freePort } from '../support/free-port.ts';
import { aBatch, fingerprintsOf, record } from './recorded.ts';
import { type Folder, folder } from './strangler.ts';

const yaml = (adminPort: number) => `version: 1
admin: { port: ${adminPort} }
legacy: { url: http://127.0.0.1:1 }
services:
  orders: { url: http://127.0.0.1:2 }
  payments: { url: http://127.0.0.1:3 }
routes:
  - id: order-read
    match: GET /api/orders/:id
    service: orders
    rewrite: /orders/:id
    percent: 0
    shadow: { percent: 100 }
  - id: order-list
    match: GET /api/orders
    service: orders
    percent: 0
    shadow: { percent: 100 }
  - id: payment-read
    match: GET /api/payments/:id
    service: payments
    percent: 0
`;

const total = clusterId('order-read', 'value', '$.total');
const note = clusterId('order-read', 'missing', '$.note');

let f: Folder;
let fingerprints: ReadonlyMap<string, string>;

beforeEach(async () => {
  f = await folder();
  await f.write(yaml(await freePort()));
  fingerprints = await fingerprintsOf(f);
});

afterEach(() => f.remove());

const recordTrouble = () => record(f, aBatch(fingerprints.get('order-read')!));
const recordClean = (route: string) => record(f, aBatch(fingerprints.get(route)!, { troubled: false, route }));
const routesOf = (out: string) => reportSchema.parse(JSON.parse(out)).routes;

describe('report', () => {
  it('says what to do where nothing was ever recorded, and leaves no file behind', async () => {
    const { code, out, err } = await f.run('report', 'payments');
    expect(code).toBe(0);
    expect(out).toContain('payment-read → payments: too little');
    expect(err).toContain('strangler shadow payment-read 100');
    await expect(readFile(join(f.path, '.strangler/state.evidence.db'))).rejects.toThrow('ENOENT');
    expect((await f.run('report', 'payments', '--min-match', '99')).code).toBe(1);
  });

  it('exits 1 while a route is not ready, and says why', async () => {
    await recordTrouble();
    const { code, out, err } = await f.run('report', 'order-read');
    expect(code).toBe(1);
    expect(out).toContain('order-read → orders: not ready');
    expect(out).toMatch(/at most 4\.1 % differ, at 95 % confidence: of 3,100 judged 108 differed/);
    expect(out).toContain('180 not-sampled (5.5 %), 2 aborted');
    expect(out).toMatch(new RegExp(`${total} +value +\\$\\.total +96 +3\\.1 %`));
    expect(out).not.toContain('\u001b');
    expect(err).toBe('');
  });

  it('exits 0 when every route is ready, and with a floor only when each of them is', async () => {
    await recordClean('order-read');
    expect(await f.run('report', 'order-read')).toMatchObject({ code: 0, err: '' });
    const { code, out } = await f.run('report', 'orders');
    expect(code).toBe(0);
    expect(out).toMatch(/^order-read +ready +3,100 +0 +0\.097 % +0$/m);
    expect(out).toMatch(/^order-list +too little +0/m);
    expect((await f.run('report', 'orders', '--min-match', '99.9')).code).toBe(1);
    expect((await f.run('report', 'order-read', '--min-match', '99.9', '--min-samples', '3100')).code).toBe(0);
    expect((await f.run('report', 'order-read', '--min-match', '99.99')).code).toBe(1);
    expect((await f.run('report', 'order-read', '--min-samples', '3101')).code).toBe(1);
  });

  it('reports on what is shadowed or was, and on nothing else unless it is named', async () => {
    await recordTrouble();
    const { out } = await f.run('report', '--json');
    expect(routesOf(out).map(({ id, verdict }) => [id, verdict])).toEqual([
      ['order-read', 'not ready'],
      ['order-list', 'too little'],
    ]);
  });

  it('prints JSON that keeps its schema, and nothing beside it', async () => {
    await recordTrouble();
    const { code, out, err } = await f.run('report', 'order-read', '--json', '--since', '1h');
    expect([code, err]).toEqual([1, '']);
    expect(routesOf(out)[0]).toMatchObject({
      eligible: 3282,
      compared: 3100,
      matched: 2992,
      skipped: { 'not-sampled': 180, aborted: 2 },
      clusters: [
        { id: total, count: 96, example: { path: '$.total', legacy: '12.5', service: '12.49' } },
        { id: note, count: 36 },
      ],
    });
    expect((await f.run('report', '--json', '--markdown')).code).toBe(2);
  });

  it('counts only what is younger than it was asked for', async () => {
    await recordTrouble();
    const later = new Date(Date.now() + 3_600_000).toISOString();
    expect(routesOf((await f.run('report', 'order-read', '--json', '--since', later)).out)[0]).toMatchObject({
      compared: 0,
      verdict: 'too little',
    });
  });

  it('does not count what was recorded before the route changed', async () => {
    await recordTrouble();
    await f.write((await f.read()).replace('{ percent: 100 }', '{ percent: 100, ignore: [$.total, $.note] }'));
    const { code, out } = await f.run('report', 'order-read');
    expect(code).toBe(0);
    expect(out).toContain('nothing has been judged yet');
    expect(out).toContain('3,100 comparisons from before the route or its rules changed are not counted');
  });

  it('writes a page and JUnit XML beside what it prints', async () => {
    await recordTrouble();
    const { code, out, err } = await f.run('report', '--markdown', '--html', 'report.html', '--junit', 'junit.xml');
    expect(code).toBe(1);
    expect(out).toContain('### Shadow report: 0 of 2 routes ready');
    expect(err).toContain('report.html is written');
    expect(await readFile(join(f.path, 'report.html'), 'utf8')).toMatch(
      /^<!doctype html>[\s\S]*\$\.total[\s\S]*<\/html>\n$/,
    );
    expect(await readFile(join(f.path, 'junit.xml'), 'utf8')).toContain(
      'tests="2" failures="1" errors="0" skipped="1"',
    );
    const refused = await f.run('report', '--html', 'nowhere/report.html');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("nowhere/report.html can't be written: ENOENT");
  });

  it('knows what was meant by a name that is slightly wrong', async () => {
    const { code, err } = await f.run('report', 'order-raed');
    expect(code).toBe(1);
    expect(err).toContain('no route and no service is called "order-raed" (did you mean "order-read"?)');
  });

  it.each([
    ['--min-match', '100'],
    ['--min-match', '0'],
    ['--min-match', 'much'],
    ['--min-samples', '0'],
    ['--since', 'yesterday'],
  ])('refuses %s %s', async (option, value) => {
    expect((await f.run('report', option, value)).code).toBe(2);
  });

  it('asks the proxy for what only its memory has', async () => {
    await f.write(`${await f.read()}state: memory\n`);
    const down = await f.run('report');
    expect(down.code).toBe(1);
    expect(down.err).toContain('no proxy answers at');
    const port = await freePort();
    await f.write(`${await f.read()}listen: { port: ${port} }\n`);
    const proxy = await f.start();
    const { code, out } = await f.run('report', 'order-read', '--json');
    expect([code, routesOf(out)[0]!.summary]).toEqual([0, 'nothing has been judged yet']);
    await proxy.end();
  });

  it('goes by what is recorded while routes.yaml is broken', async () => {
    await recordTrouble();
    await f.write('version: 1\nroutes: [');
    const { code, out } = await f.run('report');
    expect(code).toBe(1);
    expect(out).toContain('order-read → orders: not ready');
  });
});

describe('mismatch', () => {
  beforeEach(recordTrouble);

  it('lists every cluster and shows one with its examples', async () => {
    const { out } = await f.run('mismatch', 'list');
    expect(out).toMatch(new RegExp(`^${total} +order-read +value +\\$\\.total +96 +3\\.1 % .* counts$`, 'm'));
    expect(out.trimEnd().split('\n')).toHaveLength(3);
    const shown = await f.run('mismatch', 'show', total.slice(0, 5));
    expect(shown.out).toContain('GET /api/orders/42?expand=items');
    expect(shown.out).toMatch(/value +\$\.total +12\.5 +12\.49/);
    const list = JSON.parse((await f.run('mismatch', 'list', '--json')).out) as object[];
    for (const { route, ...cluster } of list as { route: string }[]) {
      expect(route).toBe('order-read');
      clusterSchema.parse(cluster);
    }
    const { examples } = JSON.parse((await f.run('mismatch', 'show', total, '--json')).out);
    expect(examples[0]).toMatchObject({ request: { method: 'GET' }, legacy: { status: 200 } });
  });

  it('is not counted any more once it is accepted or ignored, which the report says, and counts again after', async () => {
    const accepted = await f.run('mismatch', 'accept', total.slice(0, 6), '--reason', 'legacy rounds wrongly');
    expect(accepted.out).toContain(`${total} (value $.total of order-read) is accepted`);
    await f.run('mismatch', 'ignore', note, '--until', '14d', '--reason', 'next sprint');
    const { code, out } = await f.run('report', 'order-read');
    expect(code).toBe(0);
    expect(out).toContain('412 of them only thanks to rules\n');
    expect(out).toContain('108 of them thanks to accepted or ignored clusters\n');
    expect(out).toContain('accepted by ada@ops: legacy rounds wrongly');
    expect(out).toMatch(/ignored until \d{4}-\d\d-\d\d by ada@ops: next sprint/);
    const restored = await f.run('mismatch', 'restore', total, '--json');
    expect(JSON.parse(restored.out)).toMatchObject({ id: total, standing: 'counts', judgement: null });
    expect(routesOf((await f.run('report', 'order-read', '--json')).out)[0]).toMatchObject({
      mismatched: 96,
      thanksTo: { judgements: 12 },
    });
  });

  it('counts again when its time is over, and the report says whose decision it was', async () => {
    const judgement = { word: 'ignored', at: 1, until: Date.now() - 1000, who: 'bob@ops', reason: null } as const;
    const { openEvidence } = await import('../../src/state/open-evidence.ts');
    const { defaultEvidence } = await import('../../src/domain/shadow.ts');
    const { compiledEvidenceWorker } = await import('../state/place.ts');
    const state = { kind: 'sqlite', path: join(f.path, '.strangler/state.db') } as const;
    const evidence = await openEvidence(state, defaultEvidence, { now: Date.now }, compiledEvidenceWorker);
    await evidence.judge([total], judgement);
    await evidence.close();
    const { code, out } = await f.run('report', 'order-read');
    expect(code).toBe(1);
    expect(out).toContain(`cluster ${total} counts again: bob@ops had ignored it until`);
  });

  it('says which clusters an id may mean, and which none does', async () => {
    const many = await f.run('mismatch', 'show', '');
    expect(many.code).toBe(1);
    const { code, err } = await f.run('mismatch', 'accept', 'zzz');
    expect(code).toBe(1);
    expect(err).toContain('no cluster is called "zzz"; see "strangler mismatch list"');
  });

  it('wants to know until when, and takes no day that is over', async () => {
    expect((await f.run('mismatch', 'ignore', total)).code).toBe(2);
    expect((await f.run('mismatch', 'ignore', total, '--until', '2020-01-01')).code).toBe(2);
    expect((await f.run('mismatch', 'ignore', total, '--until', 'soon')).code).toBe(2);
  });

  it('does not overwrite a file with an export', async () => {
    const first = await f.run('mismatch', 'export', total, '--out', 'order.test.ts');
    expect(first.out).toContain('order.test.ts is written');
    const second = await f.run('mismatch', 'export', total, '--out', 'order.test.ts');
    expect([second.code, second.err]).toEqual([1, 'order.test.ts is there already\n']);
    const printed = await f.run('mismatch', 'export', total);
    expect(printed.out).toBe(await readFile(join(f.path, 'order.test.ts'), 'utf8'));
    expect(printed.out).toContain('target: "/orders/42?expand=items"');
    expect(JSON.parse((await f.run('mismatch', 'export', total, '--json')).out)).toMatchObject({
      id: total,
      file: null,
    });
  });
});

describe('evidence reset', () => {
  it('begins anew for a route, and leaves what was decided about clusters', async () => {
    await recordTrouble();
    await recordClean('order-list');
    await f.run('mismatch', 'accept', total);
    await f.run('mismatch', 'accept', note);
    const { code, out } = await f.run('evidence', 'reset', 'order-read');
    expect((await f.run('mismatch', 'restore', note)).out).toBe(`${note} counts again, once it is seen again\n`);
    expect((await f.run('mismatch', 'restore', note)).code).toBe(1);
    expect([code, out]).toEqual([0, 'the evidence of order-read begins anew\n']);
    expect(routesOf((await f.run('report', '--json')).out).map(({ id, compared }) => [id, compared])).toEqual([
      ['order-read', 0],
      ['order-list', 3100],
    ]);
    await recordTrouble();
    expect(routesOf((await f.run('report', 'order-read', '--json')).out)[0]!.clusters).toContainEqual(
      expect.objectContaining({ id: total, standing: 'accepted' }),
    );
  });

  it('takes a route, a service or --all, and exactly one of them', async () => {
    expect((await f.run('evidence', 'reset')).code).toBe(2);
    expect((await f.run('evidence', 'reset', 'orders', '--all')).code).toBe(2);
    expect((await f.run('evidence', 'reset', 'nobody')).code).toBe(1);
    expect((await f.run('evidence', 'reset', '--all')).err).toBe('there was no evidence\n');
    await recordTrouble();
    expect(JSON.parse((await f.run('evidence', 'reset', '--all', '--json')).out)).toEqual({ reset: ['order-read'] });
  });
});
