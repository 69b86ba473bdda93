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
  const memories = new Map<string, Memory>();
  const turns = new Map<string, Promise<void>>();
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

  const work = async (): Promise<void> => {
    while (taken < run.requests && end === 'finished') {
      const due = run.rate === 0 ? 0 : began + (taken / run.rate) * 1000 - performance.now();
      taken += 1;
      if (due > 0) await sleep(due, undefined, { signal }).catch(() => {});
      if (signal.aborted) {
        end = 'stopped';
        return;
      }
      const step: Step = run.steps.next().value;
      const key = visitorKey(step.visitor);
      const memory = memories.get(key) ?? new Memory(step.visitor);
      memories.set(key, memory);
      // A visitor does one thing after the other, and what it does next rests on what it was told.
      const turn = (turns.get(key) ?? Promise.resolve()).then(() => make(step, memory));
      turns.set(key, turn);
      await turn;
    }
  };

  await Promise.all(Array.from({ length: run.concurrency }, work));
  return end;
}
