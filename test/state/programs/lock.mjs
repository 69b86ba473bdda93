// Holds the write lock until stdin ends: `node lock.mjs PATH`.
import Sqlite from 'better-sqlite3';

const database = new Sqlite(process.argv[2]);
database.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\n');
process.stdin.resume().on('end', () => {
  database.exec('COMMIT');
  database.close();
});
