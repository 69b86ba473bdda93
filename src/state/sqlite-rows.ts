import type { Database } from 'better-sqlite3';
import { byName, byRoute } from '../domain/draft.ts';
import type { HistoryEntry, LiveRoute, Source } from '../domain/live.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import type { HistoryQuery } from '../ports.ts';
import { pageSize } from './page-size.ts';

interface LiveRecord {
  readonly route: string;
  readonly service: string;
  readonly declared: number;
  readonly declared_at: number;
  readonly live: number;
  readonly latched: number;
  readonly retired: number;
  readonly shadow_declared: number;
  readonly shadow_live: number;
  readonly calibrate_until: number;
}

interface HistoryRecord {
  readonly at: number;
  readonly what: HistoryEntry['what'];
  readonly route: string;
  readonly percent_from: number | null;
  readonly percent_to: number | null;
  readonly source: Source;
  readonly who: string;
  readonly reason: string | null;
}

/** Sorted here: SQLite compares UTF-8 and JavaScript UTF-16, which differ beyond the basic plane. */
export function readLive(database: Database): readonly LiveRoute[] {
  const records = database.prepare<[], LiveRecord>('SELECT * FROM live').all();
  return records.map(toRow).sort(byRoute);
}

/** Writes what differs; rows that a change did not touch are the same objects before and after it. */
export function writeLive(database: Database, before: readonly LiveRoute[], after: readonly LiveRoute[]): void {
  const known = new Map(before.map((row) => [row.route, row]));
  const put = database.prepare(
    `INSERT OR REPLACE INTO live (route, service, declared, declared_at, live, latched, retired,
                                  shadow_declared, shadow_live, calibrate_until)
     VALUES (@route, @service, @declared, @declared_at, @live, @latched, @retired,
             @shadow_declared, @shadow_live, @calibrate_until)`,
  );
  const remove = database.prepare('DELETE FROM live WHERE route = ?');
  for (const row of after) {
    if (known.get(row.route) !== row) put.run(toRecord(row));
    known.delete(row.route);
  }
  for (const route of known.keys()) remove.run(route);
}

/** Sorted here, as the rows are. */
export function readRollouts(database: Database): readonly Rollout[] {
  const bodies = database.prepare<[], string>('SELECT body FROM rollout').pluck().all();
  return bodies.map((body) => JSON.parse(body) as Rollout).sort(byName);
}

export function readRollout(database: Database, name: string): Rollout | null {
  const body = database.prepare<[string], string>('SELECT body FROM rollout WHERE name = ?').pluck().get(name);
  return body === undefined ? null : (JSON.parse(body) as Rollout);
}

/** Writes what differs. None is ever taken out: a name keeps its last one. */
export function writeRollouts(database: Database, before: readonly Rollout[], after: readonly Rollout[]): void {
  const known = new Set(before);
  const put = database.prepare('INSERT OR REPLACE INTO rollout (name, body) VALUES (?, ?)');
  for (const rollout of after) if (!known.has(rollout)) put.run(rollout.name, JSON.stringify(rollout));
}

export function appendHistory(database: Database, entries: readonly HistoryEntry[]): void {
  const append = database.prepare(
    `INSERT INTO history (at, what, route, percent_from, percent_to, source, who, reason)
     VALUES (@at, @what, @route, @percent_from, @percent_to, @source, @who, @reason)`,
  );
  for (const { at, from, to, ...rest } of entries) {
    append.run({ ...rest, at: Date.parse(at), percent_from: toHundredths(from), percent_to: toHundredths(to) });
  }
}

export function readHistory(database: Database, { route, since, limit }: HistoryQuery): readonly HistoryEntry[] {
  const conditions = [
    route === undefined ? [] : ['route = @route'],
    since === undefined ? [] : ['at >= @since'],
  ].flat();
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return database
    .prepare<[object], HistoryRecord>(`SELECT * FROM history ${where} ORDER BY seq DESC LIMIT @limit`)
    .all({ ...(route !== undefined && { route }), ...(since !== undefined && { since }), limit: pageSize(limit) })
    .map(toEntry);
}

function toRow(record: LiveRecord): LiveRoute {
  return {
    route: record.route,
    service: record.service,
    declared: record.declared / 100,
    declaredAt: record.declared_at,
    live: record.live / 100,
    latched: record.latched === 1,
    retired: record.retired === 1,
    shadowDeclared: record.shadow_declared / 100,
    shadowLive: record.shadow_live / 100,
    calibrateUntil: record.calibrate_until,
  };
}

function toRecord(row: LiveRoute): LiveRecord {
  return {
    route: row.route,
    service: row.service,
    declared: Math.round(row.declared * 100),
    declared_at: row.declaredAt,
    live: Math.round(row.live * 100),
    latched: Number(row.latched),
    retired: Number(row.retired),
    shadow_declared: Math.round(row.shadowDeclared * 100),
    shadow_live: Math.round(row.shadowLive * 100),
    calibrate_until: row.calibrateUntil,
  };
}

function toEntry(record: HistoryRecord): HistoryEntry {
  return {
    at: new Date(record.at).toISOString(),
    what: record.what,
    route: record.route,
    from: toPercent(record.percent_from),
    to: toPercent(record.percent_to),
    source: record.source,
    who: record.who,
    reason: record.reason,
  };
}

function toHundredths(percent: number | null): number | null {
  return percent === null ? null : Math.round(percent * 100);
}

function toPercent(hundredths: number | null): number | null {
  return hundredths === null ? null : hundredths / 100;
}
