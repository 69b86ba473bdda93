// Reads, tries a shift, and tells what came of it: `node read-then-change.mjs PATH`.
import { openSqliteState } from '../../../dist/src/state/sqlite.js';

const state = await openSqliteState({ path: process.argv[2], clock: Date });
const trouble = [];
state.watch(
  () => {},
  (error) => trouble.push(error?.message ?? null),
);
const read = await state.read();
const change = { kind: 'shift', routes: ['order'], percent: 1, who: 'nobody', reason: null };
const error = await state.change(change).then(
  () => null,
  ({ name, code, message }) => ({ name, code, message }),
);
await state.close();
process.stdout.write(JSON.stringify({ read, error, trouble }));
