/** A group's cursors, which are its leases: who handles which partition, and how far. */
import type { Database } from 'better-sqlite3';
import { prepare } from '../sqlite/prepared.ts';
import type { Hold, Holding } from './group-source.ts';
import { partitions } from './partition.ts';
import { fairShare } from './share.ts';
import type { Consumer, Letter } from './sqlite-protocol.ts';

/** No lease is longer: what seems to end later was written before the machine, and its clock, began anew. */
const longestLease = 3_600_000;

/** Milliseconds of a clock that all processes of a machine share and that nobody sets. */
export function machineTime(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

interface CursorRow {
  readonly partition: number;
  readonly handled: number;
  readonly failures: number;
  readonly token: number;
  readonly owner: string | null;
  readonly expires: number;
}

/** In one transaction: says that the consumer is alive, renews what it holds, takes what is free up to its share. */
export function hold(database: Database, { group, consumer }: Consumer, lease: number, now: number): Holding {
  const until = now + Math.min(lease, longestLease);
  prepare(database, 'INSERT OR REPLACE INTO consumer (grp, id, expires) VALUES (?, ?, ?)').run(group, consumer, until);
  prepare(database, 'DELETE FROM consumer WHERE expires <= ? OR expires > ?').run(now, now + longestLease);
  const alive = prepare(database, 'SELECT id FROM consumer WHERE grp = ?').pluck().all(group) as string[];
  const share = fairShare(consumer, alive);
  let rows = cursorsOf(database, group);
  if (rows.length < partitions) {
    makeGroup(database, group);
    rows = cursorsOf(database, group);
  }
  const mine = rows.filter(({ owner }) => owner === consumer);
  prepare(database, 'UPDATE cursor SET expires = ? WHERE grp = ? AND owner = ?').run(until, group, consumer);
  const free = rows.filter((row) => row.owner !== consumer && isFree(row, now));
  const taken = free
    .slice(0, Math.max(0, share - mine.length))
    .map((row) => take(database, group, consumer, row, until));
  return { held: [...mine, ...taken].map(toHold), surplus: Math.max(0, mine.length - share) };
}

function cursorsOf(database: Database, group: string): CursorRow[] {
  return prepare(database, 'SELECT * FROM cursor WHERE grp = ? ORDER BY partition').all(group) as CursorRow[];
}

function makeGroup(database: Database, group: string): void {
  const insert = prepare(database, 'INSERT OR IGNORE INTO cursor (grp, partition) VALUES (?, ?)');
  for (let partition = 0; partition < partitions; partition++) insert.run(group, partition);
}

function isFree({ owner, expires }: CursorRow, now: number): boolean {
  return owner === null || expires <= now || expires > now + longestLease;
}

/** Whoever had it and let the lease run out has died, perhaps of the next event: that counts as a failure of it. */
function take(database: Database, group: string, consumer: string, row: CursorRow, until: number): CursorRow {
  const died = row.owner !== null && isSomethingNext(database, group, row);
  const taken = { ...row, token: row.token + 1, failures: row.failures + Number(died) };
  prepare(
    database,
    'UPDATE cursor SET owner = ?, expires = ?, token = ?, failures = ? WHERE grp = ? AND partition = ?',
  ).run(consumer, until, taken.token, taken.failures, group, row.partition);
  return taken;
}

function isSomethingNext(database: Database, group: string, { partition, handled }: CursorRow): boolean {
  const sql =
    'SELECT 1 FROM event WHERE partition = ? AND seq > ? AND (only_for IS NULL OR only_for = ?) ORDER BY seq LIMIT 1';
  return prepare(database, sql).get(partition, handled, group) !== undefined;
}

function toHold({ partition, token, failures }: CursorRow): Hold {
  return { partition, token: String(token), failures };
}

/** These return whether the hold still held: else nothing is done. */
export function handled(database: Database, { group, consumer }: Consumer, hold: Hold, position: string): boolean {
  const sql = 'UPDATE cursor SET handled = ?, failures = 0 WHERE grp = ? AND partition = ? AND owner = ? AND token = ?';
  return prepare(database, sql).run(Number(position), group, hold.partition, consumer, Number(hold.token)).changes > 0;
}

export function failed(database: Database, { group, consumer }: Consumer, hold: Hold, failures: number): boolean {
  const sql = 'UPDATE cursor SET failures = ? WHERE grp = ? AND partition = ? AND owner = ? AND token = ?';
  return prepare(database, sql).run(failures, group, hold.partition, consumer, Number(hold.token)).changes > 0;
}

export function bury(database: Database, who: Consumer, hold: Hold, position: string, letter: Letter): boolean {
  if (!handled(database, who, hold, position)) return false;
  const sql = 'INSERT INTO dead_letter (grp, partition, body, attempts, error, at) VALUES (?, ?, ?, ?, ?, ?)';
  const { body, attempts, error, at } = letter;
  prepare(database, sql).run(who.group, hold.partition, body, attempts, error, at);
  return true;
}

export function release(database: Database, { group, consumer }: Consumer, hold: Hold): boolean {
  const sql = 'UPDATE cursor SET owner = NULL WHERE grp = ? AND partition = ? AND owner = ? AND token = ?';
  return prepare(database, sql).run(group, hold.partition, consumer, Number(hold.token)).changes > 0;
}

export function leave(database: Database, { group, consumer }: Consumer): void {
  prepare(database, 'UPDATE cursor SET owner = NULL WHERE grp = ? AND owner = ?').run(group, consumer);
  prepare(database, 'DELETE FROM consumer WHERE grp = ? AND id = ?').run(group, consumer);
}

export function isHeld(database: Database, { group, consumer }: Consumer, hold: Hold): number | null {
  const sql = 'SELECT handled FROM cursor WHERE grp = ? AND partition = ? AND owner = ? AND token = ?';
  const handled = prepare(database, sql).pluck().get(group, hold.partition, consumer, Number(hold.token));
  return (handled as number | undefined) ?? null;
}
