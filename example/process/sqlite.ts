/** better-sqlite3 for the Node that runs: 13 needs Node 22, and 12 does not bear the garbage collection of newer ones. */
import { createRequire } from 'node:module';
import type Driver from 'better-sqlite3';

const name = Number.parseInt(process.versions.node, 10) < 22 ? 'better-sqlite3' : 'better-sqlite3-13';

export const Sqlite: typeof Driver = createRequire(import.meta.url)(name);
