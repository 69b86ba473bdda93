// A worker process of a fleet: tells its parent what it sees of the primary's state, and makes what it is told to.
import { followState } from '../../../dist/src/state/ipc.js';

const state = followState(process);
state.watch(
  (live) => process.send({ seen: live }),
  (error) => process.send?.({ trouble: error && { name: error.name, code: error.code, message: error.message } }),
);
process.on('message', async ({ run, id, argument }) => {
  if (run === undefined) return;
  const result = await state[run](argument).then(
    (value) => ({ value }),
    ({ name, code, message }) => ({ error: { name, code, message } }),
  );
  process.send({ answers: id, ...result });
});
