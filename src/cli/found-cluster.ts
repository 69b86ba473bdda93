/** From what somebody typed to the cluster that is meant. */
import type { ClusterReport } from '../domain/report-model.ts';
import { usualDemand } from '../domain/report-model.ts';
import type { Doors } from './doors.ts';
import type { EvidenceControl } from './evidence-control.ts';
import { knownRoutes, named, reportNow } from './evidence-of.ts';
import { Failure } from './failure.ts';
import { table } from './table.ts';

export interface FoundCluster {
  readonly route: string;
  readonly service: string;
  readonly cluster: ClusterReport;
}

/** Every cluster of these routes (of all that are known without a name), those that count most first. */
export async function clustersOf(
  control: EvidenceControl | null,
  doors: Doors,
  name: string | undefined,
): Promise<readonly FoundCluster[]> {
  const evidence = (await control?.read({ past: true })) ?? [];
  const all = knownRoutes(doors, [], evidence);
  const report = reportNow(name === undefined ? all : named(name, all, doors), evidence, null, usualDemand);
  return report.routes.flatMap(({ id: route, service, clusters, notJudged }) =>
    [...clusters, ...notJudged].map((cluster) => ({ route, service, cluster })),
  );
}

/** The one whose id this is, or begins with this. */
export function clusterCalled(id: string, all: readonly FoundCluster[]): FoundCluster {
  const wanted = id.toLowerCase();
  const found = all.filter(({ cluster }) => cluster.id.startsWith(wanted));
  if (wanted !== '' && found.length === 1) return found[0]!;
  const exact = found.find(({ cluster }) => cluster.id === wanted);
  if (exact !== undefined) return exact;
  if (found.length === 0 || wanted === '')
    throw new Failure(`no cluster is called "${id}"; see "strangler mismatch list"`);
  throw new Failure([
    `"${id}" may be any of these:`,
    ...table(found.map(({ route, cluster }) => [`  ${cluster.id}`, route, `${cluster.kind} ${cluster.pattern}`])),
  ]);
}
