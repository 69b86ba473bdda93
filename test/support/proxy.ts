import type { FallbackCause } from '../../src/domain/fallback.ts';
import type { LiveRoute } from '../../src/domain/live.ts';
import type { ArmCount } from '../../src/domain/rollout/arm-counts.ts';
import type { InstanceUrl, Route, Settings, TargetSettings } from '../../src/domain/settings.ts';
import { defaultEvidence, nothingRedacted, unshadowed } from '../../src/domain/shadow.ts';
import { createMeter, type Figures, type Series } from '../../src/events/meter.ts';
import {
  type AccessLine,
  type DomainEvent,
  type EventSink,
  type Meter,
  type Mirror,
  outcomes,
  type Publisher,
} from '../../src/ports.ts';
import { createProxy, type Proxy as FrontProxy } from '../../src/proxy/server.ts';
import { Targets } from '../../src/target/targets.ts';

export interface TestProxy {
  readonly proxy: FrontProxy;
  readonly url: string;
  readonly port: number;
  readonly events: DomainEvent[];
  /** Filled while the settings say `accessLog`. */
  readonly lines: AccessLine[];
  readonly counts: {
    started: number;
    finished: number;
    fellBack: number;
    retried: number;
    causes: FallbackCause[];
    refused: string[];
  };
  figures(): Figures;
  /** What the arms did since this was last asked. */
  takeArms(): readonly ArmCount[];
  /** How the requests to a target ended, as the metrics have it. */
  outcomesOf(target: string): readonly string[];
  readonly targets: Targets;
  /** How the parts of composed answers ended, by the part's name. */
  partOutcomes(): Readonly<Record<string, readonly string[]>>;
  apply(settings: Settings, live?: readonly LiveRoute[]): void;
  close(): Promise<void>;
}

export type SettingsOverrides = Omit<Partial<Settings>, 'listen' | 'legacy'> & {
  readonly listen?: Partial<Settings['listen']>;
  readonly legacy?: Partial<TargetSettings>;
};

export function instanceUrl(port: number, secure = false): InstanceUrl {
  return { secure, hostname: '127.0.0.1', port, authority: `127.0.0.1:${port}`, basePath: '' };
}

export function targetSettings(name: string, port: number, more: Partial<TargetSettings> = {}): TargetSettings {
  return {
    name,
    urls: [instanceUrl(port)],
    discovery: { kind: 'static' },
    balance: 'round-robin',
    slowStart: 0,
    health: null,
    ejection: null,
    retry: null,
    circuit: null,
    bulkhead: null,
    timeout: { connect: 2_000, response: 2_000, idle: 2_000, total: 0 },
    host: 'preserve',
    via: true,
    tls: { ca: null, servername: null, verify: true },
    writes: 'separate',
    ...more,
  };
}

export function route(id: string, service: string, more: Partial<Route> & { path: string; methods?: string[] }): Route {
  const { path, methods, ...rest } = more;
  return {
    id,
    matches: [{ methods: methods ?? null, path, host: null, headers: [], query: [] }],
    service,
    group: service,
    rewrite: null,
    compose: null,
    percent: 100,
    fallback: { on: [502, 503, 504] },
    fallthrough: [],
    retired: false,
    shadow: unshadowed,
    rollout: null,
    guard: null,
    publish: [],
    fingerprint: 'f00d',
    line: 1,
    ...rest,
  };
}

export function settingsFor(legacyPort: number, more: SettingsOverrides = {}): Settings {
  const { listen, legacy, ...rest } = more;
  return {
    listen: {
      host: '127.0.0.1',
      port: 0,
      tls: null,
      timeout: { headers: 3_000, body: 3_000, answer: 5_000, idle: 5_000 },
      limits: { headers: 65_536, path: 8_192, headerCount: 200, concurrent: 0, lag: 0 },
      trust: [],
      drain: 1_000,
      ...listen,
    },
    admin: { host: '127.0.0.1', port: 0, token: null, hosts: [] },
    state: { kind: 'memory' },
    legacy: targetSettings('legacy', legacyPort, legacy),
    services: [],
    caller: [],
    override: null,
    debug: false,
    accessLog: false,
    redact: nothingRedacted,
    evidence: defaultEvidence,
    webhooks: [],
    events: {
      bus: { kind: 'memory' },
      stream: 'strangler.events',
      source: '/strangler',
      keep: 3_600_000,
      most: 1_000,
      sync: 'disk',
    },
    routes: [],
    ...rest,
  };
}

/** A proxy on a free port with everything real; the meter's counts are told as they are made. */
export async function startProxy(
  settings: Settings,
  live: readonly LiveRoute[] = [],
  mirrorFor: (events: EventSink) => Mirror | null = () => null,
  publisher: Publisher | null = null,
): Promise<TestProxy> {
  const events: DomainEvent[] = [];
  const lines: AccessLine[] = [];
  const counts = {
    started: 0,
    finished: 0,
    fellBack: 0,
    retried: 0,
    causes: [] as FallbackCause[],
    refused: [] as string[],
  };
  const figures = createMeter();
  const meter: Meter = {
    slot: (id, target) => figures.slot(id, target),
    started(slot) {
      counts.started++;
      figures.started(slot);
    },
    finished(slot, outcome, milliseconds) {
      counts.finished++;
      figures.finished(slot, outcome, milliseconds);
    },
    fellBack(slot, cause) {
      counts.fellBack++;
      counts.causes.push(cause);
      figures.fellBack(slot, cause);
    },
    retried(slot) {
      counts.retried++;
      figures.retried(slot);
    },
    arm: (id, arm) => figures.arm(id, arm),
    assigned: (place, milliseconds) => figures.assigned(place, milliseconds),
    armFailed: (place) => figures.armFailed(place),
    refused: (code) => void counts.refused.push(code),
  };
  const sink = { emit: (event: DomainEvent) => void events.push(event) };
  const endings = (series: Series): string[] =>
    outcomes.flatMap((outcome, index) => Array(series.outcomes[index]!).fill(outcome));
  const outcomesOf = (target: string) =>
    figures
      .snapshot()
      .filter((series) => series.target === target)
      .flatMap(endings);
  const partMeter = createMeter();
  const partOutcomes = () => Object.fromEntries(partMeter.snapshot().map((series) => [series.target, endings(series)]));
  const targets = new Targets(sink, { partMeter });
  const mirror = mirrorFor(sink);
  const proxy = createProxy({
    events: sink,
    meter,
    transport: targets,
    accessLog: (line) => void lines.push(line),
    ...(mirror === null ? {} : { mirror }),
    ...(publisher === null ? {} : { publisher }),
  });
  proxy.apply(settings, live);
  const { url, port } = await proxy.listen(settings.listen);
  return {
    proxy,
    url,
    port,
    events,
    lines,
    counts,
    figures: () => figures.snapshot(),
    takeArms: () => figures.takeArms(),
    outcomesOf,
    partOutcomes,
    targets,
    apply: (next, rows = []) => proxy.apply(next, rows),
    async close() {
      await proxy.drain(0);
    },
  };
}
