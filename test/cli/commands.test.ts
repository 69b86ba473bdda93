import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Folder, folder } from './strangler.ts';

/** No proxy runs here: the commands speak to the state. */
const yaml = (adminPort: number) => `version: 1
admin: { port: ${adminPort} }
legacy: { url: http://127.0.0.1:1 }
services:
  orders: { url: http://127.0.0.1:2, writes: shared }
  payments: { url: http://127.0.0.1:3 }
routes:
  - id: order-read
    match: GET /api/orders/:id
    service: orders
    percent: 0   # careful
  - id: order-write
    match: POST /api/orders
    service: orders
    percent: 5
  - id: order-old
    match: GET /old
    service: orders
    legacy: retired
  - id: payment-write
    match: POST /api/payments
    service: payments
    percent: 10
`;

let f: Folder;
let text: string;
let adminPort: number;

beforeEach(async () => {
  f = await folder();
  adminPort = await freePort();
  text = yaml(adminPort);
  await f.write(text);
});

afterEach(() => f.remove());

interface StatusJson {
  proxy: unknown;
  config: { valid: boolean; problems: string[] };
  routes: { id: string; stage: string; declared: number; live: number; latched: boolean; settle: unknown }[];
}

async function status(): Promise<Map<string, StatusJson['routes'][number]>> {
  const { out } = await f.run('status', '--json');
  return new Map((JSON.parse(out) as StatusJson).routes.map((route) => [route.id, route]));
}

describe('shift', () => {
  it('declares the file first where nobody has, then shows before and after', async () => {
    const { code, out } = await f.run('shift', 'order-read', '25', '--reason', 'first callers');
    expect(code).toBe(0);
    expect(out).toMatch(/^order-read +0 % +→ +25 % +legacy → split$/m);
    expect(out).toContain('strangler shift order-read 25 --write');
    expect((await status()).get('order-read')).toMatchObject({ declared: 0, live: 25, stage: 'split' });
    expect((await status()).get('order-write')).toMatchObject({ declared: 5, live: 5 });
  });

  it('keeps who, when and why', async () => {
    const before = Date.now();
    await f.run('shift', 'order-read', '12.5%', '--reason', 'first callers');
    const { out } = await f.run('history', 'order-read', '--json', '--limit', '1');
    const [entry] = JSON.parse(out);
    expect(entry).toMatchObject({ route: 'order-read', from: 0, to: 12.5, source: 'shift', who: 'ada@ops' });
    expect(entry.reason).toBe('first callers');
    expect(Date.parse(entry.at)).toBeGreaterThanOrEqual(before);
  });

  it('refuses a service whose routes stand apart, lists them, and moves none', async () => {
    const { code, err } = await f.run('shift', 'orders', '50');
    expect(code).toBe(1);
    expect(err).toMatch(/order-read +0 %[\s\S]*order-write +5 %[\s\S]*--all-routes/);
    expect((await status()).get('order-write')).toMatchObject({ live: 5 });
  });

  it('moves all routes of a service together but the retired ones', async () => {
    const { code } = await f.run('shift', 'orders', '50', '--all-routes');
    expect(code).toBe(0);
    const routes = await status();
    expect(['order-read', 'order-write', 'order-old', 'payment-write'].map((id) => routes.get(id)!.live)).toEqual([
      50, 50, 100, 10,
    ]);
    expect((await f.run('shift', 'orders', '60')).code).toBe(0);
  });

  it('with --write changes one line of the file and leaves nothing to settle', async () => {
    const { code } = await f.run('shift', 'order-read', '25', '--write');
    expect(code).toBe(0);
    expect(await f.read()).toBe(text.replace('percent: 0   # careful', 'percent: 25   # careful'));
    expect((await status()).get('order-read')).toMatchObject({ declared: 25, live: 25, settle: null });
    const { out } = await f.run('history', 'order-read', '--json');
    expect(JSON.parse(out).map((entry: { source: string }) => entry.source)).toEqual(['shift', 'file']);
  });

  it('says that it is live when the file can not be written', async () => {
    await f.write(text.replace('percent: 5', `percent: \${SHARE:-5}`));
    const { code, out, err } = await f.run('shift', 'order-write', '7', '--write');
    expect(code).toBe(1);
    expect(out).toMatch(/5 % +→ +7 %/);
    expect(err).toContain('order-write');
    expect((await status()).get('order-write')).toMatchObject({ declared: 5, live: 7 });
  });

  it('asks whether another name was meant', async () => {
    const { code, err } = await f.run('shift', 'order-raed', '5');
    expect(code).toBe(1);
    expect(err).toContain('did you mean "order-read"?');
  });

  it('refuses a retired route', async () => {
    const { code, err } = await f.run('shift', 'order-old', '5');
    expect(code).toBe(1);
    expect(err).toContain('legacy: retired');
  });

  it.each([['101'], ['-1'], ['5.123'], ['half'], ['']])('takes %j for wrong usage', async (percent) => {
    const { code } = await f.run('shift', 'order-read', '--', percent);
    expect(code).toBe(2);
    expect(existsSync(join(f.path, '.strangler'))).toBe(false);
  });

  it('needs no rollout to say --pause-rollout', async () => {
    const { code, out } = await f.run('shift', 'order-read', '5', '--pause-rollout');
    expect([code, out]).toEqual([0, expect.not.stringContaining('rollout')]);
  });
});

