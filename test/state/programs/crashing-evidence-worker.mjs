// The real worker, which dies when it is asked to judge a cluster named "crash".
import { parentPort } from 'node:worker_threads';

parentPort.on('message', ({ question }) => {
  if (question.kind === 'judge' && question.ids.includes('crash')) throw new Error('told to crash');
});
await import('../../../dist/src/state/evidence-worker.js');
