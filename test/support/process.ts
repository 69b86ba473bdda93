import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const pipes: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
const command = fileURLToPath(new URL('../../bin/strangler.js', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command of the CLI to its end. `dist/` must be built, as `npm test` does first. */
export async function strangler(cwd: string, ...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [command, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = [collected(child.stdout), collected(child.stderr)];
  const [code] = await once(child, 'close');
  return { code, out: out(), err: err() };
}

export interface StartedProxy {
  readonly url: string;
  readonly admin: string;
  readonly pid: number;
  /** Everything that it has logged, a parsed line each. */
  readonly log: readonly Record<string, unknown>[];
  /** Resolves with the first log line, past or to come, that `wanted` accepts. */
  logged(wanted: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** `strangler start` as a process of its own, ready for callers. */
export async function startStrangler(cwd: string, ...args: string[]): Promise<StartedProxy> {
  return ready(spawn(process.execPath, [command, 'start', '--json', ...args], { cwd, stdio: pipes }));
}

/** The same after a line of shell, as `ulimit -n 256`. */
export async function startStranglerUnder(line: string, cwd: string, ...args: string[]): Promise<StartedProxy> {
  const start = [process.execPath, command, 'start', '--json', ...args];
  return ready(spawn('sh', ['-c', `${line} && exec "$0" "$@"`, ...start], { cwd, stdio: pipes }));
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

async function ready(child: Child): Promise<StartedProxy> {
  const log: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const said = collected(child.stderr);
  eachLine(child.stderr, (line) => {
    log.push(line);
    for (const look of [...waiting]) look();
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;

  const logged = (wanted: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = log.find(wanted);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      closed.then(() => reject(new Error(`the proxy ended: ${said()}`)), reject);
    });

  const started = await logged((line) => line.event === 'proxy.started');
  return {
    url: String(started.url),
    admin: String(started.admin),
    pid: child.pid!,
    log,
    logged,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code, killedBy] = await closed;
      return killedBy ?? code!;
    },
  };
}

function collected(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  return () => text;
}

function eachLine(stream: NodeJS.ReadableStream, take: (line: Record<string, unknown>) => void): void {
  let rest = '';
  stream.on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.startsWith('{')) take(JSON.parse(line));
  });
}
