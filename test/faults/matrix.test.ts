/**
 * What callers get when a service fails, fault by fault: real processes, real sockets, one proxy with the defaults of a
 * service but for shorter times. `docs/faults.md` is this run's table; `STRANGLER_WRITE_FAULTS=1` writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { createCertificate } from '../support/certificate.ts';
import type { StartedProxy } from '../support/process.ts';
import { IllService } from './ill-service.ts';
import { eventually, type Stage, stage } from './stage.ts';

/** A whole answer's author, or the code of the error, or `broken` for an answer that broke off after its head. */
type Got = 'orders' | 'legacy' | 'broken' | (string & {});

interface Fault {
  readonly name: string;
  readonly instances?: number;
  readonly secure?: boolean;
  begin(scene: Scene): Promise<void> | void;
  end(scene: Scene): Promise<void> | void;
  /** Answers of which the head had arrived when they broke: nothing could be done for their callers any more. */
  readonly mayBreak?: boolean;
}

interface Scene {
  readonly at: Stage;
  readonly services: readonly IllService[];
  /** Saves a routes.yaml that has these URLs for the service. */
  save(urls: readonly string[]): Promise<void>;
  readonly urls: readonly string[];
}

const turned = (fault: string, mayBreak = false): Fault => ({
  name: `the service ${fault}`,
  begin: ({ services }) => services[0]!.turn(fault),
  end: ({ services }) => services[0]!.turn('well'),
  mayBreak,
});

const oneOfThree = (fault: string): Fault => ({
  name: `one of three instances ${fault}`,
  instances: 3,
  begin: ({ services }) => services[1]!.turn(fault),
  end: ({ services }) => services[1]!.turn('well'),
});

const faults: readonly Fault[] = [
  {
    name: 'the service is killed (kill -9)',
    begin: ({ services }) => services[0]!.kill(),
    end: ({ services }) => services[0]!.revive(),
    mayBreak: true,
  },
  {
    name: 'the service is stopped (SIGSTOP)',
    begin: ({ services }) => services[0]!.stop(),
    end: ({ services }) => services[0]!.continue(),
  },
  {
    name: 'the service refuses connections',
    begin: ({ services }) => services[0]!.refuse(),
    end: ({ services }) => services[0]!.listen(),
    mayBreak: true,
  },
  {
    name: 'connecting leads nowhere (black hole)',
    begin: ({ services }) => services[0]!.blackHole(),
    end: ({ services }) => services[0]!.leaveBlackHole(),
    mayBreak: true,
  },
  turned('hangs'),
  turned('drips its head'),
  turned('resets in its head'),
  turned('resets in its body', true),
  turned('says garbage'),
  turned('announces more than it sends', true),
  turned('sends more than it announces'),
  turned('answers 500'),
  turned('answers 503'),
  {
    name: 'the certificate is not to be trusted',
    secure: true,
    begin: async ({ services }) => services[0]!.present(await createCertificate()),
    end: async ({ services }) => services[0]!.present(trusted),
    mayBreak: true,
  },
  {
    name: 'the name does not resolve',
    begin: ({ save }) => save(['http://orders.invalid:4003']),
    end: ({ save, urls }) => save(urls),
  },
  {
    name: 'one of three instances is killed',
    instances: 3,
    begin: ({ services }) => services[1]!.kill(),
    end: ({ services }) => services[1]!.revive(),
    mayBreak: true,
  },
  oneOfThree('hangs'),
  oneOfThree('answers 503'),
  oneOfThree('resets in its head'),
];

const trusted = await createCertificate();

/** Requests of each kind that meet a fault, and at the most so many at a time. */
const meeting = 150;
const callers = 8;

/** Failures that a circuit lets through at the most, and those that were on their way when it opened. */
const untilOpen = 20 + callers;

interface Row {
  readonly name: string;
  readonly reads: string;
  readonly writes: string;
  readonly opened: string;
  readonly closed: string;
}

const rows: Row[] = [];

describe.sequential('callers of a service of which', () => {
  it.each(faults)('$name', async (fault) => {
    const scene = await setScene(fault);
    const proxy = await scene.at.start();
    await eventually(() => ask(proxy.url, 'GET')).toBe('orders');

    const openings = countOf(proxy, 'circuit.opened');
    const beganAt = performance.now();
    await fault.begin(scene);
    const opened = firstAfter(proxy, 'circuit.opened', openings, beganAt);
    const [reads, writes] = await Promise.all([askMany(proxy.url, 'GET'), askMany(proxy.url, 'POST')]);

    // Whatever can be repeated is answered: by the monolith where the service can't.
    const failedReads = reads.filter((got) => got !== 'orders' && got !== 'legacy');
    expect(failedReads.filter((got) => !(fault.mayBreak && got === 'broken') && got !== 'status 500')).toEqual([]);
    // What fails all the same fails no longer than it takes to notice.
    expect(failedReads.length).toBeLessThanOrEqual(untilOpen);
    const failedWrites = writes.filter((got) => got !== 'orders' && got !== 'legacy');
    expect(failedWrites.length).toBeLessThanOrEqual(untilOpen);
    expect([...reads, ...writes].filter((got) => got.includes('evil'))).toEqual([]);

    const healedAt = performance.now();
    await fault.end(scene);
    await eventually(async () => (await askMany(proxy.url, 'GET', 30)).every((got) => got === 'orders')).toBe(true);
    await eventually(() => ask(proxy.url, 'POST')).toBe('orders');
    rows.push({
      name: fault.name,
      reads: tally(reads),
      writes: tally(writes),
      opened: seconds(opened()),
      closed: seconds(performance.now() - healedAt),
    });
    expect(await proxy.stop()).toBe(0);
  });
});

