/** The events themselves: appended, read, gone once they are old. */
import type { Database } from 'better-sqlite3';
import type { EventQuery, GroupStanding } from '../ports.ts';
import { prepare } from '../sqlite/prepared.ts';
import type { Hold } from './group-source.ts';
import type { Loss, Retention } from './retention.ts';
import { isHeld } from './sqlite-groups.ts';
import type { Consumer, EventRow, StoredBatch, StoredLetter, StoredText } from './sqlite-protocol.ts';

/** What one read brings of a partition at most, in events and in characters. */
const mostOfBatch = 100;
const mostText = 2_000_000;

export function append(database: Database, rows: readonly EventRow[], now: number, onlyFor: string | null): void {
  const last = prepare(database, 'SELECT max(at) FROM event').pluck().get() as number | null;
  const at = Math.max(now, last ?? 0);
  const insert = prepare(
    database,
    'INSERT INTO event (partition, at, only_for, type, subject, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  for (const { partition, type, subject, body } of rows) insert.run(partition, at, onlyFor, type, subject, body);
}

/** What comes next in one partition; `null` while there is nothing. */
export function nextOf(database: Database, who: Consumer, hold: Hold): StoredBatch | null {
  const handled = isHeld(database, who, hold);
  if (handled === null) return { partition: hold.partition, token: hold.token, deliveries: [], lost: true };
  const sql = `SELECT seq, body FROM event
    WHERE partition = ? AND seq > ? AND (only_for IS NULL OR only_for = ?) ORDER BY seq LIMIT ${mostOfBatch}`;
  const deliveries: StoredText[] = [];
  let text = 0;
  for (const row of prepare(database, sql).iterate(hold.partition, handled, who.group)) {
    const { seq, body } = row as { seq: number; body: string };
    deliveries.push({ position: String(seq), text: body });
    text += body.length;
    if (text > mostText) break;
  }
  return deliveries.length === 0 ? null : { partition: hold.partition, token: hold.token, deliveries };
}

export function readEvents(database: Database, query: EventQuery): StoredText[] {
  const { after, since, types, subject, limit, newest = false } = query;
  const conditions = ['only_for IS NULL'];
  if (after !== undefined) conditions.push('seq > @after');
  if (since !== undefined) conditions.push('at >= @since');
  if (types !== undefined) conditions.push('type IN (SELECT value FROM json_each(@types))');
  if (subject !== undefined) conditions.push('subject = @subject');
  const rows = database
    .prepare<object, { seq: number; body: string }>(
      `SELECT seq, body FROM event WHERE ${conditions.join(' AND ')} ORDER BY seq ${newest ? 'DESC' : ''} LIMIT @limit`,
    )
    .all({
      limit: Math.max(0, Math.trunc(limit)),
      ...(after !== undefined && { after: Number(after) }),
      ...(since !== undefined && { since }),
      ...(types !== undefined && { types: JSON.stringify(types) }),
      ...(subject !== undefined && { subject }),
    });
  if (newest) rows.reverse();
  return rows.map(({ seq, body }) => ({ position: String(seq), text: body }));
}

export function deadLetters(database: Database, group: string | null): StoredLetter[] {
  const sql = 'SELECT * FROM dead_letter WHERE ? IS NULL OR grp = ? ORDER BY id';
  const rows = prepare(database, sql).all(group, group) as LetterRow[];
  return rows.map(({ id, grp, body, attempts, error, at }) => ({
    id: String(id),
    group: grp,
    text: body,
    attempts,
    error,
    at,
  }));
}

interface LetterRow {
  readonly id: number;
  readonly grp: string;
  readonly partition: number;
  readonly body: string;
  readonly attempts: number;
  readonly error: string;
  readonly at: number;
}

/** Each goes to the end of its partition, for its own group only. */
export function revive(database: Database, ids: readonly string[], now: number): number {
  const take = prepare(database, 'DELETE FROM dead_letter WHERE id = ? RETURNING *');
  let revived = 0;
  for (const id of ids) {
    const letter = (/^\d{1,15}$/.test(id) ? take.get(Number(id)) : undefined) as LetterRow | undefined;
    if (letter === undefined) continue;
    const row: EventRow = { partition: letter.partition, type: '', subject: '', body: letter.body };
    append(database, [row], now, letter.grp);
    revived += 1;
  }
  return revived;
}

export function isGroup(database: Database, group: string): boolean {
  return prepare(database, 'SELECT 1 FROM cursor WHERE grp = ?').get(group) !== undefined;
}

/** Copies for this group alone, at the end. */
export function handAgain(
  database: Database,
  group: string,
  since: number,
  types: readonly string[],
  now: number,
): number {
  const sql = `SELECT partition, type, subject, body FROM event
    WHERE at >= ? AND only_for IS NULL AND type IN (SELECT value FROM json_each(?)) ORDER BY seq`;
  const rows = prepare(database, sql).all(since, JSON.stringify(types)) as EventRow[];
  append(database, rows, now, group);
  return rows.length;
}

/** A cursor that is behind stays where it is. */
export function rewind(database: Database, group: string, since: number): number {
  const first = prepare(database, 'SELECT seq FROM event WHERE at >= ? ORDER BY at, seq LIMIT 1').pluck().get(since) as
    | number
    | undefined;
  if (first === undefined) return 0;
  prepare(
    database,
    'UPDATE cursor SET handled = ?, failures = 0, token = token + 1 WHERE grp = ? AND handled >= ?',
  ).run(first - 1, group, first);
  const sql = 'SELECT count(*) FROM event WHERE seq >= ? AND (only_for IS NULL OR only_for = ?)';
  return prepare(database, sql).pluck().get(first, group) as number;
}

export function standings(database: Database): GroupStanding[] {
  const sql = `SELECT grp AS "group",
      (SELECT count(*) FROM dead_letter WHERE dead_letter.grp = cursor.grp) AS deadLetters,
      sum((SELECT count(*) FROM event WHERE event.partition = cursor.partition AND seq > handled
           AND (only_for IS NULL OR only_for = cursor.grp))) AS lag
    FROM cursor GROUP BY grp ORDER BY grp`;
  return prepare(database, sql).all() as GroupStanding[];
}

const mostAtOnce = 2_000;

/** One step of letting go, in a transaction of its own: whether there may be more of it. */
export function trimDelivered(database: Database, { keep }: Retention, now: number): boolean {
  const newestOld = prepare(database, 'SELECT seq FROM event WHERE at < ? ORDER BY at DESC, seq DESC LIMIT 1')
    .pluck()
    .get(now - keep) as number | undefined;
  if (newestOld === undefined) return false;
  const sql = `DELETE FROM event WHERE seq IN (
      SELECT seq FROM event WHERE partition = ? AND seq <= min(?, coalesce((SELECT min(handled) FROM cursor WHERE partition = ?), ?))
      ORDER BY seq LIMIT ${mostAtOnce})`;
  const parts = prepare(database, 'SELECT DISTINCT partition FROM event').pluck().all() as number[];
  let isMore = false;
  for (const partition of parts) {
    const { changes } = prepare(database, sql).run(partition, newestOld, partition, newestOld);
    isMore ||= changes === mostAtOnce;
  }
  return isMore;
}

/** The same of what is beyond the most, whoever has not had it. */
export function trimBeyond(database: Database, { most }: Retention): { isMore: boolean; losses: Loss[] } {
  const count = prepare(database, 'SELECT count(*) FROM event').pluck().get() as number;
  const excess = Math.min(count - most, mostAtOnce);
  const letters = 'DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - ?';
  prepare(database, letters).run(most);
  if (excess <= 0) return { isMore: false, losses: [] };
  const last = prepare(database, 'SELECT seq FROM event ORDER BY seq LIMIT 1 OFFSET ?')
    .pluck()
    .get(excess - 1);
  const sql = `SELECT grp AS "group", count(*) AS events FROM cursor JOIN event USING (partition)
    WHERE seq > handled AND seq <= ? AND (only_for IS NULL OR only_for = grp) GROUP BY grp`;
  const losses = prepare(database, sql).all(last) as Loss[];
  prepare(database, 'DELETE FROM event WHERE seq <= ?').run(last);
  return { isMore: count - excess > most, losses };
}
