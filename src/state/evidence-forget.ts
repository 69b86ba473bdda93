import type { Database } from 'better-sqlite3';
import { distinctFrom } from '../domain/distinct.ts';
import { windowSpan } from '../domain/evidence.ts';
import type { WindowCounts } from '../domain/merge-evidence.ts';
import type { EvidenceSettings } from '../domain/shadow.ts';
import { forgetArms } from './evidence-arms.ts';
import { beginOf, type Coarsening, coarseBefore, countCoarsening, sketchCoarsening } from './evidence-bounds.ts';
import { addCounts, addSketch, dropExamplesBeyond } from './evidence-write.ts';

/** Rows that one step joins at most: a step is a transaction, and batches wait for it. */
const rowsAtOnce = 240;

/** What is to be done once in a while, in steps that are short; each is to be called within a transaction. */
export function forgettingSteps(limits: EvidenceSettings, now: number): (database: Database) => readonly Step[] {
  return (database) => {
    const places = database.prepare<[], number>('SELECT id FROM fingerprint').pluck().all();
    return [
      ...places.map((place) => (within: Database) => forgetOld(within, place, limits, now)),
      lastStep(limits, now),
    ];
  };
}

/** True: there is more of the same to do. */
type Step = (database: Database) => boolean;

function forgetOld(database: Database, place: number, { keep, examples }: EvidenceSettings, now: number): boolean {
  const oldest = now - keep;
  database.prepare('DELETE FROM counted WHERE fingerprint = ? AND window + span <= ?').run(place, oldest);
  database.prepare('DELETE FROM sketch WHERE fingerprint = ? AND window + span <= ?').run(place, oldest);
  database.prepare('DELETE FROM cluster WHERE fingerprint = ? AND last_seen < ?').run(place, oldest);
  database
    .prepare(
      `DELETE FROM example WHERE seq IN (SELECT seq FROM (
         SELECT seq, row_number() OVER (PARTITION BY cluster ORDER BY at DESC, seq DESC) AS place
         FROM example WHERE fingerprint = ?) WHERE place > ?)`,
    )
    .run(place, examples);
  database.prepare('DELETE FROM fingerprint WHERE id = ? AND recorded <= ?').run(place, oldest);
  const joined = coarsenCounts(database, place, now) + coarsenSketches(database, place, now);
  return joined >= rowsAtOnce;
}

function coarsenCounts(database: Database, place: number, now: number): number {
  const rows = oldShortRows<{ window: number; arm: string; counts: string }>(
    database,
    'counted',
    place,
    countCoarsening,
    now,
  );
  const { short, long } = countCoarsening;
  const remove = database.prepare('DELETE FROM counted WHERE fingerprint = ? AND span = ? AND window = ? AND arm = ?');
  for (const { window, arm, counts } of rows) {
    addCounts(database, place, long, beginOf(window, long), arm, JSON.parse(counts) as WindowCounts);
    remove.run(place, short, window, arm);
  }
  return rows.length;
}

function coarsenSketches(database: Database, place: number, now: number): number {
  const rows = oldShortRows<{ window: number; what: string; bytes: Buffer }>(
    database,
    'sketch',
    place,
    sketchCoarsening,
    now,
  );
  const { short, long } = sketchCoarsening;
  const remove = database.prepare('DELETE FROM sketch WHERE fingerprint = ? AND span = ? AND window = ? AND what = ?');
  for (const { window, what, bytes } of rows) {
    addSketch(database, place, long, beginOf(window, long), what, distinctFrom(bytes));
    remove.run(place, short, window, what);
  }
  return rows.length;
}

function oldShortRows<Row>(
  database: Database,
  table: 'counted' | 'sketch',
  place: number,
  coarsening: Coarsening,
  now: number,
): readonly Row[] {
  return database
    .prepare<unknown[], Row>(
      `SELECT * FROM ${table} WHERE fingerprint = ? AND span = ? AND window < ? ORDER BY window LIMIT ${rowsAtOnce}`,
    )
    .all(place, coarsening.short, coarseBefore(coarsening, now));
}

function lastStep({ keep, size }: EvidenceSettings, now: number): Step {
  return (database) => {
    database.prepare('DELETE FROM lost WHERE window + ? <= ?').run(windowSpan, now - keep);
    forgetArms(database, now - keep);
    dropExamplesBeyond(database, size);
    return false;
  };
}

/** Returns the routes of which there was anything. */
export function resetRoutes(database: Database, routes: readonly string[] | null, now: number): readonly string[] {
  const all = database
    .prepare<[], { id: number; route: string; used: number }>(
      `SELECT id, route,
              EXISTS (SELECT 1 FROM counted WHERE fingerprint = fingerprint.id)
              OR EXISTS (SELECT 1 FROM cluster WHERE fingerprint = fingerprint.id) AS used
       FROM fingerprint`,
    )
    .all();
  const affected = all.filter(({ route }) => routes === null || routes.includes(route));
  for (const { id } of affected) {
    for (const table of ['counted', 'sketch', 'cluster']) {
      database.prepare(`DELETE FROM ${table} WHERE fingerprint = ?`).run(id);
    }
    database.prepare('UPDATE fingerprint SET reset_at = ? WHERE id = ?').run(now, id);
  }
  return [...new Set(affected.filter(({ used }) => used === 1).map(({ route }) => route))].sort();
}
