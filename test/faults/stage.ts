/** A folder with a routes.yaml, the targets that it names, and real processes of the built program before them. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Ran, type StartedProxy, startStrangler, startStranglerUnder, strangler } from '../support/process.ts';

/** Each test starts several processes, and a machine that is busy with other things takes its time. */
export interface FaultyTarget {
  readonly port: number;
  readonly server: Server;
  /** What it does with a request; by default it says its name. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface Stage {
  readonly folder: string;
  readonly file: string;
  readonly legacy: FaultyTarget;
  readonly orders: FaultyTarget;
  /** A valid routes.yaml for these targets; `more` is put before its routes. */
  yaml(routes: readonly string[], more?: string): string;
  write(text: string): Promise<void>;
  start(...args: string[]): Promise<StartedProxy>;
  /** After a line of shell. */
  startUnder(line: string, ...args: string[]): Promise<StartedProxy>;
  run(...args: string[]): Promise<Ran>;
}

/** All of it is gone when the test is. */
export async function stage(state = 'sqlite:state.db'): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'strangler-faults-'));
  const file = join(folder, 'routes.yaml');
  const [legacy, orders] = await Promise.all([target('legacy'), target('orders')]);
  const adminPort = await freePort();
  const running = new Set<StartedProxy>();
  const kept = (proxy: StartedProxy): StartedProxy => {
    running.add(proxy);
    return proxy;
  };
  onTestFinished(async () => {
    await Promise.all([...running].map((proxy) => proxy.stop('SIGKILL')));
    for (const { server } of [legacy, orders]) server.close().closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    folder,
    file,
    legacy,
    orders,
    yaml: (routes, more = '') => `version: 1
listen: { port: 0 }
admin: { port: ${adminPort} }
state: ${state}
legacy: { url: http://127.0.0.1:${legacy.port} }
services: { orders: { url: http://127.0.0.1:${orders.port} } }
${more}
routes:
${routes.map((route) => `  - ${route}\n`).join('')}`,
    write: (text) => writeFile(file, text),
    start: async (...args) => kept(await startStrangler(folder, ...args)),
    startUnder: async (line, ...args) => kept(await startStranglerUnder(line, folder, ...args)),
    run: (...args) => strangler(folder, ...args),
  };
}

/** What has to become true: at once on an idle machine, and not never on a busy one. */
export function eventually<T>(probe: () => T | Promise<T>, message?: string) {
  return expect.poll(probe, { timeout: 15_000, interval: 20, ...(message === undefined ? {} : { message }) });
}

/** `- { … }` of a route whose percent is all that matters. */
export function route(id: string, path: string, percent: number): string {
  return `{ id: ${id}, match: GET ${path}, service: orders, percent: ${percent} }`;
}

async function target(name: string): Promise<FaultyTarget> {
  const made: { answer: FaultyTarget['answer'] } = { answer: (_request, response) => response.end(name) };
  const server = createServer((request, response) => made.answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(made, { port, server });
}
