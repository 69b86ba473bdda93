import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** Why there is no Redis to test against; `null` where there is one. */
export const noRedis: string | null =
  process.env.REDIS_URL !== undefined || spawnSync('redis-server', ['--version']).status === 0
    ? null
    : 'neither REDIS_URL nor redis-server is there: nothing about Redis is tested';

/** With every end-to-end test required, what is missing is a failure. */
if (noRedis !== null) {
  if (process.env.STRANGLER_E2E === 'required') throw new Error(noRedis);
  console.warn(noRedis);
}

/** A redis-server of our own, that may be ended in any way. What it was told to keep outlives it. */
export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** `words` are options of redis-server, such as `--appendonly yes`. */
export async function privateRedis(...words: readonly string[]): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'strangler-redis-'));
  const port = await freePort();
  let child: ChildProcess | null = null;
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const start = async (): Promise<void> => {
    child = spawn('redis-server', [...place, ...words], { stdio: 'ignore' });
    await answering(port, child);
  };
  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    signal: (signal) => {
      child?.kill(signal);
    },
    kill,
    start,
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (child.exitCode !== null) throw new Error(`redis-server has ended with ${child.exitCode}`);
    if (await says(port)) return;
    await wait(10);
  }
  throw new Error('redis-server does not answer');
}

/** It also answers, with an error, where it wants a password first. */
function says(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(!data.toString().includes('LOADING'));
    });
    socket.once('error', () => resolve(false));
  });
}
