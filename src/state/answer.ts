import type { Change, HistoryEntry, LiveRoute, Outcome } from '../domain/live.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import type { ContentsListener, HistoryQuery } from '../ports.ts';
import { toFailure } from '../sqlite/failure.ts';
import { type Answers, type Ask, isAboutState, type Question, type Told } from './protocol.ts';

/** Whoever holds a state. What it returns may be there at once: a holder on SQLite has nothing to wait for. */
export interface Holder {
  read(): Promise<readonly LiveRoute[]> | readonly LiveRoute[];
  rollouts(): Promise<readonly Rollout[]> | readonly Rollout[];
  change(change: Change, now: number | undefined): Promise<Outcome> | Outcome;
  history(query: HistoryQuery): Promise<readonly HistoryEntry[]> | readonly HistoryEntry[];
  watch(onContents: ContentsListener, onTrouble: (error: Error | null) => void): () => void;
  close(): Promise<void> | void;
}

/**
 * The answering end: tells every asker at the other side of `post` what the holder says, and all news unasked.
 * Returns the ear for what comes in, and the way to stop telling news.
 */
export function answerFor(holder: Holder, post: (told: Told) => void): { hear(message: unknown): void; stop(): void } {
  let toldLast: readonly LiveRoute[] | null = null;
  const stop = holder.watch(
    (live, rollouts) => {
      post({ about: 'state', told: 'contents', live: live === toldLast ? null : live, rollouts });
      toldLast = live;
    },
    (error) => post({ about: 'state', told: 'trouble', failure: error && toFailure(error) }),
  );
  const hear = async (message: unknown): Promise<void> => {
    if (!isAboutState(message)) return;
    const { id, question } = message as Ask;
    try {
      const answer = await answerTo(holder, question);
      post({ about: 'state', told: 'answer', id, answer: withoutWhatIsKnown(answer, toldLast) });
    } catch (error) {
      post({ about: 'state', told: 'failure', id, failure: toFailure(error) });
    }
  };
  return { hear, stop };
}

function withoutWhatIsKnown(answer: Answers[keyof Answers], known: readonly LiveRoute[] | null) {
  const isKnown = answer !== null && 'live' in answer && answer.live === known;
  return isKnown ? { ...answer, live: null } : answer;
}

async function answerTo(holder: Holder, question: Question): Promise<Answers[keyof Answers]> {
  switch (question.kind) {
    case 'read':
      return holder.read();
    case 'rollouts':
      return holder.rollouts();
    case 'change':
      return holder.change(question.change, question.now);
    case 'history':
      return holder.history(question.query);
    case 'close':
      await holder.close();
      return null;
  }
}
