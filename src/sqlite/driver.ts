/**
 * better-sqlite3, for the Node that runs: 13 speaks Node-API, of which Node 20 has too little (it ends the process
 * there). 12, compiled for Node 24.19 or newer, ends the process when its garbage is collected. So both are optional
 * dependencies; npm leaves 13 out where its `engines` say so.
 */
import { createRequire } from 'node:module';
import type Driver from 'better-sqlite3';

export const driverName = Number.parseInt(process.versions.node, 10) < 22 ? 'better-sqlite3' : 'better-sqlite3-13';

const require = createRequire(import.meta.url);

/** Throws where the package is missing; its binary is only looked for when a database is opened. */
export function sqliteDriver(): typeof Driver {
  return require(driverName);
}
