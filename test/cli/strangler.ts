/** The built command line as a user meets it: a process of its own, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';

const program = fileURLToPath(new URL('../../bin/strangler.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Folder {
  readonly path: string;
  /** The folder's routes.yaml. */
  readonly file: string;
  write(yaml: string): Promise<void>;
  read(): Promise<string>;
  /** Runs a command to its end. */
  run(...args: string[]): Promise<Ran>;
  /** Runs a command that Ctrl-C may end early. */
  runUntilInterrupted(...args: string[]): { readonly ended: Promise<Ran>; interrupt(): void };
  /** Runs a command whose reader goes away at once. */
  runUnread(...args: string[]): Promise<Pick<Ran, 'code' | 'err'>>;
  start(...args: string[]): Promise<Started>;
  /** Ends what was started and removes the folder. */
  remove(): Promise<void>;
}

export interface Started {
  readonly url: string;
  readonly admin: string;
  readonly pid: number;
  /** Resolves with the first event of this type, past or to come, that comes after those asked for before. */
  event(type: string): Promise<Record<string, unknown>>;
  /** The next line of the access log. */
  request(): Promise<Record<string, unknown>>;
  /** Sends a signal and resolves with the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

function launch(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '', STRANGLER_WHO: 'ada@ops', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function folder(env: NodeJS.ProcessEnv = {}): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'strangler-cli-'));
  const file = join(path, 'routes.yaml');
  const running = new Set<ChildProcess>();
  return {
    path,
    file,
    write: (yaml) => writeFile(file, yaml),
    read: () => readFile(file, 'utf8'),
    run: (...args) => runToEnd(launch(path, args, env)),
    runUntilInterrupted(...args) {
      const child = launch(path, args, env);
      return { ended: runToEnd(child), interrupt: () => void child.kill('SIGINT') };
    },
    runUnread(...args) {
      const child = launch(path, args, env);
      child.stdout!.destroy();
      return runToEnd(child);
    },
    async start(...args) {
      const child = launch(path, ['start', ...args], env);
      running.add(child);
      child.once('exit', () => running.delete(child));
      return started(child);
    },
    async remove() {
      await Promise.all(
        [...running].map((child) => {
          const exited = once(child, 'exit');
          child.kill('SIGKILL');
          return exited;
        }),
      );
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** A folder whose routes.yaml moves `routes` to a service named orders; nobody listens at either target. */
export async function ordersFolder(routes: string): Promise<{ readonly f: Folder; readonly text: string }> {
  const f = await folder();
  const text = `version: 1
admin: { port: ${await freePort()} }
legacy: { url: http://127.0.0.1:1 }
services:
  orders: { url: http://127.0.0.1:2, writes: shared }
routes:
${routes}`;
  await f.write(text);
  return { f, text };
}

async function runToEnd(child: ChildProcess): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  child.stdout!.setEncoding('utf8').on('data', (text) => out.push(text));
  child.stderr!.setEncoding('utf8').on('data', (text) => err.push(text));
  const [code] = await once(child, 'close');
  return { code, out: out.join(''), err: err.join('') };
}

async function started(child: ChildProcess): Promise<Started> {
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const events = createInterface({ input: child.stderr! })[Symbol.asyncIterator]();
  const requests = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const said: string[] = [];

  async function event(type: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { value: line, done } = await events.next();
      if (done) throw new Error(`ended before it said ${type}:\n${said.join('\n')}`);
      said.push(line);
      const found = line.startsWith('{') ? JSON.parse(line) : {};
      if (found.event === type) return found;
    }
  }

  const { url, admin } = (await event('proxy.started')) as { url: string; admin: string };
  return {
    url,
    admin,
    pid: child.pid!,
    event,
    request: async () => JSON.parse((await requests.next()).value),
    end(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
  };
}

/** A target that says its name and the path that it was asked for. */
export async function target(name: string) {
  const server = createServer((request, response) => response.end(`${name} ${request.url}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close(), server };
}
