import { countsOf, turnedOff } from '../counts.ts';
import type { RouteEvidence } from '../evidence.ts';
import { clusterReports } from '../standing.ts';
import type { RouteSight } from './decision.ts';

/**
 * By route: what shadowing has judged of the route as it is declared now, and what of it matched, as a report says it.
 * Only of whole windows after `since`: what was compared a moment before it may be of a service that was mended meanwhile.
 */
export function comparisonsOf(
  evidence: readonly RouteEvidence[],
  since: number,
  at: number,
): ReadonlyMap<string, RouteSight['comparisons']> {
  const current = evidence.filter((each) => each.current);
  return new Map(
    current.map(({ route, tallies: all, clusters }) => {
      const tallies = all.filter(({ window }) => window >= since);
      const compared = tallies.reduce((sum, tally) => sum + tally.compared, 0);
      const off = turnedOff(clusterReports(clusters, { tallies, compared, at, whole: false }));
      const { judged, matched } = countsOf(tallies, off);
      return [route, { judged, matched }];
    }),
  );
}
