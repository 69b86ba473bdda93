import { type Child, startChild } from './child.ts';
import type { Member } from './members.ts';

export interface Company {
  /** All are ready; rejects, with none left running, when one can't be. */
  readonly ready: Promise<void>;
  /** A member ended that nobody had asked to, and without which there is no shop: `proxy was killed by SIGKILL`. */
  readonly lost: Promise<string>;
  /** Row by row, the last one first: what others depend on goes when they are gone. */
  stop(): Promise<void>;
  kill(): void;
}

/** Longer than any member's own patience with what is under way. */
const stopPatience = 15_000;

export function startCompany(rows: readonly (readonly Member[])[], say: (name: string, line: string) => void): Company {
  const started: Child[][] = [];
  let stopping: Promise<void> | undefined;
  let lose: (how: string) => void = () => {};
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });

  const stopAll = async (): Promise<void> => {
    for (const row of [...started].reverse()) await Promise.all(row.map((child) => child.stop(stopPatience)));
  };
  const stop = (): Promise<void> => {
    stopping ??= stopAll();
    return stopping;
  };

  const startAll = async (): Promise<void> => {
    for (const row of rows) {
      if (stopping) return;
      const children = row.map((member) => startChild(member, say));
      started.push(children);
      await Promise.all(children.map((child) => child.ready));
      for (const [index, child] of children.entries()) {
        void child.ended.then((how) => {
          if (stopping) return;
          if (row[index]!.mayDie) say(child.name, `${how}; the others go on. Ctrl-C and npm start bring it back`);
          else lose(`${child.name} ${how}`);
        });
      }
    }
  };
  const ready = startAll().catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  return {
    ready,
    lost,
    stop,
    kill: () => {
      for (const child of started.flat()) child.kill();
    },
  };
}
