import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

export interface Ran {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: Buffer;
  /** Milliseconds after which the program is killed and the run fails. */
  readonly within?: number;
}

/** Without what `npm test` or a proxied shell would have these clients do. */
const ownEnvironment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|_proxy$/i.test(name)));

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) killGroup(child);
});

/** Runs a program to its end, whatever its exit code is. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = launch(command, args, options);
  const { within = 60_000 } = options;
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr!.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin!.on('error', () => {});
  child.stdin!.end(options.input);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(child);
  }, within);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  const told = Buffer.concat(stderr).toString();
  if (late) throw new Error(`${command} ${args.join(' ')} did not end within ${within} ms:\n${told}`);
  return { code, stdout: Buffer.concat(stdout), stderr: told };
}

/** Runs a program that has to succeed, and returns what it printed. */
export async function succeed(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout.toString()}${stderr}`);
  return stdout.toString();
}

export interface Served {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server and waits until its port takes connections. */
export async function serve(
  port: number,
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Served> {
  const child = launch(command, args, options);
  let told = '';
  const tell = (chunk: Buffer): void => {
    told = (told + chunk.toString()).slice(-8_000);
  };
  child.stdout!.on('data', tell);
  child.stderr!.on('data', tell);
  const ended = once(child, 'close');
  const deadline = Date.now() + (options.within ?? 30_000);
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await end(child, ended);
      throw new Error(`${command} does not listen on ${port}:\n${told}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, url: `http://127.0.0.1:${port}`, stop: () => end(child, ended) };
}

export function launch(command: string, args: readonly string[], { cwd, env }: RunOptions = {}): ChildProcess {
  // A group of its own, so that what it started in turn can be ended with it.
  const child = spawn(command, args, { cwd, env: { ...ownEnvironment, ...env }, stdio: 'pipe', detached: true });
  alive.add(child);
  child.once('close', () => alive.delete(child));
  return child;
}

export async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const killer = setTimeout(() => killGroup(child), 5_000);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(killer);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
