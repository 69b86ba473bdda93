import { dirname, resolve } from 'node:path';
import type { Route, Settings, StateLocation, TargetSettings } from '../domain/settings.ts';
import { type ShadowSettings, unshadowed } from '../domain/shadow.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { References } from './references.ts';
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
  const { headers, path, count } = listen.limits;
  const { tls } = listen;
  return {
    listen: {
      ...listen,
      tls: tls === undefined ? null : { cert: references.textAt(tls.cert), key: references.textAt(tls.key) },
      limits: { headers, path, headerCount: count },
    },
    admin: { host: admin.host, port: admin.port, token: admin.token ?? null, hosts: admin.hosts },
    state: settleState(entry.state, file),
    legacy: settleTarget('legacy', entry.legacy, references),
    services: Object.entries(entry.services ?? {}).map(([name, target]) => settleTarget(name, target, references)),
    caller: entry.caller,
    override: override ?? null,
    debug: entry.debug,
    accessLog: entry.accessLog,
    redact: entry.redact,
    evidence: entry.evidence,
    routes: (entry.routes ?? []).map((route, index) => settleRoute(route, lineOf(index))),
  };
}

function settleState(state: StateLocation, file: string): StateLocation {
  return state.kind === 'sqlite' ? { kind: 'sqlite', path: resolve(dirname(file), state.path) } : state;
}

function settleTarget(name: string, entry: TargetEntry, references: References): TargetSettings {
  const { ca, servername, verify } = entry.tls;
  return {
    name,
    urls: entry.urls ?? (entry.url === undefined ? [] : [entry.url]),
    timeout: entry.timeout,
    host: entry.host,
    via: entry.via,
    tls: { ca: ca === undefined ? null : references.textAt(ca), servername: servername ?? null, verify },
    writes: entry.writes,
  };
}

function settleRoute(entry: RouteEntry, line: number): Route {
  const retired = entry.legacy === 'retired';
  const route = {
    id: entry.id ?? derivedId(entry.match),
    matches: entry.match,
    service: entry.service,
    group: entry.group ?? entry.service,
    rewrite: entry.rewrite ?? null,
    percent: entry.percent ?? 100,
    fallback: retired ? null : entry.fallback === undefined ? { on: defaultFallback } : entry.fallback,
    retired,
    shadow: entry.shadow === undefined ? unshadowed : settleShadow(entry.shadow),
    line,
  };
  return { ...route, fingerprint: fingerprintOf(route) };
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
