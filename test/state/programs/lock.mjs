// Holds the write lock until stdin ends: `node lock.mjs PATH`.
import { sqliteDriver } from '../../../dist/src/sqlite/driver.js';

const database = new (sqliteDriver())(process.argv[2]);
database.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\n');
process.stdin.resume().on('end', () => {
  database.exec('COMMIT');
  database.close();
});
