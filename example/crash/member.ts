/** A process of the crash test: it can be killed at any moment, and is started again as it was. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { startChild } from '../supervisor/child.ts';
import type { Member } from '../supervisor/members.ts';

export interface Killable {
  readonly name: string;
  /** By kill -9; resolves when it is up again. */
  killAndRestart(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const patience = 15_000;

/** `say` hears what it has for the terminal. */
export function killable(member: Member, say: (name: string, line: string) => void): Killable {
  let child: ReturnType<typeof startChild> | undefined;
  const start = async (): Promise<void> => {
    child = startChild(member, say);
    await child.ready;
  };
  return {
    name: member.name,
    start,
    async killAndRestart() {
      child?.kill();
      await child?.ended;
      await start();
    },
    stop: async () => child?.stop(patience),
  };
}

/** A private Redis that writes everything down before it says so. */
export function killableRedis(folder: string, port: number): Killable {
  let child: ChildProcess | undefined;
  process.once('exit', () => child?.kill('SIGKILL'));
  const start = async (): Promise<void> => {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    const started = spawn('redis-server', [...settings, ...durable], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    const early = once(started, 'close').then(() => {
      throw new Error('redis-server ended before it was ready');
    });
    early.catch(() => {});
    const ready = (async () => {
      let said = '';
      for await (const chunk of started.stdout!) {
        said += chunk;
        if (said.includes('Ready to accept connections')) return;
      }
    })();
    await Promise.race([ready, early]);
    started.stdout!.resume();
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'exit');
    child.kill(signal);
    await closed;
  };
  return {
    name: 'redis',
    start,
    async killAndRestart() {
      await end('SIGKILL');
      await start();
    },
    stop: () => end('SIGTERM'),
  };
}
