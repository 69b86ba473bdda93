/** The thread that owns the evidence file: see `sqlite-worker.ts`, which owns the other one. */
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { toFailure } from '../sqlite/failure.ts';
import type { Started } from '../sqlite/keeper.ts';
import type { EvidenceAnswers, EvidenceAsk, EvidenceQuestion, EvidenceTold } from './evidence-protocol.ts';
import { EvidenceStore } from './evidence-store.ts';
import type { EvidenceWorkerOptions } from './sqlite-evidence.ts';

function start(port: NonNullable<typeof parentPort>, { path, limits, busyTimeout }: EvidenceWorkerOptions): void {
  const store = new EvidenceStore(path, limits, busyTimeout);
  const post = (told: EvidenceTold): void => port.postMessage(told);
  port.on('message', async ({ id, question }: EvidenceAsk) => {
    try {
      post({ id, answer: await answerTo(store, question) });
    } catch (error) {
      post({ id, failure: toFailure(error) });
    }
  });
  port.postMessage({ started: null } satisfies Started);
}

async function answerTo(
  store: EvidenceStore,
  question: EvidenceQuestion,
): Promise<EvidenceAnswers[keyof EvidenceAnswers]> {
  switch (question.kind) {
    case 'record':
      store.record(question.batch, question.now);
      return null;
    case 'read':
      return store.read(question.query, question.now);
    case 'arms':
      return store.arms(question.query, question.now);
    case 'judge':
      return store.judge(question.ids, question.judgement);
    case 'reset':
      return store.reset(question.routes, question.now);
    case 'limit':
      store.limit(question.limits);
      return null;
    case 'prune':
      await store.prune(question.now, () => setImmediate());
      return null;
    case 'close':
      store.close();
      return null;
  }
}

if (parentPort === null) throw new Error('evidence-worker is started by openSqliteEvidence');
start(parentPort, workerData as EvidenceWorkerOptions);
