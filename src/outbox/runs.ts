/** Which openings of the outbox are alive, and what becomes of the intents of those that are not. */
import type { Database } from 'better-sqlite3';
import { prepare } from '../sqlite/prepared.ts';

export interface Run {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** ms since the epoch. */
  readonly started: number;
}

/** ms between two signs of life. */
export const beatEvery = 1_000;

/**
 * ms without a sign of life after which a run counts as gone. A process id would say it sooner, and wrongly: ids are
 * used again, and mean something else in another container. Should a run only have been stopped for a while, its
 * answers still settle its intents.
 */
export const goneAfter = 5_000;

export function beat(database: Database, { id, pid, host, started }: Run, now: number): void {
  prepare(database, 'INSERT OR REPLACE INTO run (id, pid, host, started, beat) VALUES (?, ?, ?, ?, ?)').run(
    id,
    pid,
    host,
    started,
    now,
  );
}

/** Makes the intents of runs that are gone uncertain. */
export function sweepGone(database: Database, now: number): void {
  // A sign of life from the future was given before the clock was set back.
  const sql = 'SELECT id, pid, host, started FROM run WHERE beat < ? OR beat > ?';
  const gone = prepare(database, sql).all(now - goneAfter, now + goneAfter) as Run[];
  for (const run of gone)
    endRun(database, run.id, `the proxy that had it (pid ${run.pid} on ${run.host}) ended before it knew`, now);
  // Of a run whose row somebody else has taken away, or that never came to write one.
  const orphans = prepare(
    database,
    `UPDATE intent SET reason = 'the proxy that had it is gone', since = ?
     WHERE reason IS NULL AND run NOT IN (SELECT id FROM run)`,
  );
  orphans.run(now);
}

export function endRun(database: Database, id: string, reason: string, now: number): void {
  prepare(database, 'UPDATE intent SET reason = ?, since = ? WHERE run = ? AND reason IS NULL').run(reason, now, id);
  prepare(database, 'DELETE FROM run WHERE id = ?').run(id);
}
