import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { portNames } from '../../../example/supervisor/members.ts';
import { childrenOf, compiled, isAlive } from './processes.ts';

export interface Launched {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
  readonly exit: Promise<[code: number | null, signal: string | null]>;
}

export interface StartedExample extends Launched {
  /** The proxy's URL. */
  readonly url: string;
  /** Process ids of the monolith, the services and the proxy. */
  readonly members: readonly number[];
  /** Kills whatever is left of it. */
  clear(): void;
}

/** `npm start`, on free ports, with its databases in `folder` and by the routes.yaml there. */
export function launchExample(folder: string, ...more: readonly string[]): Launched {
  const free = portNames.flatMap((name) => [`--${name}`, '0']);
  const places = ['--data', folder, '--routes', `${folder}/routes.yaml`];
  const child = spawn(process.execPath, [compiled('dist/example/start.js'), ...free, ...places, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  return { child, output: () => output, errors: () => errors, exit: once(child, 'close') as Launched['exit'] };
}

/** The same, ready for visitors. */
export async function startExample(folder: string, ...more: readonly string[]): Promise<StartedExample> {
  const launched = launchExample(folder, ...more);
  const { child, output, errors, exit } = launched;
  const open = async (): Promise<void> => {
    while (!output().includes('Ctrl-C stops everything')) await once(child.stdout!, 'data');
  };
  await Promise.race([
    open(),
    exit.then(() => {
      throw new Error(`ended early: ${errors()}`);
    }),
  ]);
  const members = await childrenOf(child.pid!);
  return {
    ...launched,
    url: /proxy +(http\S+)/.exec(output())![1]!,
    members,
    clear() {
      for (const pid of [child.pid!, ...members]) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    },
  };
}
