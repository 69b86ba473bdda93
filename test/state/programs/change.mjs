// Makes one change: `node change.mjs PATH CHANGE`.
import { openSqliteState } from '../../../dist/src/state/sqlite.js';

const [, , path, change] = process.argv;
const state = await openSqliteState({ path, clock: Date });
const outcome = await state.change(JSON.parse(change));
await state.close();
process.stdout.write(JSON.stringify(outcome));
