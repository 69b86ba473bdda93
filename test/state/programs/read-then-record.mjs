// Reads, tries to record, and tells what came of it: `node read-then-record.mjs PATH`.
import { openSqliteEvidence } from '../../../dist/src/state/sqlite-evidence.js';

const limits = { keep: 1e12, size: 1_000_000, examples: 20 };
const evidence = await openSqliteEvidence({ path: process.argv[2], limits, clock: Date });
const read = await evidence.read({});
const error = await evidence.record({ tallies: [], clusters: [], lost: 1 }).then(
  () => null,
  ({ name, code, message }) => ({ name, code, message }),
);
await evidence.close();
process.stdout.write(JSON.stringify({ read, error }));
