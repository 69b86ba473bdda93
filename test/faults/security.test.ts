import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import type { StartedProxy } from '../support/process.ts';
import { RawCaller } from '../support/raw-caller.ts';
import { ask } from './load.ts';
import { eventually, route, type Stage, stage } from './stage.ts';

const token = 'a-token-that-nobody-should-read';
const secret = 'a-secret-that-nobody-should-read';
const guarded = `override: { secret: ${secret} }`;

const portOf = (url: string) => Number(new URL(url).port);

function withToken(at: Stage, more = guarded, percent = 0): string {
  return at.yaml([route('read', '/read', percent)], more).replace('admin: {', `admin: { token: ${token},`);
}

async function admin(proxy: StartedProxy, path: string, headers: Record<string, string>, body?: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    request(new URL(path, proxy.admin), { method: body === undefined ? 'GET' : 'POST', headers }, (message) => {
      let text = '';
      message.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      message.on('end', () => resolve({ status: message.statusCode!, text }));
    })
      .on('error', reject)
      .end(body);
  });
}

async function answered(port: number, head: string): Promise<string> {
  const caller = await RawCaller.connect(port);
  try {
    caller.send(`${head}\r\n\r\n`);
    return (await caller.answer())?.body.toString('latin1') ?? 'nothing';
  } finally {
    caller.destroy();
  }
}

it('opens its admin port to this machine only, and nothing of it to callers', async () => {
  const at = await stage();
  at.legacy.answer = (incoming, response) => response.end(`legacy ${incoming.url}`);
  await at.write(at.yaml([route('read', '/read', 0)]));
  const proxy = await at.start();
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of outside) {
    await expect(RawCaller.connect(portOf(proxy.admin), address), address).rejects.toThrow(/ECONNREFUSED/);
  }
  for (const path of ['/api/status', '/metrics', '/healthz', '/readyz', '/api/shift', '/api/history']) {
    expect(await answered(portOf(proxy.url), `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${portOf(proxy.admin)}`)).toBe(
      `legacy ${path}`,
    );
  }
  expect(await answered(portOf(proxy.url), `GET ${proxy.admin}/api/status HTTP/1.1\r\nHost: x`)).toMatch(/^legacy /);
});

it.each(['0.0.0.0', '"::"'])('does not start on %s without a token', async (host) => {
  const at = await stage();
  await at.write(at.yaml([]).replace('admin: {', `admin: { host: ${host},`));
  const { code, err } = await at.run('start');
  expect(code).toBe(1);
  expect(err).toMatch(/off loopback the admin API needs a "token"/);
});

it('lets nobody change anything without the token, or from a page of somebody else', async () => {
  const at = await stage();
  await at.write(withToken(at));
  const proxy = await at.start();
  const bearer = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const order = JSON.stringify({ routes: ['read'], percent: 100 });
  const refusals: readonly (readonly [number, Record<string, string>])[] = [
    [401, { 'content-type': 'application/json' }],
    [401, { ...bearer, authorization: `Bearer ${token}x` }],
    [401, { ...bearer, authorization: `Basic ${token}` }],
    [403, { ...bearer, host: 'rebound.example' }],
    [403, { ...bearer, origin: 'null' }],
    [403, { ...bearer, origin: 'http://evil.example' }],
    [403, { ...bearer, origin: `http://localhost:${portOf(proxy.url)}` }],
    [403, { ...bearer, 'sec-fetch-site': 'cross-site' }],
    [415, { ...bearer, 'content-type': 'text/plain' }],
  ];
  for (const [status, headers] of refusals) {
    expect((await admin(proxy, '/api/shift', headers, order)).status, JSON.stringify(headers)).toBe(status);
  }
  expect((await admin(proxy, '/api/shift', bearer, `"${'x'.repeat(70_000)}"`)).status).toBe(413);
  expect((await admin(proxy, '/api/shift', bearer)).status).toBe(405);
  expect((await admin(proxy, '/api/nothing', bearer)).status).toBe(404);
  expect((await ask(new URL('/read', proxy.url))).body).toBe('legacy');
  expect((await admin(proxy, '/api/shift', bearer, order)).status).toBe(200);
  expect((await ask(new URL('/read', proxy.url))).body).toBe('orders');
});

