import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { progressOn } from '../../example/process/progress.ts';
import { Memory } from '../../example/traffic/memory.ts';
import { sendTraffic } from '../../example/traffic/run.ts';
import { openLine } from '../../example/traffic/send.ts';
import type { Step } from '../../example/traffic/step.ts';
import { Tally } from '../../example/traffic/tally.ts';
import { trafficOf } from '../../example/traffic/visits.ts';
import { compiled } from './support/processes.ts';
import { closed, listen, type RunningShop, startShop } from './support/running-shop.ts';

function steps(seed: number, count: number): Step[] {
  const traffic = trafficOf(seed);
  return Array.from({ length: count }, () => traffic.next().value);
}

describe('the traffic of a seed', () => {
  it('is the same every time, and as far as it goes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.integer({ min: 1, max: 300 }), (seed, count) => {
        expect(steps(seed, count + 50).slice(0, count)).toEqual(steps(seed, count));
      }),
      { numRuns: 50 },
    );
    expect(steps(1, 50)).not.toEqual(steps(2, 50));
  });

  it('has nothing in it that could differ without a mistake of the service', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), (seed) => {
        for (const { method, path, revalidate, body, pause } of steps(seed, 300)) {
          // Services hear of the monolith's writes a moment later. Another visit of the same visitor may have written
          // just now, so that it is no matter what came before in this one.
          if (method === 'GET' && /\{(order|payment)\}/.test(path)) expect(pause).toBe(1_000);
          expect(path).toMatch(/^\/[\w./?=&-]*(\{(order|payment|own)\})?[\w/]*$/);
          // A second look is taken at GETs only: a HEAD of what was written just now would stay a difference.
          if (method === 'HEAD') expect(path).not.toContain('{');
          if (revalidate) expect(method).toBe('GET');
          if (body !== null) expect(method).toBe('POST');
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is mostly single orders, of many orders and callers, with a little of everything else', () => {
    const all = steps(1, 2_000);
    const reads = all.filter(({ method, path }) => method !== 'POST' && /^\/api\/orders\/[^/]+$/.test(path));
    expect(reads.length).toBeGreaterThan(1_000);
    expect(new Set(reads.map(({ path }) => path)).size).toBeGreaterThan(150);
    expect(new Set(reads.map(({ visitor }) => JSON.stringify(visitor))).size).toBeGreaterThan(150);
    expect(all.some(({ path }) => path === '/')).toBe(true);
    expect(all.some(({ path }) => /^\/api\/order-details\/\d+$/.test(path))).toBe(true);
    expect(all.some(({ path }) => path === '/api/checkout')).toBe(true);
    for (const wanted of ['HEAD', 'POST']) expect(all.some(({ method }) => method === wanted)).toBe(true);
    expect(all.some(({ revalidate }) => revalidate)).toBe(true);
  });
});

