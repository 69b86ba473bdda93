import { dirname, resolve } from 'node:path';
import type { PartSettings } from '../domain/compose/part.ts';
import type { BusLocation } from '../domain/events-settings.ts';
import type { RolloutSettings } from '../domain/rollout/model.ts';
import type { Route, Settings, StateLocation, TargetSettings } from '../domain/settings.ts';
import { type ShadowSettings, unshadowed } from '../domain/shadow.ts';
import type { PartEntry } from './compose-schema.ts';
import { fingerprintOf } from './fingerprint.ts';
import { settlePublish } from './publish-schema.ts';
import type { References } from './references.ts';
import type { RolloutEntry } from './rollout-schema.ts';
import { derivedId } from './route-id.ts';
import type { RouteEntry, RoutesFile, TargetEntry } from './schema.ts';
import type { ShadowEntry } from './shadow-schema.ts';

const defaultFallback = [502, 503, 504] as const;

interface Surroundings {
  /** Where the text came from; paths in it are relative to this. */
  readonly file: string;
  readonly references: References;
  /** The line in which a route begins. */
  readonly lineOf: (route: number) => number;
}

/** A file without problems, turned into what the proxy runs by. */
export function settle(entry: RoutesFile, { file, references, lineOf }: Surroundings): Settings {
  const { listen, admin, override } = entry;
  const { count, ...limits } = listen.limits;
  const { tls } = listen;
  const services = Object.entries(entry.services ?? {}).map(([name, target]) =>
    settleTarget(name, target, { file, references }),
  );
  return {
    listen: {
      ...listen,
      tls: tls === undefined ? null : { cert: references.textAt(tls.cert), key: references.textAt(tls.key) },
      limits: { ...limits, headerCount: count },
    },
    admin: { host: admin.host, port: admin.port, token: admin.token ?? null, hosts: admin.hosts },
    state: settleState(entry.state, file),
    legacy: settleTarget('legacy', entry.legacy, { file, references }),
    services,
    caller: entry.caller,
    override: override ?? null,
    debug: entry.debug,
    accessLog: entry.accessLog,
    redact: entry.redact,
    evidence: entry.evidence,
    webhooks: entry.webhooks.map(({ url, secret }) => ({ url, secret: secret ?? null })),
    events: { ...entry.events, bus: settleBus(entry.events.bus, file) },
    routes: (entry.routes ?? []).map((route, index) => settleRoute(route, services, lineOf(index))),
  };
}

function settleState(state: StateLocation, file: string): StateLocation {
  return state.kind === 'sqlite' ? { kind: 'sqlite', path: resolve(dirname(file), state.path) } : state;
}

function settleBus(bus: BusLocation, file: string): BusLocation {
  return bus.kind === 'sqlite' ? { kind: 'sqlite', path: resolve(dirname(file), bus.path) } : bus;
}

function settleTarget(
  name: string,
  entry: TargetEntry,
  { file, references }: Pick<Surroundings, 'file' | 'references'>,
): TargetSettings {
  const { discover, retry, ejection } = entry;
  const { ca, servername, verify } = entry.tls;
  return {
    name,
    urls: entry.urls ?? (entry.url === undefined ? [] : [entry.url]),
    discovery:
      typeof discover === 'string' ? { kind: discover } : { kind: 'file', path: resolve(dirname(file), discover.file) },
    balance: entry.balance,
    slowStart: entry.slowStart,
    health: entry.health ?? null,
    ejection,
    timeout: entry.timeout,
    retry,
    circuit: entry.circuit,
    bulkhead: entry.bulkhead,
    host: entry.host,
    via: entry.via,
    tls: { ca: ca === undefined ? null : references.textAt(ca), servername: servername ?? null, verify },
    writes: entry.writes,
  };
}

function settleRoute(entry: RouteEntry, services: readonly TargetSettings[], line: number): Route {
  const retired = entry.legacy === 'retired';
  const id = entry.id ?? derivedId(entry.match);
  const service = entry.service ?? id;
  const route = {
    id,
    matches: entry.match,
    service,
    compose: entry.compose === undefined ? null : settleParts(entry.compose, services),
    group: entry.group ?? service,
    rewrite: entry.rewrite ?? null,
    percent: entry.percent ?? 100,
    fallback: retired ? null : entry.fallback === undefined ? { on: defaultFallback } : entry.fallback,
    fallthrough: retired ? [] : entry.fallthrough,
    retired,
    shadow: entry.shadow === undefined ? unshadowed : settleShadow(entry.shadow),
    rollout: entry.rollout === undefined ? null : settleRollout(entry.rollout, entry.shadow !== undefined),
    guard: retired ? null : entry.guard,
    publish: settlePublish(entry.publish ?? []),
    line,
  };
  return { ...route, fingerprint: fingerprintOf(route) };
}

/** ms: a caller waits for the slowest of several, so that no part may take as long as a request of its own by itself. */
const longestPart = 2_000;

function settleParts(
  parts: Readonly<Record<string, PartEntry>>,
  services: readonly TargetSettings[],
): readonly PartSettings[] {
  return Object.entries(parts).map(([name, { query, timeout, ...part }]) => {
    const response = services.find((service) => service.name === part.service)?.timeout.response ?? 0;
    const own = response === 0 ? longestPart : Math.min(response, longestPart);
    return { name, ...part, query: Object.entries(query), timeout: timeout ?? own };
  });
}

/** Percent of the comparisons that have to match where a shadow makes some and the file doesn't say. */
const defaultMatch = 99.9;

/** A rollout of a route, with every default filled in: a match gate goes without saying where a shadow compares. */
export function settleRollout({ gates, ...rest }: RolloutEntry, isShadowed: boolean): RolloutSettings {
  const { match, prometheus } = gates;
  return {
    ...rest,
    gates: {
      ...gates,
      match: match === undefined ? (isShadowed ? defaultMatch : null) : match,
      prometheus: prometheus.map(({ url, query, min, max }) => ({ url, query, min: min ?? null, max: max ?? null })),
    },
  };
}

function settleShadow(entry: ShadowEntry): ShadowSettings {
  const { percent, methods, writes, timeout, body, noise, confirm, ...rules } = entry;
  return {
    percent,
    methods: methods ?? unshadowed.methods,
    writes,
    timeout,
    body,
    noise,
    confirm,
    rules,
  };
}