describe('rollback', () => {
  it('brings a service back, skips and lists what is retired, and says how to settle the file', async () => {
    const { code, out } = await f.run('rollback', 'orders', '--reason', 'errors');
    expect(code).toBe(0);
    expect(out).toMatch(/^order-write +5 % +→ +0 % +split → legacy, latched$/m);
    expect(out).toMatch(/^skipped: "order-old"/m);
    expect(out).toContain('routes.yaml still declares 5 %');
    expect(out).toContain('strangler shift order-write 0 --write');
    expect((await status()).get('order-write')).toMatchObject({ live: 0, latched: true });
    expect((await status()).get('payment-write')).toMatchObject({ live: 10 });
  });

  it('warns of what a service has written that legacy never saw', async () => {
    const { out } = await f.run('rollback', 'payment-write');
    expect(out).toContain('writes: separate');
    expect((await f.run('rollback', 'order-write')).out).not.toContain('writes: separate');
  });

  it('says nothing of writes of a service that has answered nobody', async () => {
    await f.run('shift', 'payment-write', '0');
    expect((await f.run('rollback', 'payment-write')).out).not.toContain('writes: separate');
  });

  it('stays latched until somebody shifts', async () => {
    await f.run('rollback', 'order-write');
    await f.run('shift', 'order-write', '5');
    expect((await status()).get('order-write')).toMatchObject({ live: 5, latched: false });
  });

  it('answers no when nothing could be rolled back', async () => {
    expect((await f.run('rollback', 'order-old')).code).toBe(1);
  });

  it('wants a name or --all, and not both', async () => {
    expect((await f.run('rollback')).code).toBe(2);
    expect((await f.run('rollback', 'orders', '--all')).code).toBe(2);
  });

  it('--all brings everything back, with no proxy up and half a routes.yaml', async () => {
    await f.run('shift', 'order-read', '40');
    await f.write(`${text}  - id: "half\n    ma`);
    const { code, out, err } = await f.run('rollback', '--all');
    expect([code, err]).toEqual([0, expect.stringContaining('routes.yaml is invalid')]);
    expect(out).toMatch(/^order-read +40 % +→ +0 %/m);
    expect(out).toMatch(/^payment-write +10 % +→ +0 %/m);
    await f.write(text);
    expect([...(await status()).values()].map(({ live }) => live)).toEqual([0, 0, 100, 0]);
  });

  // The admin port stays: without it the order would go to whatever proxy listens on the default one.
  it('--all works when nothing but the admin port is left of routes.yaml', async () => {
    await f.run('shift', 'order-read', '40');
    await f.write(`admin: { port: ${adminPort} }`);
    expect((await f.run('rollback', '--all')).code).toBe(0);
    await f.write(text);
    expect((await status()).get('order-read')).toMatchObject({ live: 0, latched: true });
  });

  it('--all with a broken file makes no state of its own and says no', async () => {
    await f.write(`admin: { port: ${adminPort} }\nroutes: [`);
    const { code, err } = await f.run('rollback', '--all');
    expect(code).toBe(1);
    expect(err).toContain('nothing was rolled back');
    expect(existsSync(join(f.path, '.strangler'))).toBe(false);
  });

  it('one route works with a broken file too', async () => {
    await f.run('shift', 'order-read', '40');
    await f.write(`${text}oops`);
    expect((await f.run('rollback', 'order-read')).code).toBe(0);
  });
});

