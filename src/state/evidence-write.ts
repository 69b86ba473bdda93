import type { Database } from 'better-sqlite3';
import { Distinct, distinctFrom } from '../domain/distinct.ts';
import { type ClusterTally, type EvidenceBatch, type Example, type Tally, windowSpan } from '../domain/evidence.ts';
import { emptyWindow, joinWindows, type WindowCounts } from '../domain/merge-evidence.ts';
import type { EvidenceSettings } from '../domain/shadow.ts';
import { addArms } from './evidence-arms.ts';
import { beginOf, countCoarsening, mostClusters, sketchCoarsening } from './evidence-bounds.ts';

/** To be called within a transaction. */
export function recordBatch(database: Database, batch: EvidenceBatch, limits: EvidenceSettings, now: number): void {
  const places = new Map<string, number>();
  const placeOf = (route: string, fingerprint: string, service: string): number => {
    const key = JSON.stringify([route, fingerprint]);
    const place = places.get(key) ?? putFingerprint(database, route, fingerprint, service, now);
    places.set(key, place);
    return place;
  };
  for (const tally of batch.tallies) {
    const place = placeOf(tally.route, tally.fingerprint, tally.service);
    addCounts(database, place, countCoarsening.short, tally.window, tally.arm, tally);
    addHashes(database, place, tally);
  }
  for (const cluster of batch.clusters) {
    addCluster(database, placeOf(cluster.route, cluster.fingerprint, ''), cluster, limits.examples);
  }
  // Of two of one route in one batch, the one that was met later is taken for the newer.
  for (const place of [...places.values()].sort((a, b) => a - b)) {
    markNewest(database, place, now);
    dropClustersBeyond(database, place);
  }
  if (batch.clusters.some(({ examples }) => examples.length > 0)) dropExamplesBeyond(database, limits.size);
  if (batch.arms !== undefined) addArms(database, batch.arms, now);
  if (batch.lost !== undefined && batch.lost > 0) noteLost(database, batch.lost, now);
}

function putFingerprint(database: Database, route: string, fingerprint: string, service: string, now: number): number {
  return database
    .prepare<object, number>(
      `INSERT INTO fingerprint (route, fingerprint, service, began, reset_at, recorded, turn)
       VALUES (@route, @fingerprint, @service, @now, 0, @now, 0)
       ON CONFLICT DO UPDATE SET service = CASE @service WHEN '' THEN service ELSE @service END
       RETURNING id`,
    )
    .pluck()
    .get({ route, fingerprint, service, now })!;
}

function markNewest(database: Database, place: number, now: number): void {
  database
    .prepare('UPDATE fingerprint SET recorded = ?, turn = (SELECT max(turn) + 1 FROM fingerprint) WHERE id = ?')
    .run(now, place);
}

export function addCounts(
  database: Database,
  place: number,
  span: number,
  window: number,
  arm: string,
  counts: WindowCounts,
): void {
  const there = database
    .prepare<unknown[], string>(
      'SELECT counts FROM counted WHERE fingerprint = ? AND span = ? AND window = ? AND arm = ?',
    )
    .pluck()
    .get(place, span, window, arm);
  const joined = joinWindows(there === undefined ? emptyWindow : (JSON.parse(there) as WindowCounts), counts);
  database
    .prepare('INSERT OR REPLACE INTO counted VALUES (?, ?, ?, ?, ?)')
    .run(place, span, window, arm, JSON.stringify(joined));
}

function addHashes(database: Database, place: number, { window, urls, callers }: Tally): void {
  const { short } = sketchCoarsening;
  for (const [what, hashes] of Object.entries({ urls, callers })) {
    if (hashes.length === 0) continue;
    const distinct = new Distinct();
    for (const hash of hashes) distinct.add(hash);
    addSketch(database, place, short, beginOf(window, short), what, distinct);
  }
}

export function addSketch(
  database: Database,
  place: number,
  span: number,
  window: number,
  what: string,
  distinct: Distinct,
): void {
  const there = database
    .prepare<unknown[], Buffer>(
      'SELECT bytes FROM sketch WHERE fingerprint = ? AND span = ? AND window = ? AND what = ?',
    )
    .pluck()
    .get(place, span, window, what);
  if (there !== undefined) distinct.join(distinctFrom(there));
  database
    .prepare('INSERT OR REPLACE INTO sketch VALUES (?, ?, ?, ?, ?)')
    .run(place, span, window, what, Buffer.from(distinct.bytes()));
}

function addCluster(database: Database, place: number, cluster: ClusterTally, mostExamples: number): void {
  const { examples, route: _route, fingerprint: _fingerprint, ...counts } = cluster;
  database
    .prepare(
      `INSERT INTO cluster VALUES (@place, @id, @kind, @pattern, @count, @firstSeen, @lastSeen, @persistent, @race, @noise)
       ON CONFLICT DO UPDATE SET
         count = count + excluded.count,
         first_seen = min(first_seen, excluded.first_seen),
         last_seen = max(last_seen, excluded.last_seen),
         persistent = persistent + excluded.persistent,
         race = race + excluded.race,
         noise = noise + excluded.noise`,
    )
    .run({ place, ...counts });
  if (examples.length === 0) return;
  const put = database.prepare('INSERT INTO example (fingerprint, cluster, at, bytes, example) VALUES (?, ?, ?, ?, ?)');
  for (const example of newest(examples, mostExamples)) {
    const text = JSON.stringify(example);
    put.run(place, cluster.id, example.at, Buffer.byteLength(text), text);
  }
  database
    .prepare(
      `DELETE FROM example WHERE seq IN (
         SELECT seq FROM example WHERE fingerprint = ? AND cluster = ? ORDER BY at DESC, seq DESC LIMIT -1 OFFSET ?)`,
    )
    .run(place, cluster.id, mostExamples);
}

/** In the order of their times, so that among equals the last one that came counts as the newest. */
function newest(examples: readonly Example[], most: number): readonly Example[] {
  return most === 0 ? [] : examples.toSorted((a, b) => a.at - b.at).slice(-most);
}

function dropClustersBeyond(database: Database, place: number): void {
  database
    .prepare(
      `DELETE FROM cluster WHERE fingerprint = @place AND id IN (
         SELECT id FROM cluster WHERE fingerprint = @place
         ORDER BY count DESC, last_seen DESC, id LIMIT -1 OFFSET ${mostClusters})`,
    )
    .run({ place });
}

/** The oldest go first, whichever route they are of. */
export function dropExamplesBeyond(database: Database, size: number): void {
  let surplus = database.prepare<[], number>('SELECT total(bytes) FROM example').pluck().get()! - size;
  if (surplus <= 0) return;
  const oldest = database.prepare<[], { seq: number; bytes: number }>(
    'SELECT seq, bytes FROM example ORDER BY at, seq',
  );
  const gone: number[] = [];
  for (const { seq, bytes } of oldest.iterate()) {
    gone.push(seq);
    surplus -= bytes;
    if (surplus <= 0) break;
  }
  const remove = database.prepare('DELETE FROM example WHERE seq = ?');
  for (const seq of gone) remove.run(seq);
}

function noteLost(database: Database, batches: number, now: number): void {
  database
    .prepare('INSERT INTO lost VALUES (?, ?) ON CONFLICT DO UPDATE SET batches = batches + excluded.batches')
    .run(beginOf(now, windowSpan), batches);
}
