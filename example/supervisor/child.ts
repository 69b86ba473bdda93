import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ProcessMessage } from '../process/messages.ts';
import { readable } from './log-line.ts';
import type { Member } from './members.ts';
import { untilAnswers } from './until-answers.ts';

/** A member that runs, or did. */
export interface Child {
  readonly name: string;
  readonly pid: number | undefined;
  /** Rejects when the child ends, or takes too long, before it is ready. */
  readonly ready: Promise<void>;
  /** Says how it ended: `exited with code 1`, `was killed by SIGKILL`. */
  readonly ended: Promise<string>;
  readonly running: boolean;
  /** Asks it to come to an end, and after `patience` ms makes it. */
  stop(patience: number): Promise<void>;
  kill(): void;
}

const startPatience = 30_000;

/** Starts a member; every line that it has for the terminal goes to `say`. */
export function startChild(member: Member, say: (name: string, line: string) => void): Child {
  const child = spawn(process.execPath, member.command, {
    env: { ...process.env, ...member.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C is for the supervisor, which knows whom to stop first.
    detached: true,
  });
  // Nobody wants to read six announcements before the summary says the same; errors are another matter.
  child.stdout?.resume();
  createInterface({ input: child.stderr! }).on('line', (line) => say(member.name, readable(line)));

  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    // 'close', not 'exit': its last words have been read by then.
    child.once('close', (code, signal) => resolve(signal ? `was killed by ${signal}` : `exited with code ${code}`));
  });
  const isRunning = (): boolean => child.pid !== undefined && child.exitCode === null && child.signalCode === null;

  return {
    name: member.name,
    pid: child.pid,
    ready: becomesReady(member, child, ended),
    ended,
    get running() {
      return isRunning();
    },
    async stop(patience) {
      if (!isRunning()) return;
      child.kill('SIGTERM');
      const impatience = setTimeout(() => {
        say(member.name, `did not stop within ${patience / 1000} seconds and was killed`);
        child.kill('SIGKILL');
      }, patience);
      await ended;
      clearTimeout(impatience);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

async function becomesReady(member: Member, child: ChildProcess, ended: Promise<string>): Promise<void> {
  const over = new AbortController();
  const tooLong = AbortSignal.timeout(startPatience);
  const signal = AbortSignal.any([over.signal, tooLong]);
  const early = ended.then((how) => {
    throw new Error(`${member.name} ${how}`);
  });
  const well = member.ready === 'says-so' ? saysReady(child, signal) : untilAnswers(member.ready.url, signal);
  try {
    await Promise.race([well, early]);
  } catch (error) {
    throw tooLong.aborted ? new Error(`${member.name} was not ready within ${startPatience / 1000} seconds`) : error;
  } finally {
    over.abort();
    // Whichever of the two lost the race may still fail, and nobody is waiting for it any more.
    well.catch(() => {});
    early.catch(() => {});
  }
}

async function saysReady(child: ChildProcess, signal: AbortSignal): Promise<void> {
  for (;;) {
    const [message] = (await once(child, 'message', { signal })) as [ProcessMessage];
    if (message.type === 'ready') return;
  }
}
