import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RouteEvidence, signatureOf, type Tally, windowSpan } from '../../src/domain/evidence.ts';
import { reportOf } from '../../src/domain/report.ts';
import { type RouteReport, usualDemand } from '../../src/domain/report-model.ts';
import { isNoise } from '../../src/domain/standing.ts';
import { aCluster, aHistogram, anEvidence, aTally, dawn } from '../report/an-evidence.ts';

const now = dawn + 3_600_000;

function report(
  evidence: RouteEvidence | readonly RouteEvidence[],
  rest: Partial<Parameters<typeof reportOf>[0]> = {},
): RouteReport {
  const given = {
    routes: [{ route: 'order-read', service: 'orders', fingerprint: 'aaaaaaaaaaaa' }],
    evidence: [evidence].flat(),
    at: now,
    since: null,
    demand: usualDemand,
    ...rest,
  };
  return reportOf(given).routes[0]!;
}

const total = aCluster('value', '$.total');
const note = aCluster('missing', '$.note');
const both = [total.id, note.id].sort().join(' ');

describe('the verdict', () => {
  it('is ready once the bound proves what is demanded, and says the bound', () => {
    const route = report(anEvidence({ tallies: [aTally({ compared: 3100 })] }));
    expect(route).toMatchObject({ verdict: 'ready', needed: 0, matched: 3100, mismatched: 0 });
    expect(route.summary).toContain('at most 0.097 % differ, at 95 % confidence');
  });

  it('is too little one short of that, and says how many more', () => {
    const route = report(anEvidence({ tallies: [aTally({ compared: 2994 })] }));
    expect(route).toMatchObject({ verdict: 'too little', needed: 1 });
    expect(route.reasons.join()).toContain('1 more needed, all of them clean');
    expect(report(anEvidence({ tallies: [aTally({ compared: 595 })] })).reasons.join()).toContain('2,400 more needed');
  });

  it('is not ready once the opposite bound proves the contrary', () => {
    const route = report(anEvidence({ tallies: [aTally({ compared: 100, combinations: { [total.id]: 20 } })] }));
    expect(route).toMatchObject({ verdict: 'not ready', needed: null, mismatched: 20 });
    expect(route.reasons.join()).toMatch(/at least 13\.\d % differ.*no more than 0\.1 % may/);
    expect(route.summary).toMatch(/at most 2\d\.\d % differ, at 95 % confidence: of 100 judged 20 differed/);
  });

  it('holds failures of the service against it like mismatches', () => {
    const route = report(anEvidence({ tallies: [aTally({ compared: 80, serviceFailed: 20 })] }));
    expect(route).toMatchObject({ verdict: 'not ready', judged: 100, differing: { count: 20 } });
    expect(route.summary).toContain('the service failed to answer 20');
  });

  it('wants the floor of samples even where fewer would prove enough', () => {
    const demand = { minMatch: 90, minSamples: 1000 };
    const few = report(anEvidence({ tallies: [aTally({ compared: 400 })] }), { demand });
    expect(few).toMatchObject({ verdict: 'too little', needed: 600 });
    expect(report(anEvidence({ tallies: [aTally({ compared: 1000 })] }), { demand }).verdict).toBe('ready');
  });

  it('is never ready while the circuit hides more than one in a hundred', () => {
    const circuit = (open: number) => aTally({ compared: 9900, skipped: { 'circuit-open': open } });
    expect(report(anEvidence({ tallies: [circuit(100)] })).verdict).toBe('ready');
    const route = report(anEvidence({ tallies: [circuit(101)] }));
    expect(route.verdict).toBe('too little');
    expect(route.reasons.join()).toContain('left alone for 1 % of the eligible');
  });

  it.each(['undecodable', 'compare-failed'] as const)(
    'is never ready while more than one in a hundred went uncompared as %s',
    (reason) => {
      const hidden = (count: number) => aTally({ compared: 9900, skipped: { [reason]: count } });
      expect(report(anEvidence({ tallies: [hidden(100)] })).verdict).toBe('ready');
      expect(report(anEvidence({ tallies: [hidden(101)] })).verdict).toBe('too little');
    },
  );

  it('says so when no number of clean ones can be waited for', () => {
    const many = report(anEvidence({ tallies: [aTally({ compared: 8_000_000, combinations: { [total.id]: 12 } })] }), {
      demand: { minMatch: 99.9999, minSamples: 1 },
    });
    expect(many).toMatchObject({ verdict: 'too little', needed: null });
    expect(many.reasons.join()).toContain('outweighs the 12 that differ');
    const never = report(anEvidence({ tallies: [aTally({ compared: 10 })] }), {
      demand: { minMatch: 99.999999, minSamples: 1 },
    });
    expect(never.needed).toBeNull();
    expect(never.reasons.join()).toContain('more than ten million clean ones');
  });

  it('is too little without any evidence, by name', () => {
    expect(report([])).toMatchObject({
      verdict: 'too little',
      summary: 'nothing has been judged yet',
      needed: 2995,
      from: null,
      differing: { atLeast: 0, atMost: 100 },
    });
  });

  it('is only ever one of three, and never ready above the bound', () => {
    const counts = fc.record({
      clean: fc.integer({ min: 0, max: 8000 }),
      differing: fc.integer({ min: 0, max: 30 }),
      serviceFailed: fc.integer({ min: 0, max: 10 }),
      open: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(counts, ({ clean, differing, serviceFailed, open }) => {
        const compared = clean + differing;
        const combinations = { [total.id]: differing };
        const tally = aTally({ compared, serviceFailed, combinations, skipped: { 'circuit-open': open } });
        const route = report(anEvidence({ tallies: [tally] }));
        expect(route.eligible).toBe(route.judged + open);
        const proven = route.differing.atMost <= 0.1 + 1e-9 && route.judged >= 1000 && open / route.eligible <= 0.01;
        expect(route.verdict === 'ready').toBe(proven);
        expect(route.verdict === 'not ready').toBe(route.differing.atLeast > 0.1);
        if (route.needed !== null && route.needed > 0) {
          const later = aTally({ compared: compared + route.needed, serviceFailed, combinations });
          expect(report(anEvidence({ tallies: [later] })).verdict).toBe('ready');
        }
      }),
    );
  });
});

describe('what does not count', () => {
  const tallies = [aTally({ compared: 4000, combinations: { [total.id]: 30, [both]: 5, [note.id]: 7, '': 2 } })];
  const accepted = { word: 'accepted', at: dawn, who: 'ada', reason: null } as const;
  const ignored = { word: 'ignored', at: dawn, until: now + 1, who: 'ada', reason: 'fixed soon' } as const;

  it('matches only where everything that was seen is turned off', () => {
    const clusters = [
      { ...total, count: 35, judgement: accepted },
      { ...note, count: 12 },
    ];
    const route = report(anEvidence({ tallies, clusters }));
    expect(route).toMatchObject({ matched: 3986, mismatched: 14, thanksTo: { judgements: 30, noise: 0 } });
  });

  it('never covers what was not kept apart', () => {
    const clusters = [
      { ...total, count: 35, judgement: accepted },
      { ...note, count: 12, judgement: ignored },
    ];
    const route = report(anEvidence({ tallies, clusters }));
    expect(route).toMatchObject({ mismatched: 2, thanksTo: { judgements: 42 } });
    expect(route.warnings.join()).toContain('2 that differed did so in more ways than are kept');
  });

  it('counts again once an ignore has expired, and says whose it was', () => {
    const clusters = [
      { ...total, count: 35, judgement: { ...ignored, until: now } },
      { ...note, count: 12, judgement: ignored },
    ];
    const route = report(anEvidence({ tallies, clusters }));
    expect(route).toMatchObject({ mismatched: 37, thanksTo: { judgements: 7 } });
    expect(route.clusters[0]).toMatchObject({ id: total.id, standing: 'counts', expired: true });
    expect(route.warnings.join()).toContain(
      `cluster ${total.id} counts again: ada had ignored it until 2026-01-31 (fixed soon)`,
    );
  });

  const noisy = (pairs: number, self: number): Partial<Tally> => ({
    noise: {
      pairs,
      differing: {
        [signatureOf('value', '$.total')]: {
          kind: 'value',
          pattern: '$.total',
          count: self,
          milliseconds: null,
          distance: null,
          percent: null,
        },
      },
    },
  });

  it('is noise where legacy differs from itself as often, listed as not judged and never as matched fields', () => {
    const tally = aTally({ compared: 1000, combinations: { [total.id]: 900, [both]: 10 }, ...noisy(100, 91) });
    const clusters = [
      { ...total, count: 910 },
      { ...note, count: 10 },
    ];
    const route = report(anEvidence({ tallies: [tally], clusters }));
    expect(route.clusters.map(({ id }) => id)).toEqual([note.id]);
    expect(route.notJudged).toMatchObject([{ id: total.id, standing: 'noise', self: { pairs: 100, count: 91 } }]);
    expect(route.notJudged[0]!.advice).toContain(
      '`$.total` differs between two calls to legacy itself in 91 % of 100 pairs',
    );
    expect(route).toMatchObject({ matched: 990, thanksTo: { noise: 900 }, mismatched: 10 });
  });

  it('is not called noise by a few pairs of legacy, which may differ by chance', () => {
    const tally = aTally({ compared: 3003, combinations: { [total.id]: 900 }, ...noisy(3, 1) });
    const route = report(anEvidence({ tallies: [tally], clusters: [{ ...total, count: 900 }] }));
    expect(route).toMatchObject({ verdict: 'not ready', mismatched: 900, notJudged: [] });
  });

  it('keeps its share when it has been seen for longer than counts are kept', () => {
    const tally = aTally({ compared: 1000, combinations: { [total.id]: 500 } });
    const clusters = [{ ...total, firstSeen: tally.window - 864_000_000, count: 4000 }];
    expect(report(anEvidence({ tallies: [tally], clusters })).clusters[0]).toMatchObject({ count: 500, percent: 50 });
  });

  it('counts where the service differs clearly more often than legacy from itself', () => {
    const tally = aTally({ compared: 1000, combinations: { [total.id]: 900 }, ...noisy(100, 20) });
    const route = report(anEvidence({ tallies: [tally], clusters: [{ ...total, count: 900 }] }));
    expect(route.notJudged).toEqual([]);
    expect(route.mismatched).toBe(900);
  });

  it('holds to the two thresholds of Diffy, and to none where legacy is steady', () => {
    expect(isNoise(0.0001, 0)).toBe(false);
    expect(isNoise(0.149, 0.1)).toBe(true);
    expect(isNoise(0.16, 0.1)).toBe(false);
    expect(isNoise(0.0003, 0.0001)).toBe(true);
    expect(isNoise(0.1, 0.5)).toBe(true);
  });

  it('is a race where both sides always agreed at the second look', () => {
    const route = report(
      anEvidence({ tallies: [aTally({ compared: 50, matchedLater: 3 })], clusters: [{ ...total, count: 0, race: 3 }] }),
    );
    expect(route.clusters).toMatchObject([{ standing: 'race', secondLook: { race: 3 } }]);
    expect(route.thanksTo.secondLook).toBe(3);
  });
});

describe('a report', () => {
  it('ranks clusters by their share of the comparisons, those that count first', () => {
    const extra = aCluster('extra', '$.debug', { count: 500 });
    const clusters = [
      { ...note, count: 7 },
      { ...extra, judgement: { word: 'accepted', at: dawn, who: 'ada', reason: null } as const },
      { ...total, count: 30 },
    ];
    const route = report(anEvidence({ tallies: [aTally({ compared: 1000 })], clusters }));
    expect(route.clusters.map(({ pattern, percent }) => [pattern, percent])).toEqual([
      ['$.total', 3],
      ['$.note', 0.7],
      ['$.debug', 50],
    ]);
  });

  it('counts both arms apart as well as together', () => {
    const tallies = [
      aTally({ compared: 100, combinations: { [total.id]: 1 } }),
      aTally({ compared: 40, arm: 'service', skipped: { 'legacy-busy': 2 } }),
    ];
    const route = report(anEvidence({ tallies }));
    expect(route).toMatchObject({ compared: 140, mismatched: 1, eligible: 142 });
    expect(route.arms).toMatchObject([
      { arm: 'legacy', compared: 100, mismatched: 1 },
      { arm: 'service', compared: 40, mismatched: 0, eligible: 42 },
    ]);
  });

  it('takes only the evidence of the route as it is now, and mentions the rest', () => {
    const before = anEvidence({
      fingerprint: 'bbbbbbbbbbbb',
      current: false,
      tallies: [aTally({ compared: 1200, combinations: { [total.id]: 9 } })],
    });
    const after = anEvidence({ tallies: [aTally({ compared: 10 })] });
    const route = report([before, after]);
    expect(route).toMatchObject({ compared: 10, outdated: 1200 });
    expect(route.warnings.join()).toContain('1,200 comparisons from before the route or its rules changed');
    const changed = { routes: [{ route: 'order-read', service: 'orders', fingerprint: 'cccccccccccc' }] };
    expect(report([before, after], changed)).toMatchObject({ compared: 0, outdated: 1210 });
    const unknown = { routes: [{ route: 'order-read', service: 'orders', fingerprint: null }] };
    expect(report([before, after], unknown)).toMatchObject({ compared: 10, outdated: 1200 });
  });

  it('warns when the comparisons repeat themselves, and not when there are few', () => {
    const repeated = (compared: number, urls: number) =>
      report(anEvidence({ tallies: [aTally({ compared })], distinct: { urls, callers: 1 } })).warnings.join();
    expect(repeated(3100, 1)).toContain('3,100 comparisons of only 1 URL by 1 caller');
    expect(repeated(3100, 30)).toContain('only 30 URLs');
    expect(repeated(3100, 31)).toBe('');
    expect(repeated(20, 1)).toBe('');
  });

  it('tells what was lost', () => {
    expect(report(anEvidence({ lost: 2 })).warnings.join()).toContain('2 batches of evidence could not be kept');
  });

  it('counts clusters within the time that was asked for', () => {
    const tallies = [aTally({ compared: 100, combinations: { [total.id]: 3, [both]: 2 } })];
    const clusters = [{ ...total, count: 5000 }];
    expect(report(anEvidence({ tallies, clusters }), { since: dawn }).clusters[0]!.count).toBe(5);
    expect(report(anEvidence({ tallies, clusters })).clusters[0]!.count).toBe(5000);
  });

  it('sums the latency of both sides up', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    const latency = { legacy: aHistogram(...hundred), service: aHistogram() };
    const route = report(anEvidence({ tallies: [aTally({ compared: 100, latency })] }));
    const { p50, p90, p99 } = route.latency.legacy.percentiles!;
    // A third of an octave is 26 %.
    for (const [got, true_] of [
      [p50, 50],
      [p90, 90],
      [p99, 99],
    ] as const) {
      expect(Math.abs(got / true_ - 1)).toBeLessThan(0.26);
    }
    expect(route.latency.service.percentiles).toBeNull();
  });

  it('draws any length of time in at most 60 points that add up', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 300 }), (minutes) => {
        const tallies = minutes.map((minute) => aTally({ window: dawn + minute * windowSpan, compared: 2 }));
        const { timeline, compared } = report(anEvidence({ tallies }));
        expect(timeline.points.length).toBeLessThanOrEqual(60);
        expect(timeline.points.reduce((sum, point) => sum + point.compared, 0)).toBe(compared);
        expect(timeline.points.map(({ at }) => at)).toEqual(
          timeline.points.map(({ at }) => at).toSorted((a, b) => a - b),
        );
      }),
    );
  });
});
