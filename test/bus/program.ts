import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A consumer in a process of its own. It tells `handling ID` and `done ID`, a line each. */
export interface Program {
  readonly process: ChildProcess;
  firstLine(): Promise<string>;
  /** The ids that it has handled, in their order. */
  done(): string[];
  kill(): Promise<void>;
}

export function startProgram(name: string, ...words: readonly string[]): Program {
  const path = fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (line) => lines.push(line));
  const first = once(reading, 'line');
  first.catch(() => {});
  return {
    process: child,
    firstLine: async () => (await first)[0],
    done: () => lines.filter((line) => line.startsWith('done ')).map((line) => line.slice(5)),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
