import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Arm, Judgement, Tally } from '../../src/domain/evidence.ts';
import type { ChapterCount } from '../../src/domain/rollout/arm-counts.ts';
import { type ArmFigures, armBounds } from '../../src/domain/rollout/model.ts';
import { defaultEvidence, type EvidenceSettings } from '../../src/domain/shadow.ts';
import type { Clock, Evidence, EvidenceQuery } from '../../src/ports.ts';
import { aBatch, aCluster, anExample, aTally, latencies } from '../domain/some-evidence.ts';

/** Where one test's evidence lives. */
export interface EvidencePlace {
  open(limits: EvidenceSettings, clock: Clock): Promise<Evidence>;
  /** Lets go of what is too old now, as the passing of time would. */
  age(evidence: Evidence): Promise<void>;
  remove(): Promise<void>;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** What every store of evidence promises, whatever it is made of. */
export function describeEvidence(name: string, makePlace: () => Promise<EvidencePlace>): void {
  describe(`the ${name} evidence`, () => {
    const start = Date.UTC(2026, 0, 5, 12);
    let place: EvidencePlace;
    let evidence: Evidence;
    let now: number;
    const open = (limits: Partial<EvidenceSettings> = {}) =>
      place.open({ ...defaultEvidence, ...limits }, { now: () => now });

    beforeEach(async () => {
      now = start;
      place = await makePlace();
      evidence = await open();
    });
    afterEach(async () => {
      await evidence.close();
      await place.remove();
    });

    const reopen = async (limits: Partial<EvidenceSettings>): Promise<void> => {
      await evidence.close();
      evidence = await open(limits);
    };
    const one = async (query: EvidenceQuery = {}) => {
      const all = await evidence.read(query);
      expect(all).toHaveLength(1);
      return all[0]!;
    };
    const eligible = async (query: EvidenceQuery = {}) =>
      (await one(query)).tallies.map((tally): [number, number] => [tally.window, tally.eligible]);
    const at = (window: number, rest: Partial<Tally> = {}) => aTally({ window, ...rest });

    it('has nothing at first', async () => {
      expect(await evidence.read({})).toEqual([]);
      expect(await evidence.judge(['00000000'], null)).toEqual([]);
      expect(await evidence.reset(null)).toEqual([]);
    });

    it('adds up what was counted, by window and arm, in whichever batches it comes', async () => {
      await evidence.record(aBatch([at(start), at(start, { arm: 'service', eligible: 1 })]));
      const second = at(start, {
        serviceFailed: 2,
        skipped: { 'not-sampled': 3, overloaded: 1 },
        latency: { legacy: latencies(3, 1), service: latencies(55, 4) },
        combinations: { 'aaaa bbbb': 2, '': 1 },
      });
      await evidence.record(aBatch([second, at(start + minute)]));
      await evidence.record(aBatch([at(start, { combinations: { 'aaaa bbbb': 1, cccc: 1 } })]));
      const { tallies, ...rest } = await one();
      expect(rest).toEqual({
        route: 'order',
        fingerprint: 'aaaaaaaaaaaa',
        service: 'orders',
        current: true,
        since: start,
        distinct: { urls: 0, callers: 0 },
        clusters: [],
        lost: 0,
      });
      expect(tallies.map(({ window, arm, eligible }) => [window, arm, eligible])).toEqual([
        [start, 'legacy', 30],
        [start, 'service', 1],
        [start + minute, 'legacy', 10],
      ]);
      expect(tallies[0]).toEqual({
        ...at(start),
        eligible: 30,
        compared: 27,
        matched: 27,
        matchedByRules: 6,
        matchedLater: 3,
        serviceFailed: 2,
        skipped: { 'not-sampled': 5, overloaded: 1 },
        latency: { legacy: latencies(3, 19), service: latencies(5, 18).with(55, 4) },
        combinations: { 'aaaa bbbb': 3, '': 1, cccc: 1 },
      });
    });

    it('adds up what legacy differs in from itself, by the largest distance', async () => {
      const differing = (count: number, milliseconds: number | null, distance: number | null) => ({
        pairs: 10,
        differing: {
          'value $.at': { kind: 'value' as const, pattern: '$.at', count, milliseconds, distance, percent: distance },
        },
      });
      await evidence.record(aBatch([at(start, { noise: differing(4, 900, 1) })]));
      await evidence.record(aBatch([at(start, { noise: differing(5, null, 7) })]));
      const [tally] = (await one()).tallies;
      expect(tally!.noise).toEqual({
        pairs: 20,
        differing: {
          'value $.at': { kind: 'value', pattern: '$.at', count: 9, milliseconds: null, distance: 7, percent: 7 },
        },
      });
    });

    it('has an end of what traffic may name: combinations, and what legacy differs in', async () => {
      const many = Array.from({ length: 500 }, (_, index) => `${index}`);
      const differing = Object.fromEntries(
        many.map((pattern) => [
          `value ${pattern}`,
          { kind: 'value' as const, pattern, count: 1, milliseconds: null, distance: null, percent: null },
        ]),
      );
      const combinations = Object.fromEntries(many.map((ids) => [ids, 1]));
      await evidence.record(aBatch([at(start, { combinations, noise: { pairs: 1, differing } })]));
      const [tally] = (await one()).tallies;
      expect(Object.keys(tally!.combinations).length).toBeLessThanOrEqual(65);
      expect(Object.values(tally!.combinations).reduce((sum, count) => sum + count)).toBe(500);
      expect(Object.keys(tally!.noise.differing)).toHaveLength(256);
    });

    it('estimates how many different URLs and callers there were', async () => {
      const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
      await evidence.record(aBatch([at(start, { urls: range(0, 300), callers: [7, 7, 7] })]));
      await evidence.record(aBatch([at(start + 2 * hour, { urls: range(200, 400), callers: [7, 8] })]));
      expect((await one()).distinct).toEqual({ urls: 400, callers: 2 });
      expect((await one({ since: start + hour })).distinct).toEqual({ urls: 200, callers: 2 });
      await evidence.record(aBatch([at(start, { urls: range(0, 50_000) })]));
      expect(Math.abs((await one()).distinct.urls - 50_000)).toBeLessThan(1_500);
    });

    it('tells only of the routes and of the time that were asked for', async () => {
      await evidence.record(aBatch([at(start), at(start + minute), at(start, { route: 'cart', fingerprint: 'c' })]));
      expect((await evidence.read({})).map(({ route }) => route)).toEqual(['cart', 'order']);
      expect(await eligible({ routes: ['order'] })).toEqual([
        [start, 10],
        [start + minute, 10],
      ]);
      expect(await eligible({ routes: ['order'], since: start + minute })).toEqual([[start + minute, 10]]);
      expect(await eligible({ routes: ['order'], since: start + minute - 1 })).toHaveLength(2);
      expect(await evidence.read({ routes: ['nobody', '__proto__'] })).toEqual([]);
    });

    it("tells of a route's newest fingerprint, and of those before on request", async () => {
      await evidence.record(aBatch([at(start)]));
      now += 10;
      await evidence.record(aBatch([at(start, { fingerprint: 'b' })]));
      expect(await one()).toMatchObject({ fingerprint: 'b', current: true });
      const both = await evidence.read({ past: true });
      expect(both.map(({ fingerprint, current }) => [fingerprint, current])).toEqual([
        ['b', true],
        ['aaaaaaaaaaaa', false],
      ]);
      now += 10;
      await evidence.record(aBatch([at(start)]));
      expect(await one()).toMatchObject({ fingerprint: 'aaaaaaaaaaaa', current: true });
    });

    it('joins clusters, and keeps the newest examples of each', async () => {
      await reopen({ examples: 3 });
      const examples = [3, 1, 2].map((each) => anExample(start + each));
      await evidence.record(
        aBatch([], [aCluster('$.total', { count: 3, firstSeen: start + 1, lastSeen: start + 3, race: 1, examples })]),
      );
      const more = [anExample(start + 2, 'late'), anExample(start + 9)];
      await evidence.record(
        aBatch(
          [at(start)],
          [aCluster('$.total', { count: 2, firstSeen: start, lastSeen: start + 9, persistent: 2, examples: more })],
        ),
      );
      const { clusters, service } = await one();
      expect(service).toBe('orders');
      expect(clusters).toEqual([
        {
          ...aCluster('$.total', { count: 5, firstSeen: start, lastSeen: start + 9, persistent: 2, race: 1 }),
          examples: [anExample(start + 9), anExample(start + 3), anExample(start + 2, 'late')],
          judgement: null,
        },
      ]);
      expect((await one({ withoutExamples: true })).clusters[0]!.examples).toEqual([]);
      expect((await one({ since: start + 9 })).clusters).toHaveLength(1);
      expect((await one({ since: start + 10 })).clusters).toEqual([]);
    });

    it('keeps patterns and bodies whatever they contain', async () => {
      const odd = ['nul\0inside', "'; DROP TABLE cluster; --", '__proto__', '𝒳 路由', 'line\r\nbreak'];
      const clusters = odd.map((pattern) =>
        aCluster(pattern, { lastSeen: start, count: 2, examples: [anExample(start, pattern)] }),
      );
      await evidence.record(aBatch([], clusters));
      const kept = new Map(
        (await one()).clusters.map((cluster) => [cluster.pattern, cluster.examples[0]!.legacy.body]),
      );
      expect(kept).toEqual(new Map(odd.map((pattern) => [pattern, pattern])));
    });

    it('keeps the 200 clusters that are seen most, and among equals those seen last', async () => {
      const first = Array.from({ length: 200 }, (_, index) =>
        aCluster(`$.k${index}`, { count: index === 0 ? 1 : 2, lastSeen: start + index }),
      );
      await evidence.record(aBatch([at(start)], first));
      await evidence.record(aBatch([], [aCluster('$.new', { count: 1, lastSeen: start + 500 })]));
      let patterns = new Set((await one()).clusters.map(({ pattern }) => pattern));
      expect(patterns.size).toBe(200);
      expect(patterns.has('$.k0')).toBe(false);
      expect(patterns.has('$.new')).toBe(true);
      await evidence.record(aBatch([], [aCluster('$.once', { count: 1, lastSeen: start + 400 })]));
      patterns = new Set((await one()).clusters.map(({ pattern }) => pattern));
      expect(patterns.has('$.once')).toBe(false);
    });

    it('lets the oldest examples go when all of them are too large, and keeps the counts', async () => {
      await reopen({ size: 50_000 });
      for (let step = 0; step < 12; step++) {
        const examples = [anExample(start + step, 'x'.repeat(3_000))];
        await evidence.record(
          aBatch([], [aCluster(`$.k${step % 3}`, { lastSeen: start + step, firstSeen: start, examples })]),
        );
      }
      const { clusters } = await one();
      expect(clusters.map(({ count }) => count)).toEqual([4, 4, 4]);
      const times = clusters.flatMap(({ examples }) => examples.map(({ at }) => at - start)).sort((a, b) => a - b);
      expect(times).toEqual([5, 6, 7, 8, 9, 10, 11]);
    });

    it('keeps what was decided about a cluster through a reset and a change of the rules', async () => {
      const { id } = aCluster('$.total');
      const accepted: Judgement = { word: 'accepted', at: start, who: 'ada', reason: 'meant' };
      await evidence.record(aBatch([at(start)], [aCluster('$.total', { lastSeen: start })]));
      expect(await evidence.judge([id, id, 'ffffffff'], accepted)).toEqual([id]);
      expect((await one()).clusters).toMatchObject([{ id, judgement: accepted }]);
      await evidence.reset(['order']);
      expect((await one()).clusters).toEqual([]);
      await evidence.record(aBatch([], [aCluster('$.total', { fingerprint: 'b', lastSeen: start })]));
      expect((await one()).clusters).toMatchObject([{ id, judgement: accepted }]);
      const ignored: Judgement = { word: 'ignored', at: start, until: start + 1, who: 'bob', reason: null };
      await evidence.judge([id], ignored);
      now = start + day;
      expect((await one()).clusters).toMatchObject([{ judgement: ignored }]);
      await evidence.judge([id], null);
      expect((await one()).clusters).toMatchObject([{ judgement: null }]);
    });

    it('forgets the evidence of the routes that are reset, and begins anew', async () => {
      await evidence.record(
        aBatch([at(start, { urls: [1] }), at(start, { route: 'cart', fingerprint: 'c' })], [aCluster('$.total')]),
      );
      now = start + 30_000;
      expect(await evidence.reset(['order', 'nobody'])).toEqual(['order']);
      expect(await evidence.reset(['order'])).toEqual([]);
      const [cart, order] = await evidence.read({});
      expect(cart).toMatchObject({ route: 'cart', since: start });
      expect(cart!.tallies).toHaveLength(1);
      expect(order).toMatchObject({ since: now, tallies: [], clusters: [], distinct: { urls: 0 } });
      await evidence.record(aBatch([at(start)]));
      expect(await one({ routes: ['order'] })).toMatchObject({ since: now, tallies: [{ eligible: 10 }] });
      expect(await evidence.reset(null)).toEqual(['cart', 'order']);
    });

    it('says how many batches were lost in the time that was asked for', async () => {
      await evidence.record(aBatch([at(start)], [], 3));
      now = start + hour;
      await evidence.record(aBatch([at(now)], [], 1));
      expect((await one()).lost).toBe(4);
      expect((await one({ since: now })).lost).toBe(1);
      now += hour;
      await evidence.reset(null);
      expect((await one()).lost).toBe(0);
    });

    it('gives nothing back that is older than is kept', async () => {
      await reopen({ keep: 2 * hour });
      await evidence.record(aBatch([at(start)], [aCluster('$.total', { lastSeen: start })]));
      now = start + 2 * hour + minute - 1;
      await evidence.record(aBatch([at(now - (now % minute))]));
      expect(await eligible()).toHaveLength(2);
      expect((await one()).clusters).toEqual([]);
      now += 1;
      expect(await eligible()).toHaveLength(1);
      expect(await one()).toMatchObject({ since: now - minute });
      now += 3 * hour;
      expect(await evidence.read({ past: true })).toEqual([]);
    });

    it('tells the same of a time that has passed, in hours instead of minutes', async () => {
      const urls = (index: number) => ({ urls: [index], callers: [index % 7] });
      for (let index = 0; index < 180; index++) {
        await evidence.record(aBatch([at(start + index * minute, urls(index))]));
      }
      now = start + 2 * day;
      await place.age(evidence);
      await evidence.record(aBatch([at(start + 5 * minute)]));
      const { tallies, distinct } = await one();
      expect(tallies.map(({ window, eligible }) => [window - start, eligible])).toEqual([
        [0, 600],
        [5 * minute, 10],
        [hour, 600],
        [2 * hour, 600],
      ]);
      for (const { eligible, compared, serviceFailed, skipped } of tallies) {
        expect(eligible).toBe(compared + serviceFailed + Object.values(skipped).reduce((sum, count) => sum + count, 0));
      }
      expect(distinct).toEqual({ urls: 180, callers: 7 });
    });

    describe('of the arms', () => {
      const count = (arm: Arm, requests: number, failures = 0, rest: Partial<ChapterCount> = {}): ChapterCount => ({
        chapter: 'orders 1',
        route: 'order',
        arm,
        requests,
        failures,
        latency: [3, requests],
        ...rest,
      });
      const record = (...arms: ChapterCount[]) => evidence.record({ ...aBatch([]), arms });
      const figures = ({ requests, failures, latency }: ArmFigures) => [requests, failures, latency[3]];

      it('has nothing at first, and nothing of a chapter that nobody recorded for', async () => {
        expect(await evidence.arms({ chapters: ['orders 1'] })).toEqual([]);
        await record(count('service', 5));
        expect(await evidence.arms({ chapters: [] })).toEqual([]);
        expect(await evidence.arms({ chapters: ['orders 2'] })).toEqual([]);
      });

      it('adds up what was counted, each chapter, route and arm by itself', async () => {
        await record(count('service', 5, 1), count('legacy', 50, 2), count('service', 7, 7, { route: 'list' }));
        await record(count('service', 0, 1, { latency: [] }), count('service', 3, 0, { chapter: 'orders 2' }));
        await record(count('service', 4, 0, { latency: [3, 1, armBounds.length, 3] }));
        const [order, list, ...none] = await evidence.arms({ chapters: ['orders 1'] });
        expect(none).toEqual([]);
        expect([order!.chapter, order!.route, figures(order!.service), figures(order!.legacy)]).toEqual([
          'orders 1',
          'order',
          [9, 2, 6],
          [50, 2, 50],
        ]);
        expect(order!.service.latency).toHaveLength(armBounds.length + 1);
        expect(order!.service.latency.at(-1)).toBe(3);
        expect([list!.route, figures(list!.service), figures(list!.legacy)]).toEqual(['list', [7, 7, 7], [0, 0, 0]]);
        expect(
          (await evidence.arms({ chapters: ['orders 1', 'orders 2'] })).map(({ chapter }) => chapter).sort(),
        ).toEqual(['orders 1', 'orders 1', 'orders 2']);
      });

      it('tells chapters by what their names begin with', async () => {
        for (const chapter of ['7-1-3', '7-10-4', '7-1-12', '71-1-3']) await record(count('legacy', 5, 0, { chapter }));
        const named = async (beginning: string) => (await evidence.arms({ beginning })).map(({ chapter }) => chapter);
        expect((await named('7-1-')).sort()).toEqual(['7-1-12', '7-1-3']);
        expect(await named('7-1-3')).toEqual(['7-1-3']);
        expect(await named('8')).toEqual([]);
      });

      it('keeps it when it is recorded with what shadowing has shown, which may be reset by itself', async () => {
        await evidence.record({ ...aBatch([at(start)]), arms: [count('service', 5)] });
        expect(await eligible()).toHaveLength(1);
        await evidence.reset(null);
        expect(figures((await evidence.arms({ chapters: ['orders 1'] }))[0]!.service)).toEqual([5, 0, 5]);
      });

      it('forgets a chapter that nothing was recorded of for as long as evidence is kept', async () => {
        await reopen({ keep: hour });
        await record(count('service', 5), count('service', 5, 0, { chapter: 'orders 2' }));
        now += hour - 1;
        await record(count('service', 1, 0, { chapter: 'orders 2' }));
        const kept = async () =>
          (await evidence.arms({ chapters: ['orders 1', 'orders 2'] })).map(({ chapter }) => chapter);
        expect(await kept()).toEqual(['orders 1', 'orders 2']);
        now += 1;
        expect(await kept()).toEqual(['orders 2']);
        now += minute;
        await place.age(evidence);
        now -= minute + 1;
        expect(await kept()).toEqual(['orders 2']);
      });
    });

    it('takes up new bounds', async () => {
      const examples = Array.from({ length: 10 }, (_, index) => anExample(start + index));
      await evidence.record(aBatch([at(start)], [aCluster('$.total', { lastSeen: start + 9, count: 10, examples })]));
      const kept = async () => (await one()).clusters[0]!.examples.map(({ at }) => at - start);
      evidence.limit({ ...defaultEvidence, examples: 2 });
      await expect.poll(kept).toEqual([9, 8]);
      evidence.limit({ ...defaultEvidence, size: 0 });
      await expect.poll(kept).toEqual([]);
      evidence.limit({ ...defaultEvidence, keep: 1 });
      now += day;
      await expect.poll(() => evidence.read({})).toEqual([]);
    });

    it('refuses everything once it is closed, and may be closed twice', async () => {
      await evidence.close();
      await evidence.close();
      const attempts = [
        evidence.record(aBatch([at(start)])),
        evidence.read({}),
        evidence.arms({ chapters: [] }),
        evidence.judge([], null),
        evidence.reset(null),
      ];
      for (const attempt of attempts) {
        await expect(attempt).rejects.toMatchObject({ name: 'StateError', code: 'closed' });
      }
    });
  });
}
