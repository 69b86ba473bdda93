/** Where each route stands: what routes.yaml declares beside what is live, and how to settle it when they differ. */
import type { CircuitReport } from './circuit-standing.ts';
import type { FallbackReport } from './fallback.ts';
import type { DiscoveryTrouble, InstanceFigures } from './instance-figures.ts';
import type { DeclaredRoute, LiveRoute } from './live.ts';
import { type Stage, stageOf } from './plan.ts';
import type { OutboxStanding } from './publishing/intent.ts';
import { goesOn } from './rollout/position.ts';
import type { RolloutStatus } from './rollout/status.ts';
import type { Route } from './settings.ts';

export interface RouteStatus {
  readonly id: string;
  readonly service: string;
  /** The names of its parts, where its answer is composed, as far as routes.yaml can be read; else empty. */
  readonly parts: readonly string[];
  readonly stage: Stage;
  readonly declared: number;
  readonly live: number;
  readonly shadowDeclared: number;
  /** The live share of requests that are shadowed. */
  readonly shadow: number;
  /** Until when legacy is held against itself, ms since the epoch; 0 is never. */
  readonly calibrateUntil: number;
  readonly latched: boolean;
  /** The name of the rollout under way that moves it. */
  readonly rollout: string | null;
  /** The commands that make declared and live agree; `null` when they do, and while a rollout moves the route. */
  readonly settle: Settlement | null;
  /** The same for the shadow percents. */
  readonly settleShadow: Settlement | null;
}

interface Settlement {
  readonly keepLive: string;
  readonly keepDeclared: string;
}

/** What a running proxy answers to `GET /api/status`, and `strangler status --json` prints. */
export interface StatusReport {
  /** `null` when no proxy answered. */
  readonly proxy: ProxyStatus | null;
  readonly config: ConfigStatus;
  readonly state: StateStatus;
  readonly routes: readonly RouteStatus[];
  /** Those under way first, then the last ended ones. */
  readonly rollouts: readonly RolloutStatus[];
  /** Circuits that were opened since the start; empty when no proxy answered, as the next. */
  readonly circuits: readonly CircuitReport[];
  /** Where legacy was asked in a service's place since the start. */
  readonly fallbacks: readonly FallbackReport[];
  /** As the running proxy's processes know them, together; empty when none answered. */
  readonly instances: readonly InstanceFigures[];
  /** `null` where there is no outbox, or it can't be asked. */
  readonly outbox: OutboxStanding | null;
  /** Targets whose instances may have changed without the proxy knowing. */
  readonly discovery: readonly DiscoveryTrouble[];
}

interface ProxyStatus {
  readonly version: string;
  readonly url: string;
  readonly pid: number;
  readonly workers: number;
  readonly startedAt: string;
  readonly inFlight: number;
  readonly draining: boolean;
}

interface ConfigStatus {
  readonly file: string;
  /** Whether the file as saved last is valid; while it isn't, the last good one stays in force. */
  readonly valid: boolean;
  readonly problems: readonly string[];
  /** Settings that were changed but that only a restart takes up. */
  readonly restartNeeded: readonly string[];
}

interface StateStatus {
  readonly kind: 'memory' | 'sqlite';
  readonly available: boolean;
  /** Routes of which another proxy's newer file says something else. */
  readonly conflicts: readonly string[];
}

/** A route as it is declared, and what it is told by. */
interface ToldRoute extends DeclaredRoute, Pick<RouteStatus, 'parts'> {}

export function declaredRoutes(routes: readonly Route[]): ToldRoute[] {
  return routes.map(({ id, service, compose, percent, shadow, retired }) => ({
    route: id,
    service,
    parts: compose?.map(({ name }) => name) ?? [],
    percent,
    shadow: shadow.percent,
    retired,
  }));
}

/** What the state remembers as declared: all there is to go by when routes.yaml can't be read. */
export function lastDeclared(rows: readonly LiveRoute[]): ToldRoute[] {
  return rows.map(({ route, service, declared, shadowDeclared, retired }) => ({
    route,
    service,
    parts: [],
    percent: declared,
    shadow: shadowDeclared,
    retired,
  }));
}

/** In the order of the declaration. A route that the state doesn't know yet is live as declared. */
export function routeStatuses(
  declared: readonly ToldRoute[],
  rows: readonly LiveRoute[],
  rollouts: readonly RolloutStatus[],
): RouteStatus[] {
  const byRoute = new Map(rows.map((row) => [row.route, row]));
  const moving = rollouts.filter(({ phase }) => goesOn(phase));
  return declared.map(({ route, service, parts, percent, shadow: shadowDeclared, retired }) => {
    const row = byRoute.get(route);
    const ours = row?.service === service ? row : null;
    const live = ours?.live ?? percent;
    const rollout = moving.find(({ routes }) => routes.includes(route))?.name ?? null;
    const shadow = retired ? 0 : (ours?.shadowLive ?? shadowDeclared);
    return {
      id: route,
      service,
      parts,
      stage: stageOf(live, retired, shadow),
      declared: percent,
      live,
      shadowDeclared,
      shadow,
      calibrateUntil: ours?.calibrateUntil ?? 0,
      latched: row?.latched ?? false,
      rollout,
      settle: rollout === null ? settlement('shift', route, percent, live) : null,
      settleShadow: retired ? null : settlement('shadow', route, shadowDeclared, shadow),
    };
  });
}

function settlement(command: 'shift' | 'shadow', route: string, declared: number, live: number): Settlement | null {
  if (live === declared) return null;
  return {
    keepLive: `strangler ${command} ${route} ${live} --write`,
    keepDeclared: `strangler ${command} ${route} ${declared}`,
  };
}