describe('a visitor', () => {
  const step = (path: string, more: Partial<Step> = {}): Step => ({
    visitor: { kind: 'browser', number: 1 },
    method: 'GET',
    path,
    revalidate: false,
    body: null,
    pause: 0,
    ...more,
  });

  it('goes on with what it was told', () => {
    const memory = new Memory({ kind: 'browser', number: 1 });
    expect(memory.requestFor(step('/api/orders/{order}')).path).toBe('/api/orders/1');
    const page = memory.requestFor(step('/login'));
    memory.learn(page, {
      status: 200,
      headers: { 'content-type': 'text/html', 'set-cookie': ['session=abc; Path=/', 'shop_seen=KIT-001'] },
      text: '<input name="_csrf" value="t0k3n"><a href="/account/orders/217"><a href="/account/orders/17">',
    });
    const post = memory.requestFor(step('/login', { method: 'POST', body: { kind: 'form', fields: { a: 'b c' } } }));
    expect(post).toMatchObject({
      headers: { cookie: 'session=abc; shop_seen=KIT-001', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a=b+c&_csrf=t0k3n',
    });
    expect(memory.requestFor(step('/account/orders/{own}')).path).toBe('/account/orders/17');

    const placed = memory.requestFor(step('/api/orders', { method: 'POST', body: { kind: 'json', value: {} } }));
    memory.learn(placed, {
      status: 201,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      text: '{"id":207,"links":{"payment":"http://shop.example/api/payments/31"}}',
    });
    expect(memory.requestFor(step('/api/orders/{order}')).path).toBe('/api/orders/207');
    expect(memory.requestFor(step('/api/payments/{payment}')).path).toBe('/api/payments/31');
  });

  it('says who it is: an app by its user, a browser by nothing but its cookies', () => {
    const app = new Memory({ kind: 'app', number: 7 }).requestFor(step('/'));
    expect(app.headers['x-user-id']).toBe('user-7');
    expect(new Memory({ kind: 'browser', number: 7 }).requestFor(step('/')).headers).not.toHaveProperty('cookie');
  });

  it('asks again with the tag that it holds, and only of what it has seen', () => {
    const memory = new Memory({ kind: 'app', number: 1 });
    const again = step('/api/orders/1', { revalidate: true });
    expect(memory.requestFor(again).headers).not.toHaveProperty('if-none-match');
    memory.learn(memory.requestFor(again), { status: 200, headers: { etag: 'W/"1"' }, text: '' });
    expect(memory.requestFor(again).headers['if-none-match']).toBe('W/"1"');
  });
});

describe('sent to a shop', () => {
  let running: RunningShop;
  beforeAll(async () => {
    running = await startShop();
  });
  afterAll(() => running.close());

  it('is answered as a shop answers its visitors: nothing fails, nothing is refused for the wrong reason', async () => {
    const line = openLine(running.url, 8);
    const tally = new Tally();
    let answers = 0;
    const onAnswer = (): void => {
      answers += 1;
    };
    const end = await sendTraffic(
      { steps: trafficOf(1), requests: 800, concurrency: 8, rate: 0 },
      { line, tally, signal: new AbortController().signal, onAnswer },
    );
    line.close();
    expect([end, answers, tally.done, tally.failures]).toEqual(['finished', 800, 800, 0]);
    const seen = [...tally.summary().matchAll(/(\d{3}): [\d,]+/g)].map(([, status]) => status);
    // 402 is a declined card, 409 an order that can't be cancelled any more or too little stock.
    expect(
      seen.filter((status) => !['200', '201', '302', '303', '304', '402', '404', '409'].includes(status!)),
    ).toEqual([]);
    for (const wanted of ['200', '201', '303', '304', '404']) expect(seen).toContain(wanted);
  });

  it('is not faster than it was asked to be', async () => {
    const line = openLine(running.url, 4);
    const tally = new Tally();
    await sendTraffic(
      { steps: trafficOf(3), requests: 30, concurrency: 4, rate: 100 },
      { line, tally, signal: new AbortController().signal, onAnswer: () => {} },
    );
    line.close();
    // The last of 30 is due after 290 ms.
    expect(tally.rate).toBeLessThan(105);
  });
});

describe('npm run example:traffic', () => {
  const program = compiled('dist/example/traffic.js');
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((_, response) => void response.writeHead(200, { 'x-strangler-target': 'legacy' }).end());
    url = await listen(server);
  });
  afterAll(() => closed(server));

  it('tells a pipe in plain lines how far it is, and what came of it', async () => {
    const ran = await promisify(execFile)(process.execPath, [
      program,
      ...['--url', url, '--requests', '50', '--rate', '0'],
    ]);
    expect(ran.stderr).toContain('25 of 50 requests\n');
    expect(ran.stderr).not.toContain('\u001b');
    expect(ran.stdout).toMatch(/^50 requests in \d/);
    expect(ran.stdout).toMatch(/statuses +200: 50\nanswered by +legacy: 50\nlatency +p50 .* p99 .*\nfailures +none\n$/);
  });

  it('says that nobody is there, and exits 1', async () => {
    const gone = createServer();
    const nowhere = await listen(gone);
    await closed(gone);
    const failing = promisify(execFile)(process.execPath, [program, '--url', nowhere]);
    await expect(failing).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: `Nobody answers at ${nowhere}: is the shop open? npm start opens it.\n`,
    });
  });

  it('tells on Ctrl-C what came of it so far', async () => {
    const child = spawn(process.execPath, [program, '--url', url, '--requests', '1000', '--rate', '100'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    const [said] = await once(child.stderr, 'data');
    expect(String(said)).toBe('100 of 1,000 requests\n');
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(out).toMatch(/^1\d\d requests in/);
  });

  it.each([
    ['--url', 'nonsense', 'is not the URL of the shop'],
    ['--requests', '0', '--requests has to be a whole number from 1'],
    ['--rate', 'fast', '--rate has to be a whole number from 0'],
    ['--visitors', '3', 'Unknown option'],
  ])('refuses %s %s', async (name, value, why) => {
    const failing = promisify(execFile)(process.execPath, [program, name, value]);
    await expect(failing).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
  });
});

it('moves a bar where somebody looks, and takes it away at the end', () => {
  const written: string[] = [];
  const terminal = { isTTY: true, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const tally = new Tally();
  const progress = progressOn(terminal, 2);
  for (let i = 0; i < 2; i++) {
    tally.answered(200, undefined, 1);
    progress.show(tally);
  }
  expect(written[0]).toContain(`\r${'█'.repeat(15)}${'░'.repeat(15)} 1 of 2`);
  expect(written[1]).toContain(`\r${'█'.repeat(30)} 2 of 2`);
  progress.end();
  expect(written[2]).toBe('\r\u001b[K');
});
