/** Everything that a run starts, so that everything can be stopped again: by pid, on success, failure and Ctrl-C. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Started {
  readonly pid: number;
  stop(): Promise<void>;
}

const startLimit = 15_000;
const stopLimit = 5_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

/** Starts a server and waits until it answers on `port`. */
export async function startServer({ file, args, env }: Command, port: number, probe = '/api/json/0'): Promise<Started> {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const listen = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  running.add(child);
  child.once('exit', () => running.delete(child));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${file} ended with code ${code}:\n${said}`)));
  });
  await Promise.race([failed, answers(port, probe, () => said)]);
  failed.catch(() => {});
  return { pid: child.pid!, stop: () => stop(child) };
}

/** Runs a program to its end and returns what it printed. */
export async function runToEnd({ file, args, env }: Command, milliseconds: number): Promise<string> {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  running.delete(child);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with code ${code}:\n${errors}${out}`);
  return out;
}

/** A port that nobody listens on now; somebody else may take it before it is used, which the start then reports. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number, path: string, said: () => string): Promise<void> {
  const until = Date.now() + startLimit;
  while (Date.now() < until) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await delay(50);
  }
  throw new Error(`nothing answers on port ${port}:\n${said()}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), stopLimit);
  await ended;
  clearTimeout(limit);
}