describe('status', () => {
  it('marks what differs and prints the commands that settle it', async () => {
    await f.run('shift', 'order-read', '25');
    const { code, out } = await f.run('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^proxy +down$/m);
    expect(out).toMatch(/^order-read +orders +split +0 % +25 % +– +← live differs from declared$/m);
    expect(out).toMatch(/^ +strangler shift order-read 25 --write/m);
    expect(out).toMatch(/^ +strangler shift order-read 0 /m);
    expect(out).not.toMatch(/shift order-write/);
  });

  it('shows what is shadowed, and how to settle that too', async () => {
    await f.write(text.replace('percent: 0   # careful', 'percent: 0\n    shadow: { percent: 20 }'));
    await f.run('rollback', 'payment-write');
    expect((await f.run('status')).out).toMatch(/^order-read +orders +shadow +0 % +0 % +20 %$/m);
    await f.run('shadow', 'order-read', '5');
    const { code, out } = await f.run('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^order-read +orders +shadow +0 % +0 % +5 % +← shadow differs from declared$/m);
    expect(out).toMatch(/^payment-write +payments +legacy +10 % +0 % +– +← live differs from declared, latched$/m);
    expect(out).toMatch(/^the shadow of order-read is declared at 20 % and live at 5 %\. To settle it:$/m);
    expect(out).toMatch(/^ +strangler shadow order-read 5 --write/m);
    expect(out).toMatch(/^ +strangler shadow order-read 20 /m);
    expect(out).not.toMatch(/strangler shift order-read/);
  });

  it('takes nobody else for the proxy', async () => {
    const other = createServer((_request, response) => response.end('{"status":"success"}'));
    other.listen(adminPort, '127.0.0.1');
    await once(other, 'listening');
    const { code, out, err } = await f.run('status');
    other.close();
    expect([code, err]).toEqual([0, expect.stringContaining('is no strangler')]);
    expect(out).toMatch(/^proxy +down$/m);
  });

  it('leaves no state behind where there is none', async () => {
    expect((await f.run('status')).code).toBe(0);
    expect((await f.run('history')).code).toBe(0);
    expect((await f.run('explain', 'GET', '/api/orders/1')).code).toBe(0);
    expect(existsSync(join(f.path, '.strangler'))).toBe(false);
  });

  it('tells what it can, and answers no, when the file is broken', async () => {
    await f.run('shift', 'order-read', '25');
    await f.write(text.replace('service: orders', 'service: oders'));
    const { code, out } = await f.run('status', '--json');
    expect(code).toBe(1);
    const report = JSON.parse(out) as StatusJson;
    expect(report.config).toMatchObject({ valid: false });
    expect(report.config.problems[0]).toMatch(/^routes\.yaml:\d+:\d+ .*did you mean "orders"/);
    expect(report.routes.find(({ id }) => id === 'order-read')).toMatchObject({ live: 25 });
  });
});

describe('validate', () => {
  it('accepts a good file', async () => {
    const { code, out } = await f.run('validate');
    expect(code).toBe(0);
    expect(out).toContain('routes.yaml is valid: 4 routes, 2 services');
  });

  it('reports all problems at once and answers no', async () => {
    await f.write(text.replace('service: payments', 'service: paymens').replace('percent: 0 ', 'percent: 200 '));
    const { code, out } = await f.run('validate');
    expect(code).toBe(1);
    expect(out.match(/^routes\.yaml:\d+:\d+ /gm)!.length).toBeGreaterThanOrEqual(2);
    const json = await f.run('validate', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ valid: false });
  });

  it('takes another file, and names a missing one', async () => {
    const { code, out, err } = await f.run('validate', '-c', 'nowhere.yaml');
    expect(code).toBe(1);
    expect(out).toContain('nowhere.yaml');
    expect(err).toContain('name it with -c');
  });
});

describe('explain', () => {
  it('says which route, bucket and target, and why', async () => {
    await f.run('shift', 'order-read', '50');
    const json = await f.run('explain', 'GET', '/api/orders/42?full=1', '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      route: { id: 'order-read', params: { id: '42' }, live: 50 },
      plan: { primary: 'legacy', reason: 'unidentified' },
    });
    const { out } = await f.run('explain', 'GET', '/api/orders/42');
    expect(out).toMatch(/^route +order-read/m);
  });

  it('takes several headers', async () => {
    const { code, out } = await f.run('explain', 'GET', '/x', '-H', 'host: a.example', '-H', 'cookie: a=b', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ host: 'a.example', route: null });
    expect((await f.run('explain', 'GET', '/x', '-H', 'no colon')).code).toBe(2);
  });

  it('refuses what no request can be', async () => {
    for (const question of [
      ['G T', '/x'],
      ['GET', 'orders/42'],
      ['GET', '/a b'],
      ['GET', '/x', '--ip', 'localhost'],
    ]) {
      expect([question, (await f.run('explain', ...question)).code]).toEqual([question, 2]);
    }
    expect((await f.run('explain', 'OPTIONS', '*')).code).toBe(0);
    expect((await f.run('explain', 'GET', 'http://shop.example/x', '--ip', '::1')).code).toBe(0);
  });
});

