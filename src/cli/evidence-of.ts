/** What commands about evidence have in common: where it is, which routes a name means, and the report of them. */

import type { RouteEvidence } from '../domain/evidence.ts';
import type { LiveRoute } from '../domain/live.ts';
import { type ReportedRoute, reportOf } from '../domain/report.ts';
import type { Demand, Report } from '../domain/report-model.ts';
import type { Route } from '../domain/settings.ts';
import { openForReading, using } from './control.ts';
import { type Doors, findDoors, remarkOnBroken } from './doors.ts';
import { type EvidenceControl, openEvidenceControl } from './evidence-control.ts';
import { unknownName } from './select.ts';
import type { Terminal } from './terminal.ts';

/** Opens the evidence, uses it and closes it, however that ends. `null` is handed over where nothing was recorded yet. */
export async function withEvidence<T>(
  config: string,
  terminal: Terminal,
  work: (evidence: EvidenceControl | null, doors: Doors) => Promise<T>,
): Promise<T> {
  const doors = await findDoors(config, terminal);
  remarkOnBroken(doors, config, terminal);
  const evidence = await openEvidenceControl(doors.file?.settings ?? doors);
  try {
    return await work(evidence, doors);
  } finally {
    await evidence?.close();
  }
}

/** A route as routes.yaml declares it, or as evidence remembers it. */
export interface KnownRoute extends ReportedRoute {
  /** Percent of its requests that are shadowed; `null` where nobody says. */
  readonly shadow: number | null;
  readonly recorded: boolean;
}

/** What routes.yaml declares, in its order, and then what only evidence remembers. */
export function knownRoutes(
  doors: Doors,
  live: readonly LiveRoute[],
  evidence: readonly RouteEvidence[],
): KnownRoute[] {
  const declared = doors.file?.settings.routes ?? [];
  const recorded = new Set(evidence.map(({ route }) => route));
  const gone = evidence.filter(({ route, current }) => current && !declared.some(({ id }) => id === route));
  return [
    ...declared.map((route) => known(route, live, recorded)),
    ...gone.map(({ route, service }) => ({ route, service, fingerprint: null, shadow: null, recorded: true })),
  ];
}

function known(
  { id, service, fingerprint, shadow }: Route,
  live: readonly LiveRoute[],
  recorded: ReadonlySet<string>,
): KnownRoute {
  const row = live.find((each) => each.route === id && each.service === service);
  return { route: id, service, fingerprint, shadow: row?.shadowLive ?? shadow.percent, recorded: recorded.has(id) };
}

/**
 * The routes that a name means; without one, all that are shadowed or were, as far as routes.yaml still has them (all
 * of them where it can't be read).
 */
export function named(name: string | undefined, all: readonly KnownRoute[], doors: Doors): readonly KnownRoute[] {
  if (name === undefined) {
    const declared = new Set(doors.file?.settings.routes.map(({ id }) => id) ?? all.map(({ route }) => route));
    return all.filter(({ route, recorded, shadow }) => declared.has(route) && (recorded || (shadow ?? 0) > 0));
  }
  const byId = all.filter(({ route }) => route === name);
  const found = byId.length > 0 ? byId : all.filter(({ service }) => service === name);
  if (found.length === 0)
    throw unknownName(
      name,
      all.map((each) => ({ ...each, retired: false })),
    );
  return found;
}

/** The rows of the state; none where it can't be asked: they only say what is shadowed now. */
export async function liveRows(doors: Doors): Promise<readonly LiveRoute[]> {
  try {
    const control = await openForReading(doors);
    return control === null ? [] : await using(control, (open) => open.read());
  } catch {
    return [];
  }
}

export function reportNow(
  routes: readonly KnownRoute[],
  evidence: readonly RouteEvidence[],
  since: number | null,
  demand: Demand,
): Report {
  return reportOf({ routes, evidence, at: Date.now(), since, demand });
}
