import { setTimeout as sleep } from 'node:timers/promises';
import { Memory } from './memory.ts';
import type { Line } from './send.ts';
import { type Step, visitorKey } from './step.ts';
import type { Tally } from './tally.ts';

export interface Run {
  readonly steps: Iterator<Step>;
  readonly requests: number;
  readonly concurrency: number;
  /** Requests a second at most; 0: as fast as they are answered. */
  readonly rate: number;
}

export interface Way {
  readonly line: Line;
  readonly tally: Tally;
  /** Asks for an early end, after what is under way. */
  readonly signal: AbortSignal;
  readonly onAnswer: () => void;
}

/** `unreachable`: nobody listens where the shop should be, so that there was no point in going on. */
export type End = 'finished' | 'stopped' | 'unreachable';

export async function sendTraffic(run: Run, { line, tally, signal, onAnswer }: Way): Promise<End> {
  const known = new Map<string, { readonly memory: Memory; turn: Promise<void>; pausing: boolean }>();
  const began = performance.now();
  let taken = 0;
  let end: End = 'finished';

  const make = async (step: Step, memory: Memory): Promise<void> => {
    const asked = memory.requestFor(step);
    const sentAt = performance.now();
    const answer = await line.send(asked).catch(({ code, name, message }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') end = 'unreachable';
      tally.failed(code ?? (name === 'TimeoutError' ? 'no answer' : message));
    });
    if (answer) {
      const target = answer.headers['x-strangler-target'];
      tally.answered(answer.status, typeof target === 'string' ? target : undefined, performance.now() - sentAt);
      memory.learn(asked, answer);
    }
    onAnswer();
  };

  const letPass = async (milliseconds: number): Promise<void> => {
    if (milliseconds > 0) await sleep(milliseconds, undefined, { signal }).catch(() => {});
  };

  const work = async (): Promise<void> => {
    while (taken < run.requests && end === 'finished') {
      const due = run.rate === 0 ? 0 : began + (taken / run.rate) * 1000;
      taken += 1;
      await letPass(due - performance.now());
      if (signal.aborted) {
        end = 'stopped';
        return;
      }
      const step: Step = run.steps.next().value;
      const key = visitorKey(step.visitor);
      const visitor = known.get(key) ?? { memory: new Memory(step.visitor), turn: Promise.resolve(), pausing: false };
      known.set(key, visitor);
      // A visitor does one thing after the other, and what it does next rests on what it was told.
      visitor.pausing ||= step.pause > 0;
      const turn = visitor.turn
        .then(() => letPass(step.pause))
        .then(() => make(step, visitor.memory))
        .then(() => {
          if (visitor.turn === turn) visitor.pausing = false;
        });
      visitor.turn = turn;
      // While this one pauses, others come.
      if (!visitor.pausing) await turn;
    }
  };

  await Promise.all(Array.from({ length: run.concurrency }, work));
  await Promise.all([...known.values()].map(({ turn }) => turn));
  return end;
}
