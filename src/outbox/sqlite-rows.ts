/** The outbox's statements. Every function here is part of a transaction that somebody else has begun. */
import type { Database } from 'better-sqlite3';
import type { CloudEvent } from '../domain/cloud-event.ts';
import type {
  Intent,
  OutboxStanding,
  Settled,
  Settlement,
  SettleOutcome,
  Uncertain,
} from '../domain/publishing/intent.ts';
import { prepare } from '../sqlite/prepared.ts';
import { dispatcherLease, mostTaken, mostTakenBytes } from './bounds.ts';
import { settling } from './settling.ts';

export function addIntents(database: Database, run: string, intents: readonly Intent[]): void {
  const add = prepare(
    database,
    'INSERT OR IGNORE INTO intent (id, run, at, route, type, method, path, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  for (const { id, at, route, type, method, path, key } of intents)
    add.run(id, run, at, route, type, method, path, key);
}

export function removeIntents(database: Database, ids: readonly string[]): void {
  const remove = prepare(database, 'DELETE FROM intent WHERE id = ?');
  for (const id of ids) remove.run(id);
}

export function makeUncertain(database: Database, intents: readonly Intent[], reason: string, now: number): void {
  const mark = prepare(database, 'UPDATE intent SET reason = ?, since = ? WHERE id = ?');
  for (const { id } of intents) mark.run(reason, now, id);
}

/** Nothing where it is there already: the same event is recorded once. */
export function addEvent(database: Database, id: string, text: string, now: number): void {
  removeIntents(database, [id]);
  prepare(database, 'INSERT OR IGNORE INTO event (id, text, recorded) VALUES (?, ?, ?)').run(id, text, now);
}

const columns = 'id, at, route, type, method, path, key, reason, since';

export function readUncertain(database: Database, limit: number): readonly Uncertain[] {
  return prepare(database, `SELECT ${columns} FROM intent WHERE reason IS NOT NULL ORDER BY at, id LIMIT ?`).all(
    limit,
  ) as Uncertain[];
}

export function settleByHand(database: Database, settlement: Settlement, now: number): SettleOutcome {
  const find = prepare(database, `SELECT ${columns} FROM intent WHERE id = ? AND reason IS NOT NULL`);
  const note = prepare(database, 'INSERT INTO settled (at, who, word, intent) VALUES (?, ?, ?, ?)');
  const settled: string[] = [];
  const refused: { id: string; message: string }[] = [];
  for (const id of new Set(settlement.ids)) {
    const intent = find.get(id) as Uncertain | undefined;
    const settles = settling(intent, settlement);
    if (settles.as === 'refused') refused.push({ id, message: settles.message });
    else {
      if (settles.as === 'nothing') removeIntents(database, [id]);
      else addEvent(database, id, settles.text, now);
      note.run(now, settlement.who, settles.as, JSON.stringify(intent));
      settled.push(id);
    }
  }
  return { settled, refused };
}

export function readSettled(database: Database, limit: number): readonly Settled[] {
  const rows = prepare(database, 'SELECT at, who, word, intent FROM settled ORDER BY seq DESC LIMIT ?').all(limit) as {
    readonly at: number;
    readonly who: string;
    readonly word: Settled['as'];
    readonly intent: string;
  }[];
  return rows.map(({ at, who, word, intent }) => ({ intent: JSON.parse(intent), who, at, as: word }));
}

/** `null`: somebody else is the dispatcher. Where nothing waits nobody needs to be it. */
export function takeEvents(database: Database, holder: string, now: number): readonly CloudEvent[] | null {
  const taken: CloudEvent[] = [];
  let bytes = 0;
  const pending = prepare(database, 'SELECT text FROM event WHERE delivered IS NULL ORDER BY seq LIMIT ?').pluck();
  for (const text of pending.iterate(mostTaken) as Iterable<string>) {
    bytes += text.length;
    if (taken.length > 0 && bytes > mostTakenBytes) break;
    taken.push(JSON.parse(text));
  }
  if (taken.length === 0) return taken;
  return isDispatcher(database, holder, now) ? taken : null;
}

/** A lease that is still good is only looked at: to write it each time would make the disk be waited for each time. */
function isDispatcher(database: Database, holder: string, now: number): boolean {
  const held = prepare(database, 'SELECT holder, until FROM dispatcher').get() as
    | { readonly holder: string; readonly until: number }
    | undefined;
  // One that lasts longer than any was written before the clock was set back.
  const isGood = held !== undefined && held.until > now && held.until <= now + dispatcherLease;
  if (isGood && held.holder !== holder) return false;
  if (isGood && held.until > now + dispatcherLease / 2) return true;
  prepare(database, 'INSERT OR REPLACE INTO dispatcher (one, holder, until) VALUES (1, ?, ?)').run(
    holder,
    now + dispatcherLease,
  );
  return true;
}

export function yieldDispatch(database: Database, holder: string): void {
  prepare(database, 'DELETE FROM dispatcher WHERE holder = ?').run(holder);
}

export function markDelivered(database: Database, ids: readonly string[], now: number): void {
  const mark = prepare(database, 'UPDATE event SET delivered = ? WHERE id = ? AND delivered IS NULL');
  for (const id of ids) mark.run(now, id);
}

export function readStanding(database: Database): OutboxStanding {
  const count = (where: string): number => prepare(database, `SELECT count(*) FROM ${where}`).pluck().get() as number;
  const oldest = prepare(database, 'SELECT recorded FROM event WHERE delivered IS NULL ORDER BY seq LIMIT 1').pluck();
  return {
    pending: count('event WHERE delivered IS NULL'),
    oldest: (oldest.get() as number | undefined) ?? null,
    uncertain: count('intent WHERE reason IS NOT NULL'),
  };
}

/** Forgets of what has been delivered what is too old, or too much; at most so many at a time. True: there is more. */
export function forgetDelivered(database: Database, before: number, most: number): boolean {
  const step = 2_000;
  const old = prepare(
    database,
    'DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE delivered < ? ORDER BY delivered LIMIT ?)',
  );
  const surplus = prepare(
    database,
    `DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE delivered IS NOT NULL
       ORDER BY delivered DESC, seq DESC LIMIT ? OFFSET ?)`,
  );
  return old.run(before, step).changes === step || surplus.run(step, most).changes === step;
}
