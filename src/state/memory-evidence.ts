import { Distinct } from '../domain/distinct.ts';
import {
  type ClusterTally,
  type EvidenceBatch,
  type Example,
  type Judgement,
  type RouteEvidence,
  windowSpan,
} from '../domain/evidence.ts';
import { getOrAdd } from '../domain/get-or-add.ts';
import { emptyWindow, joinCluster, joinWindows, type WindowCounts } from '../domain/merge-evidence.ts';
import type { ChapterEvidence } from '../domain/rollout/arm-counts.ts';
import type { EvidenceSettings } from '../domain/shadow.ts';
import { StateError } from '../domain/state-error.ts';
import type { ArmsQuery, Clock, Evidence, EvidenceQuery } from '../ports.ts';
import { asked, beginning, type Counted, type Fingerprint, floorOf, inOrder, talliesOf } from './evidence-assembly.ts';
import { beginOf, coarseBefore, countCoarsening, mostClusters, sketchCoarsening } from './evidence-bounds.ts';
import { MemoryArms } from './memory-arms.ts';

/** Evidence that ends with its process. */
export function memoryEvidence(limits: EvidenceSettings, clock: Clock): Evidence {
  return new MemoryEvidence(limits, clock);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface Sketch {
  readonly span: number;
  readonly window: number;
  readonly what: 'urls' | 'callers';
  readonly distinct: Distinct;
}

interface Place extends Writable<Fingerprint> {
  /** By span, window and arm. */
  counted: Map<string, Counted>;
  sketches: Map<string, Sketch>;
  /** Their examples stand newest first. */
  clusters: Map<string, ClusterTally>;
}

const pruneEvery = 60_000;

class MemoryEvidence implements Evidence {
  readonly #clock: Clock;
  readonly #places = new Map<string, Place>();
  readonly #judgements = new Map<string, Judgement>();
  /** Batches by the window in which they were spoken of. */
  readonly #lost = new Map<number, number>();
  readonly #arms = new MemoryArms();
  #limits: EvidenceSettings;
  #turn = 0;
  #prunedAt: number;
  #open = true;

  constructor(limits: EvidenceSettings, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#prunedAt = clock.now();
  }

  async record(batch: EvidenceBatch): Promise<void> {
    this.#mustBeOpen();
    const now = this.#clock.now();
    const touched = new Set<Place>();
    for (const tally of batch.tallies) {
      const place = this.#placeOf(tally.route, tally.fingerprint, now);
      place.service = tally.service;
      addCounts(place, { span: windowSpan, window: tally.window, arm: tally.arm, counts: tally });
      addHashes(place, tally.window, 'urls', tally.urls);
      addHashes(place, tally.window, 'callers', tally.callers);
      touched.add(place);
    }
    for (const cluster of batch.clusters) {
      const place = this.#placeOf(cluster.route, cluster.fingerprint, now);
      addCluster(place, cluster, this.#limits.examples);
      touched.add(place);
    }
    for (const place of this.#places.values()) {
      if (!touched.has(place)) continue;
      place.recorded = now;
      place.turn = ++this.#turn;
      dropClustersBeyond(place);
    }
    this.#arms.add(batch.arms ?? [], now);
    if (batch.clusters.length > 0) this.#dropExamples();
    if (batch.lost !== undefined) {
      const window = beginOf(now, windowSpan);
      this.#lost.set(window, (this.#lost.get(window) ?? 0) + batch.lost);
    }
    if (now - this.#prunedAt >= pruneEvery) this.#prune(now);
  }

  async read(query: EvidenceQuery): Promise<readonly RouteEvidence[]> {
    this.#mustBeOpen();
    const now = this.#clock.now();
    const { keep } = this.#limits;
    const from = floorOf(query, keep, now);
    const kept = [...this.#places.values()].filter(({ recorded }) => recorded > now - keep);
    return asked(kept, query).map(({ of, current }): RouteEvidence => {
      const { route, fingerprint, service } = of;
      const counted = [...of.counted.values()].filter(({ window, span }) => window + span > now - keep);
      const first = counted.reduce<number | null>((least, { window }) => Math.min(least ?? window, window), null);
      return {
        route,
        fingerprint,
        service,
        current,
        since: beginning(of, first),
        tallies: talliesOf(
          of,
          counted.filter(({ window, span }) => window + span > from),
        ),
        distinct: { urls: distinctOf(of, 'urls', from), callers: distinctOf(of, 'callers', from) },
        clusters: inOrder(
          [...of.clusters.values()]
            .filter(({ lastSeen }) => lastSeen >= from)
            .map((cluster) => ({
              ...cluster,
              examples: query.withoutExamples ? [] : cluster.examples,
              judgement: this.#judgements.get(cluster.id) ?? null,
            })),
        ),
        lost: this.#lostSince(Math.max(from, of.resetAt)),
      };
    });
  }

  async arms(query: ArmsQuery): Promise<readonly ChapterEvidence[]> {
    this.#mustBeOpen();
    return this.#arms.of(query, this.#clock.now() - this.#limits.keep);
  }

  async judge(ids: readonly string[], judgement: Judgement | null): Promise<readonly string[]> {
    this.#mustBeOpen();
    const places = [...this.#places.values()];
    const isKnown = (id: string) => this.#judgements.has(id) || places.some(({ clusters }) => clusters.has(id));
    const known = [...new Set(ids)].filter(isKnown);
    for (const id of known) {
      if (judgement === null) this.#judgements.delete(id);
      else this.#judgements.set(id, judgement);
    }
    return known;
  }

  async reset(routes: readonly string[] | null): Promise<readonly string[]> {
    this.#mustBeOpen();
    const affected = [...this.#places.values()].filter(({ route }) => routes === null || routes.includes(route));
    const used = affected.filter(({ counted, clusters }) => counted.size > 0 || clusters.size > 0);
    for (const place of affected) {
      place.counted.clear();
      place.sketches.clear();
      place.clusters.clear();
      place.resetAt = this.#clock.now();
    }
    return [...new Set(used.map(({ route }) => route))].sort();
  }

  limit(settings: EvidenceSettings): void {
    this.#limits = settings;
    this.#prune(this.#clock.now());
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  #placeOf(route: string, fingerprint: string, now: number): Place {
    return getOrAdd(this.#places, JSON.stringify([route, fingerprint]), () => ({
      route,
      fingerprint,
      service: '',
      began: now,
      resetAt: 0,
      recorded: now,
      turn: 0,
      counted: new Map(),
      sketches: new Map(),
      clusters: new Map(),
    }));
  }

  #lostSince(from: number): number {
    return [...this.#lost].reduce((sum, [window, lost]) => (window + windowSpan > from ? sum + lost : sum), 0);
  }

  #prune(now: number): void {
    this.#prunedAt = now;
    const oldest = now - this.#limits.keep;
    for (const [key, place] of this.#places) {
      if (place.recorded <= oldest) this.#places.delete(key);
      forgetOld(place, oldest, this.#limits.examples);
      coarsen(place, now);
    }
    for (const window of this.#lost.keys()) if (window + windowSpan <= oldest) this.#lost.delete(window);
    this.#arms.forget(oldest);
    this.#dropExamples();
  }

  /** The oldest go first, whichever route they are of. */
  #dropExamples(): void {
    const all = [...this.#places.values()].flatMap((place) =>
      [...place.clusters.values()].flatMap((cluster) =>
        cluster.examples.map((example) => ({ place, cluster, example })),
      ),
    );
    let surplus = all.reduce((sum, { example }) => sum + bytesOf(example), 0) - this.#limits.size;
    if (surplus <= 0) return;
    for (const { place, cluster, example } of all.sort((a, b) => a.example.at - b.example.at)) {
      if (surplus <= 0) break;
      const { examples, ...rest } = place.clusters.get(cluster.id)!;
      place.clusters.set(cluster.id, { ...rest, examples: examples.filter((each) => each !== example) });
      surplus -= bytesOf(example);
    }
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new StateError('closed', 'the evidence has been closed');
  }
}

/** Measured once: an example does not change. */
const measured = new WeakMap<Example, number>();
function bytesOf(example: Example): number {
  const known = measured.get(example) ?? Buffer.byteLength(JSON.stringify(example));
  measured.set(example, known);
  return known;
}

function addCounts(place: Place, row: Counted): void {
  const key = `${row.span} ${row.window} ${row.arm}`;
  const there: WindowCounts = place.counted.get(key)?.counts ?? emptyWindow;
  place.counted.set(key, { ...row, counts: joinWindows(there, row.counts) });
}

function addHashes(place: Place, at: number, what: Sketch['what'], hashes: readonly number[]): void {
  if (hashes.length === 0) return;
  const { distinct } = sketchAt(place, sketchCoarsening.short, at, what);
  for (const hash of hashes) distinct.add(hash);
}

function sketchAt(place: Place, span: number, at: number, what: Sketch['what']): Sketch {
  const window = beginOf(at, span);
  const add = (): Sketch => ({ span, window, what, distinct: new Distinct() });
  return getOrAdd(place.sketches, `${span} ${window} ${what}`, add);
}

function addCluster(place: Place, cluster: ClusterTally, mostExamples: number): void {
  const there = place.clusters.get(cluster.id);
  const joined = there === undefined ? cluster : joinCluster(there, cluster);
  // The sort is stable: among equals those that came last stand first.
  const examples = [...cluster.examples.toReversed(), ...(there?.examples ?? [])].sort((a, b) => b.at - a.at);
  place.clusters.set(cluster.id, { ...joined, examples: examples.slice(0, mostExamples) });
}

function dropClustersBeyond({ clusters }: Place): void {
  if (clusters.size <= mostClusters) return;
  const ranked = [...clusters.values()].sort(
    (a, b) => b.count - a.count || b.lastSeen - a.lastSeen || (a.id < b.id ? -1 : 1),
  );
  for (const { id } of ranked.slice(mostClusters)) clusters.delete(id);
}

function distinctOf({ sketches }: Place, wanted: Sketch['what'], from: number): number {
  const whole = new Distinct();
  for (const { what, window, span, distinct } of sketches.values()) {
    if (what === wanted && window + span > from) whole.join(distinct);
  }
  return whole.estimate();
}

function forgetOld({ counted, sketches, clusters }: Place, oldest: number, mostExamples: number): void {
  for (const [key, { window, span }] of counted) if (window + span <= oldest) counted.delete(key);
  for (const [key, { window, span }] of sketches) if (window + span <= oldest) sketches.delete(key);
  for (const [id, cluster] of clusters) {
    if (cluster.lastSeen < oldest) clusters.delete(id);
    else clusters.set(id, { ...cluster, examples: cluster.examples.slice(0, mostExamples) });
  }
}

function coarsen(place: Place, now: number): void {
  const countsBefore = coarseBefore(countCoarsening, now);
  for (const [key, row] of place.counted) {
    if (row.span !== countCoarsening.short || row.window >= countsBefore) continue;
    place.counted.delete(key);
    addCounts(place, { ...row, span: countCoarsening.long, window: beginOf(row.window, countCoarsening.long) });
  }
  const sketchesBefore = coarseBefore(sketchCoarsening, now);
  for (const [key, { span, window, what, distinct }] of place.sketches) {
    if (span !== sketchCoarsening.short || window >= sketchesBefore) continue;
    place.sketches.delete(key);
    sketchAt(place, sketchCoarsening.long, window, what).distinct.join(distinct);
  }
}
