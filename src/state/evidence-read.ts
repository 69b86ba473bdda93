import type { Database } from 'better-sqlite3';
import { Distinct, distinctFrom } from '../domain/distinct.ts';
import {
  type Arm,
  type ClusterRecord,
  type ClusterTally,
  type Example,
  type Judgement,
  type RouteEvidence,
  windowSpan,
} from '../domain/evidence.ts';
import type { WindowCounts } from '../domain/merge-evidence.ts';
import type { EvidenceSettings } from '../domain/shadow.ts';
import type { EvidenceQuery } from '../ports.ts';
import { asked, beginning, type Fingerprint, floorOf, inOrder, talliesOf } from './evidence-assembly.ts';

/** To be called within a transaction, so that what is told belongs together. */
export function readEvidence(
  database: Database,
  query: EvidenceQuery,
  { keep }: EvidenceSettings,
  now: number,
): readonly RouteEvidence[] {
  const kept = fingerprintsOf(database).filter(({ recorded }) => recorded > now - keep);
  const from = floorOf(query, keep, now);
  return asked(kept, query).map(({ of, current }): RouteEvidence => {
    const { place, route, fingerprint, service } = of;
    const since = beginning(of, firstWindow(database, place, now - keep));
    return {
      route,
      fingerprint,
      service,
      current,
      since,
      tallies: talliesOf(of, countedOf(database, place, from)),
      distinct: distinctOf(database, place, from),
      clusters: inOrder(clustersOf(database, of, from, query.withoutExamples ?? false)),
      lost: lostSince(database, Math.max(from, of.resetAt)),
    };
  });
}

interface Place extends Fingerprint {
  readonly place: number;
}

function fingerprintsOf(database: Database): readonly Place[] {
  return database
    .prepare<[], Place>(
      'SELECT id AS place, route, fingerprint, service, began, reset_at AS resetAt, recorded, turn FROM fingerprint',
    )
    .all();
}

function firstWindow(database: Database, place: number, from: number): number | null {
  return database
    .prepare<unknown[], number | null>('SELECT min(window) FROM counted WHERE fingerprint = ? AND window + span > ?')
    .pluck()
    .get(place, from)!;
}

interface CountedRecord {
  readonly span: number;
  readonly window: number;
  readonly arm: Arm;
  readonly counts: string;
}

function countedOf(database: Database, place: number, from: number) {
  return database
    .prepare<unknown[], CountedRecord>(
      'SELECT span, window, arm, counts FROM counted WHERE fingerprint = ? AND window + span > ?',
    )
    .all(place, from)
    .map(({ counts, ...where }) => ({ ...where, counts: JSON.parse(counts) as WindowCounts }));
}

function distinctOf(database: Database, place: number, from: number): RouteEvidence['distinct'] {
  const sketches = database.prepare<unknown[], Buffer>(
    'SELECT bytes FROM sketch WHERE fingerprint = ? AND what = ? AND window + span > ?',
  );
  const estimate = (what: 'urls' | 'callers'): number => {
    const distinct = new Distinct();
    for (const bytes of sketches.pluck().all(place, what, from)) distinct.join(distinctFrom(bytes));
    return distinct.estimate();
  };
  return { urls: estimate('urls'), callers: estimate('callers') };
}

interface ClusterRow extends Omit<ClusterTally, 'route' | 'fingerprint' | 'examples'> {
  readonly judgement: string | null;
}

function clustersOf(
  database: Database,
  { place, route, fingerprint }: Place,
  from: number,
  withoutExamples: boolean,
): readonly ClusterRecord[] {
  const rows = database
    .prepare<unknown[], ClusterRow>(
      `SELECT cluster.id, kind, pattern, count, first_seen AS firstSeen, last_seen AS lastSeen, persistent, race, noise,
              judgement
       FROM cluster LEFT JOIN judgement ON judgement.id = cluster.id
       WHERE fingerprint = ? AND last_seen >= ?`,
    )
    .all(place, from);
  const examples = database
    .prepare<unknown[], string>(
      'SELECT example FROM example WHERE fingerprint = ? AND cluster = ? ORDER BY at DESC, seq DESC',
    )
    .pluck();
  return rows.map(({ judgement, ...cluster }) => ({
    ...cluster,
    route,
    fingerprint,
    examples: withoutExamples ? [] : examples.all(place, cluster.id).map((text) => JSON.parse(text) as Example),
    judgement: judgement === null ? null : (JSON.parse(judgement) as Judgement),
  }));
}

function lostSince(database: Database, from: number): number {
  return database
    .prepare<unknown[], number>('SELECT total(batches) FROM lost WHERE window + ? > ?')
    .pluck()
    .get(windowSpan, from)!;
}

/** Which of these are of a cluster that is there, or that was judged when it was. */
export function knownClusters(database: Database, ids: readonly string[]): readonly string[] {
  const known = database
    .prepare<object, number>(
      'SELECT EXISTS (SELECT 1 FROM cluster WHERE id = @id) OR EXISTS (SELECT 1 FROM judgement WHERE id = @id)',
    )
    .pluck();
  return [...new Set(ids)].filter((id) => known.get({ id }) === 1);
}