describe('a composed route', () => {
  beforeEach(() =>
    f.write(`${text}  - id: order-details
    match: GET /api/details/:id
    percent: 0
    compose:
      order: { service: orders, path: /orders/:id, required: true }
      payment: { service: payments, path: /payments, query: { order: path:id } }
`),
  );

  it('shows its parts in the place of its service, and shifts by its id', async () => {
    expect((await f.run('shift', 'order-details', '5')).code).toBe(0);
    expect((await f.run('status')).out).toMatch(/order-details +order \+ payment +split +0 % +5 %/);
    const rows = (JSON.parse((await f.run('status', '--json')).out) as { routes: object[] }).routes;
    expect(rows.at(-1)).toMatchObject({ service: 'order-details', parts: ['order', 'payment'], live: 5 });
  });

  it('explains what each part would be asked for', async () => {
    await f.run('shift', 'order-details', '100');
    const { out } = await f.run('explain', 'GET', '/api/details/a%2Fb');
    expect(out).toMatch(/part +order: orders GET \/orders\/a%2Fb, required/);
    expect(out).toMatch(/part +payment: payments GET \/payments\?order=a%2Fb/);
  });
});

describe('history', () => {
  it('is newest first, limited, and of one route where one is named', async () => {
    await f.run('shift', 'order-read', '1');
    await f.run('shift', 'order-read', '2');
    const { out } = await f.run('history', 'order-read', '--limit', '2', '--json');
    expect(JSON.parse(out).map(({ to }: { to: number }) => to)).toEqual([2, 1]);
    const later = await f.run('history', '--since', '2999-01-01', '--json');
    expect(JSON.parse(later.out)).toEqual([]);
  });

  it('refuses what is no time, no limit and no route', async () => {
    expect((await f.run('history', '--since', 'yesterday-ish')).code).toBe(2);
    expect((await f.run('history', '--limit', '0')).code).toBe(2);
    expect((await f.run('history', 'order-raed')).code).toBe(1);
  });

  it('of a file that is not there is no history at all', async () => {
    const { code, err } = await f.run('history', '-c', 'nowhere/routes.yaml');
    expect([code, err]).toEqual([1, expect.stringContaining('is -c the right file?')]);
  });

  it('shows nothing that a terminal would obey', async () => {
    await f.run('shift', 'order-read', '3', '--reason', 'x\u001b[2J\nforged line\u202e');
    const { out } = await f.run('history', 'order-read', '--limit', '1');
    expect(out.split('\n')).toHaveLength(3);
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    const json = await f.run('history', 'order-read', '--limit', '1', '--json');
    expect(json.out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(JSON.parse(json.out)[0].reason).toBe('x\u001b[2J\nforged line\u202e');
  });
});

describe('the program', () => {
  it('takes no offence when nobody reads on', async () => {
    expect(await f.runUnread('status', '--json')).toEqual(expect.objectContaining({ code: 0, err: '' }));
  });

  it('answers wrong usage with 2, and help and version with 0', async () => {
    expect((await f.run('frobnicate')).code).toBe(2);
    expect((await f.run('shift')).code).toBe(2);
    expect((await f.run('status', '--nope')).code).toBe(2);
    expect((await f.run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await f.run('--help');
    expect([help.code, help.out]).toEqual([0, expect.stringContaining('Examples:')]);
  });
});
