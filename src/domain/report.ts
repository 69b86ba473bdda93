import { countsOf, type TurnedOff, turnedOff } from './counts.ts';
import { type Arm, type ClusterRecord, type RouteEvidence, type Tally, windowSpan } from './evidence.ts';
import { countText } from './figures.ts';
import { addHistograms, percentilesOf } from './latency.ts';
import { plural } from './plural.ts';
import type { ClusterReport, Counts, Demand, LatencyReport, Report, RouteReport } from './report-model.ts';
import { clusterReports } from './standing.ts';
import { timelineOf } from './timeline.ts';
import { verdictOn } from './verdict.ts';

export interface ReportedRoute {
  readonly route: string;
  readonly service: string;
  /** As routes.yaml has it now; `null` where that is not known, and the newest evidence has to do. */
  readonly fingerprint: string | null;
}

interface Asked {
  /** The routes to report on, in their order. */
  readonly routes: readonly ReportedRoute[];
  /** Past fingerprints among it, so that what isn't counted can be told. */
  readonly evidence: readonly RouteEvidence[];
  readonly at: number;
  /** The evidence was read from here on; `null`: from its beginning. */
  readonly since: number | null;
  readonly demand: Demand;
}

export function reportOf({ routes, evidence, at, since, demand }: Asked): Report {
  return { at, since, demand, routes: routes.map((route) => routeReport(route, evidence, { at, since, demand })) };
}

function routeReport(
  { route, service, fingerprint }: ReportedRoute,
  all: readonly RouteEvidence[],
  { at, since, demand }: Pick<Asked, 'at' | 'since' | 'demand'>,
): RouteReport {
  const own = all.filter((each) => each.route === route);
  const isCurrent = (each: RouteEvidence): boolean =>
    fingerprint === null ? each.current : each.fingerprint === fingerprint;
  const current = own.find(isCurrent);
  const tallies = current?.tallies ?? [];
  const records = current?.clusters ?? [];
  const compared = tallies.reduce((sum, tally) => sum + tally.compared, 0);
  const clusters = clusterReports(records, { tallies, compared, at, whole: since === null });
  const off = turnedOff(clusters);
  const counts = countsOf(tallies, off);
  const verdict = verdictOn(counts, demand);
  const outdated = own
    .filter((each) => !isCurrent(each))
    .flatMap((each) => each.tallies)
    .reduce((sum, tally) => sum + tally.compared, 0);
  const lost = own.reduce((sum, each) => Math.max(sum, each.lost), 0);
  const distinct = current?.distinct ?? { urls: 0, callers: 0 };
  return {
    id: route,
    service,
    verdict: verdict.word,
    summary: verdict.summary,
    reasons: verdict.reasons,
    needed: verdict.needed,
    warnings: [
      ...warningsOfRepeats(counts, distinct),
      ...clusters.filter(({ expired }) => expired).map(warningOfExpiry),
      ...warningOfUnkept(tallies, records),
      ...(outdated === 0 ? [] : [warningOfOutdated(outdated)]),
      ...(lost === 0
        ? []
        : [`${plural(lost, 'batch', 'batches')} of evidence could not be kept: more happened than is counted here`]),
    ],
    ...counts,
    from: current === undefined || tallies.length === 0 ? null : Math.max(current.since, since ?? 0),
    until: tallies.length === 0 ? null : Math.min(at, endOf(tallies)),
    distinct,
    latency: { legacy: latencyOf(tallies, 'legacy'), service: latencyOf(tallies, 'service') },
    arms: (['legacy', 'service'] as const).flatMap((arm) => armReport(arm, tallies, off)),
    clusters: clusters.filter(({ standing }) => standing !== 'noise').sort(byWeight),
    notJudged: clusters.filter(({ standing }) => standing === 'noise').sort(byWeight),
    timeline: timelineOf(tallies, off, at),
    outdated,
    lost,
  };
}

function armReport(arm: Arm, tallies: readonly Tally[], off: TurnedOff): RouteReport['arms'] {
  const own = tallies.filter((tally) => tally.arm === arm);
  return own.length === 0 ? [] : [{ arm, ...countsOf(own, off) }];
}

function latencyOf(tallies: readonly Tally[], side: 'legacy' | 'service'): LatencyReport {
  const histogram = addHistograms(tallies.map(({ latency }) => latency[side]));
  return { histogram, percentiles: percentilesOf(histogram) };
}

function endOf(tallies: readonly Tally[]): number {
  return tallies.reduce((newest, { window }) => Math.max(newest, window), 0) + windowSpan;
}

const standingOrder = ['counts', 'ignored', 'accepted', 'race', 'noise'] as const;

function byWeight(one: ClusterReport, other: ClusterReport): number {
  return (
    standingOrder.indexOf(one.standing) - standingOrder.indexOf(other.standing) ||
    other.count - one.count ||
    other.lastSeen - one.lastSeen ||
    (one.id < other.id ? -1 : 1)
  );
}

/** So few comparisons that their sameness says nothing yet. */
const fewComparisons = 100;

/** A thousand times the same question has been answered once. */
function warningsOfRepeats({ compared }: Counts, { urls, callers }: RouteReport['distinct']): string[] {
  if (compared < fewComparisons || (urls >= 10 && urls >= compared / 100)) return [];
  const of = `${urls === 1 ? 'only 1 URL' : `only ${countText(urls)} URLs`}`;
  const by = callers === 0 ? '' : ` by ${plural(callers, 'caller')}`;
  return [`${countText(compared)} comparisons of ${of}${by}: repeats prove little about what else may be asked`];
}

function warningOfExpiry({ id, judgement }: ClusterReport): string {
  if (judgement?.word !== 'ignored') return '';
  const until = new Date(judgement.until).toISOString().slice(0, 10);
  const reason = judgement.reason === null ? '' : ` (${judgement.reason})`;
  return `cluster ${id} counts again: ${judgement.who} had ignored it until ${until}${reason}`;
}

/** What can't be told apart can't be turned off either. */
function warningOfUnkept(tallies: readonly Tally[], records: readonly ClusterRecord[]): string[] {
  const known = new Set(records.map(({ id }) => id));
  let unkept = 0;
  for (const { combinations } of tallies) {
    for (const [combination, count] of Object.entries(combinations)) {
      if (combination === '' || combination.split(' ').some((id) => !known.has(id))) unkept += count;
    }
  }
  if (unkept === 0) return [];
  return [`${countText(unkept)} that differed did so in more ways than are kept; they count, whatever is accepted`];
}

function warningOfOutdated(outdated: number): string {
  return `${countText(outdated)} comparisons from before the route or its rules changed are not counted`;
}
