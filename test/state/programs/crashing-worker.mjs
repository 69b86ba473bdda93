// The real worker, which dies when it is asked for the history of a route named "crash".
import { parentPort } from 'node:worker_threads';

parentPort.on('message', ({ question }) => {
  if (question.kind === 'history' && question.query.route === 'crash') throw new Error('told to crash');
});
await import('../../../dist/src/state/sqlite-worker.js');
