/** The report for programs: its names are a promise, each of them explained in docs/reports.md. */
import type { Judgement } from '../domain/evidence.ts';
import type { Percentiles } from '../domain/latency.ts';
import type { ClusterReport, Counts, Report, RouteReport } from '../domain/report-model.ts';
import { newestDifference } from './difference.ts';

export function jsonReport({ at, since, demand, routes }: Report): object {
  return {
    version: 1,
    at: iso(at),
    since: since === null ? null : iso(since),
    demand: { minMatch: demand.minMatch, minSamples: demand.minSamples, confidence: 95 },
    routes: routes.map(jsonRoute),
  };
}

function jsonRoute(route: RouteReport): object {
  return {
    id: route.id,
    service: route.service,
    verdict: route.verdict,
    summary: route.summary,
    reasons: route.reasons,
    warnings: route.warnings,
    needed: route.needed,
    from: route.from === null ? null : iso(route.from),
    until: route.until === null ? null : iso(route.until),
    ...jsonCounts(route),
    distinct: { urls: route.distinct.urls, callers: route.distinct.callers },
    clusters: route.clusters.map(jsonCluster),
    notJudged: route.notJudged.map(jsonCluster),
    latency: {
      legacy: jsonPercentiles(route.latency.legacy.percentiles),
      service: jsonPercentiles(route.latency.service.percentiles),
    },
    arms: route.arms.map((arm) => ({ arm: arm.arm, ...jsonCounts(arm) })),
    timeline: {
      span: route.timeline.span,
      points: route.timeline.points.map(({ at, compared, matched, serviceFailed }) => ({
        at: iso(at),
        compared,
        matched,
        serviceFailed,
      })),
    },
    outdated: route.outdated,
    lost: route.lost,
  };
}

function jsonCounts({ thanksTo, differing, ...counts }: Counts): object {
  return {
    eligible: counts.eligible,
    judged: counts.judged,
    compared: counts.compared,
    matched: counts.matched,
    thanksTo: {
      rules: thanksTo.rules,
      secondLook: thanksTo.secondLook,
      judgements: thanksTo.judgements,
      noise: thanksTo.noise,
    },
    mismatched: counts.mismatched,
    serviceFailed: counts.serviceFailed,
    skipped: counts.skipped,
    differing: {
      count: differing.count,
      percent: differing.percent,
      atLeast: differing.atLeast,
      atMost: differing.atMost,
    },
  };
}

/** Also what `strangler mismatch` tells of a cluster. */
export function jsonCluster(cluster: ClusterReport): object {
  const { secondLook, self } = cluster;
  const example = newestDifference(cluster);
  return {
    id: cluster.id,
    kind: cluster.kind,
    pattern: cluster.pattern,
    count: cluster.count,
    percent: cluster.percent,
    firstSeen: iso(cluster.firstSeen),
    lastSeen: iso(cluster.lastSeen),
    secondLook: { persistent: secondLook.persistent, race: secondLook.race, noise: secondLook.noise },
    standing: cluster.standing,
    judgement: cluster.judgement === null ? null : jsonJudgement(cluster.judgement, cluster.expired),
    self: self === null ? null : { pairs: self.pairs, count: self.count, percent: self.percent },
    advice: cluster.advice,
    example: example === null ? null : { ...example, at: iso(example.at) },
  };
}

function jsonJudgement(judgement: Judgement, expired: boolean): object {
  const { word, at, who, reason } = judgement;
  const until = judgement.word === 'ignored' ? iso(judgement.until) : null;
  return { word, at: iso(at), until, expired, who, reason };
}

/** To a microsecond: the rest is dust of the interpolation. */
function jsonPercentiles(percentiles: Percentiles | null): object | null {
  if (percentiles === null) return null;
  const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;
  return { p50: rounded(percentiles.p50), p90: rounded(percentiles.p90), p99: rounded(percentiles.p99) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