it('tells its secrets to nobody: not in status, metrics, logs, problems or answers', async () => {
  const at = await stage();
  await at.write(withToken(at, `${guarded}\ndebug: true`));
  const proxy = await at.start();
  const bearer = { authorization: `Bearer ${token}` };
  const heard: string[] = [];
  for (const path of [
    '/api/status',
    '/metrics',
    '/api/history',
    '/api/explain?method=GET&target=/read',
    '/api/nothing',
  ]) {
    heard.push((await admin(proxy, path, bearer)).text);
  }
  heard.push((await admin(proxy, '/api/status', { authorization: `Bearer ${token}-` })).text);
  heard.push(
    await answered(portOf(proxy.url), `GET /read HTTP/1.1\r\nHost: x\r\nx-strangler-target: orders; secret=${secret}`),
  );
  for (const spoilt of [
    withToken(at).replace('token: ', 'token: [').replace(',', '],'),
    withToken(at).replace('secret: ', 'secrets: '),
    `${withToken(at)}admin: { token: ${token} }\n`,
    withToken(at, `override: ${secret}`),
    withToken(at).replace(`${token},`, `${token}: ,`),
  ]) {
    const before = proxy.log.filter(({ event }) => event === 'reload.rejected').length;
    await at.write(spoilt);
    await eventually(() => proxy.log.filter(({ event }) => event === 'reload.rejected').length).toBe(before + 1);
    heard.push((await admin(proxy, '/api/status', bearer)).text);
    const validated = await at.run('validate');
    heard.push(validated.out, validated.err);
  }
  heard.push(JSON.stringify(proxy.log));
  for (const each of heard) {
    expect(each).not.toContain(token);
    expect(each).not.toContain(secret);
  }
});

it('obeys the override header only with the secret, and never forwards it', async () => {
  const at = await stage();
  const seen: string[] = [];
  for (const target of [at.legacy, at.orders]) {
    const name = target === at.legacy ? 'legacy' : 'orders';
    target.answer = (incoming, response) => {
      seen.push(incoming.rawHeaders.join('\n').toLowerCase());
      response.end(name);
    };
  }
  await at.write(at.yaml([route('read', '/read', 0)], guarded));
  const proxy = await at.start();
  const right = `orders; secret=${secret}`;
  const tries: readonly (readonly [string, string])[] = [
    ['legacy', 'x-strangler-target: orders'],
    ['legacy', 'X-STRANGLER-TARGET: orders; secret='],
    ['legacy', `x-strangler-target: orders; secret=${secret}x`],
    ['legacy', 'x-strangler-target: orders\r\nConnection: x-strangler-target'],
    ['legacy', `x-strangler-target: orders\r\nX-Strangler-Target: ${right}`],
    ['legacy', 'x_strangler_target: orders'],
    ['orders', `X-Strangler-Target: ${right}`],
    ['orders', `x-strangler-target: ${right}\r\nConnection: keep-alive, x-strangler-target`],
  ];
  for (const [expected, fields] of tries) {
    expect(await answered(portOf(proxy.url), `GET /read HTTP/1.1\r\nHost: x\r\n${fields}`), fields).toBe(expected);
  }
  expect(seen).toHaveLength(tries.length);
  for (const head of seen) expect(head).not.toMatch(/strangler-target/);
});

it('dials only what routes.yaml names, and hands redirects on', async () => {
  const at = await stage();
  const elsewhere = await stage();
  const astray = `127.0.0.1:${elsewhere.legacy.port}`;
  let dialled = 0;
  elsewhere.legacy.server.on('connection', () => {
    dialled += 1;
  });
  at.legacy.answer = (_incoming, response) =>
    response.writeHead(302, { location: `http://${astray}/latest/meta-data` }).end('legacy');
  await at.write(at.yaml([route('read', '/read', 0)]));
  const proxy = await at.start();
  const port = portOf(proxy.url);
  for (const head of [
    `GET / HTTP/1.1\r\nHost: ${astray}`,
    `GET http://${astray}/ HTTP/1.1\r\nHost: ${astray}`,
    `GET //${astray}/ HTTP/1.1\r\nHost: x`,
    `GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: ${astray}\r\nForwarded: host="${astray}"`,
    `GET /@${astray}/ HTTP/1.1\r\nHost: x`,
    `GET /\\${astray} HTTP/1.1\r\nHost: x`,
    `GET / HTTP/1.1\r\nHost: x\r\nConnection: host`,
  ]) {
    const caller = await RawCaller.connect(port);
    caller.send(`${head}\r\n\r\n`);
    const answer = await caller.answer();
    expect([302, 400], head).toContain(answer?.status);
    caller.destroy();
  }
  await expect(answered(port, `CONNECT ${astray} HTTP/1.1\r\nHost: ${astray}`)).resolves.toContain('not forwarded');
  expect(dialled).toBe(0);
});

it('shows no control characters of names and reasons on a terminal', async () => {
  const at = await stage();
  await at.write(at.yaml([route('read', '/read', 0)]));
  expect((await at.run('shift', 'read', '5', '--reason', 'red \u001b[31m\u0007 alert\r\nforged line')).code).toBe(0);
  const shown = [
    await at.run('history'),
    await at.run('history', '--json'),
    await at.run('status'),
    await at.run('explain', 'GET', '/read\u001b[2J', '-H', 'x-a: \u001b[1m'),
  ];
  await at.write(at.yaml([route('"a\\e[31mb"', '/read', 0), route('c', '/\u001b[0m', 0)]));
  shown.push(await at.run('validate'), await at.run('status'), await at.run('shift', 'nob\u001b[0mody', '1'));
  for (const { out, err } of shown) {
    expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  }
  expect(shown[0]!.out.split('\n').filter((line) => line.startsWith('forged'))).toEqual([]);
});
