// Shifts one route again and again, and prints each percent once it is acknowledged: `node shift-forever.mjs PATH`.
import { writeSync } from 'node:fs';
import { openSqliteState } from '../../../dist/src/state/sqlite.js';

const state = await openSqliteState({ path: process.argv[2], clock: Date });
const hundredth = (await state.read())[0].live * 100;
for (let next = Math.round(hundredth) + 1; ; next = (next + 1) % 10_001) {
  const { entries } = await state.change({
    kind: 'shift',
    routes: ['order'],
    percent: next / 100,
    who: 'child',
    reason: `${process.pid}:${next}`,
  });
  // Past every buffer of this process, since it will not live to flush one.
  writeSync(1, `${entries[0].reason}\n`);
}