afterAll(() => {
  const page = join(import.meta.dirname, '../../docs/faults.md');
  const [before, after] = readFileSync(page, 'utf8').split(/(?<=<!-- measured -->\n).*(?=<!-- end -->)/s);
  if (process.env.STRANGLER_WRITE_FAULTS === '1') writeFileSync(page, `${before}${table()}${after}`);
  const told = [...readFileSync(page, 'utf8').matchAll(/^\| ([^|]+) \|.*\|$/gm)].map(([, name]) => name);
  expect(told.slice(2)).toEqual(faults.map(({ name }) => name));
});

async function setScene({ instances = 1, secure = false }: Fault): Promise<Scene> {
  const at = await stage('memory');
  at.legacy.answer = (incoming, response) => incoming.resume().on('end', () => response.end('legacy'));
  const services = await Promise.all(
    Array.from({ length: instances }, () => IllService.start(secure ? trusted : null)),
  );
  onTestFinished(() => Promise.all(services.map((service) => service.end())).then(() => undefined));
  await writeFile(join(at.folder, 'ca.pem'), trusted.cert);
  const urls = services.map(({ port }) => `${secure ? 'https' : 'http'}://127.0.0.1:${port}`);
  const routes = ['GET', 'POST'].map(
    (method) => `{ id: ${method.toLowerCase()}, match: ${method} /orders, service: orders, percent: 100 }`,
  );
  const save = (to: readonly string[]) => {
    const times = 'timeout: { connect: 300ms, response: 500ms, idle: 500ms }, circuit: { reset: 1s }';
    const tls = secure ? ', tls: { ca: ca.pem }' : '';
    const orders = `orders: { urls: [${to.map((url) => `'${url}'`).join(', ')}], ${times}, ejection: { time: 1s }${tls} }`;
    return at.write(at.yaml(routes).replace(/orders: \{[^}]*\}/, orders));
  };
  await save(urls);
  return { at, services, urls, save };
}

async function askMany(url: string, method: 'GET' | 'POST', requests = meeting): Promise<readonly Got[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers / 2 });
  const got: Got[] = [];
  let left = requests;
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      got.push(await ask(url, method, agent));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await Promise.all(Array.from({ length: callers / 2 }, caller));
  agent.destroy();
  return got;
}

function ask(url: string, method: 'GET' | 'POST', agent?: Agent): Promise<Got> {
  return new Promise((resolve) => {
    const options = { method, ...(agent && { agent }), ...(method === 'POST' && { headers: { 'content-length': 7 } }) };
    const asked = request(new URL('/orders', url), options, (message) => {
      let body = '';
      message.setEncoding('latin1').on('data', (text) => {
        body += text;
      });
      message.on('error', () => resolve('broken'));
      message.on('end', () => {
        if (message.statusCode === 200) resolve(body);
        else resolve(String(message.headers['x-strangler-error'] ?? `status ${message.statusCode}`));
      });
    });
    asked.on('error', () => resolve('broken'));
    asked.end(method === 'POST' ? 'an item' : undefined);
  });
}

function countOf(proxy: StartedProxy, event: string): number {
  return proxy.log.filter((line) => line.event === event).length;
}

/** How long after `since` the event came that many times and once more, as far as it has by the time it is asked. */
function firstAfter(proxy: StartedProxy, event: string, before: number, since: number): () => number | null {
  let at: number | null = null;
  let seen = before;
  void proxy
    .logged((line) => {
      if (line.event === event && at === null && countOf(proxy, event) > seen) at = performance.now() - since;
      seen = Math.max(seen, before);
      return at !== null;
    })
    .catch(() => undefined);
  return () => at;
}

function tally(got: readonly Got[]): string {
  const counts = new Map<string, number>();
  for (const one of got) counts.set(one, (counts.get(one) ?? 0) + 1);
  const first = ['orders', 'legacy'].filter((name) => counts.has(name));
  const others = [...counts.keys()].filter((name) => !first.includes(name)).sort();
  return [...first, ...others].map((name) => `${counts.get(name)} ${nameOf(name)}`).join(', ');
}

function nameOf(got: string): string {
  if (got === 'orders') return 'service';
  return got === 'legacy' || got === 'broken' || got.startsWith('status ') ? got : `\`${got}\``;
}

function seconds(milliseconds: number | null): string {
  return milliseconds === null ? '–' : `${(milliseconds / 1000).toFixed(1)} s`;
}

function table(): string {
  const head = ['fault', `${meeting} GETs got`, `${meeting} POSTs got`, 'circuit open after', 'back after'];
  const lines = [head, head.map(() => '---'), ...rows.map((row) => Object.values(row))];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
