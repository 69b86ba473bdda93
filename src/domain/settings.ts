import type { PartSettings } from './compose/part.ts';
import type { EventsSettings } from './events-settings.ts';
import type { InstanceUrl } from './instance-url.ts';
import type {
  BulkheadSettings,
  CircuitSettings,
  Discovery,
  EjectionSettings,
  GuardSettings,
  HealthSettings,
  RetrySettings,
  WebhookSettings,
} from './policies.ts';
import type { PublishSettings } from './publishing/settings.ts';
import type { RolloutSettings } from './rollout/model.ts';
import type { EvidenceSettings, RedactionSettings, ShadowSettings } from './shadow.ts';

export type { InstanceUrl } from './instance-url.ts';

/**
 * What routes.yaml says, after validation: every duration in milliseconds, every size in bytes, every
 * default filled in, every `${ENV}` read. `config/load.ts` is the only place that makes one from a file.
 */
export interface Settings {
  readonly listen: ListenSettings;
  readonly admin: AdminSettings;
  readonly state: StateLocation;
  readonly legacy: TargetSettings;
  /** The extracted services, in file order. */
  readonly services: readonly TargetSettings[];
  /** Where a caller's key is looked for, first present wins; the proxy's own cookie stands behind them all. */
  readonly caller: readonly KeySource[];
  readonly override: OverrideSettings | null;
  /** Adds `x-strangler-*` facts to every answer. */
  readonly debug: boolean;
  /** One log line a request. */
  readonly accessLog: boolean;
  readonly redact: RedactionSettings;
  readonly evidence: EvidenceSettings;
  readonly webhooks: readonly WebhookSettings[];
  readonly events: EventsSettings;
  readonly routes: readonly Route[];
}

export interface ListenSettings {
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /**
   * Milliseconds: the whole head, the gap between two pieces of a body, how long an answer may wait to be taken
   * (0 is off), a kept-alive connection's rest.
   */
  readonly timeout: {
    readonly headers: number;
    readonly body: number;
    readonly answer: number;
    readonly idle: number;
  };
  /**
   * Bytes, except `headerCount`, which counts header lines; `concurrent` counts requests under way, and `lag` is how
   * many milliseconds late the event loop may be: beyond either a request is refused. 0 is off for these two.
   */
  readonly limits: {
    readonly headers: number;
    readonly path: number;
    readonly headerCount: number;
    readonly concurrent: number;
    readonly lag: number;
  };
  /** CIDR blocks of load balancers whose forwarding headers are believed and appended to. */
  readonly trust: readonly string[];
  /** Milliseconds that SIGTERM waits for requests under way. */
  readonly drain: number;
}

export interface AdminSettings {
  readonly host: string;
  readonly port: number;
  readonly token: string | null;
  /** Host header values that are answered besides the loopback names and `host` itself. */
  readonly hosts: readonly string[];
}

export type StateLocation = { readonly kind: 'memory' } | { readonly kind: 'sqlite'; readonly path: string };

/** A target: `legacy`, or a service by its name. */
export interface TargetSettings {
  readonly name: string;
  /** One base URL an instance, at least one. A path in it is put before the forwarded path. */
  readonly urls: readonly InstanceUrl[];
  readonly discovery: Discovery;
  readonly balance: 'round-robin' | 'least-pending';
  /** Milliseconds over which an instance that is new or back grows into its share; 0 is off. */
  readonly slowStart: number;
  readonly health: HealthSettings | null;
  readonly ejection: EjectionSettings | null;
  /**
   * Milliseconds; 0 is off. `response`: until the head arrives; `idle`: the gap between two pieces of a body;
   * `total`: from the first attempt until the head of the answer, retries and waits included.
   */
  readonly timeout: {
    readonly connect: number;
    readonly response: number;
    readonly idle: number;
    readonly total: number;
  };
  readonly retry: RetrySettings | null;
  readonly circuit: CircuitSettings | null;
  readonly bulkhead: BulkheadSettings | null;
  /** Which Host the target sees: the caller's, or its own. */
  readonly host: 'preserve' | 'target';
  /** Adds our `Via` to requests for this target. */
  readonly via: boolean;
  /** PEM text of the authorities to trust instead of the system's; `verify: false` trusts anyone. */
  readonly tls: { readonly ca: string | null; readonly servername: string | null; readonly verify: boolean };
  /** How this service's data keeps step with legacy's. */
  readonly writes: 'shared' | 'synced' | 'separate';
}

export type KeySource =
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'cookie'; readonly name: string }
  | { readonly from: 'query'; readonly name: string }
  | { readonly from: 'ip' };

export interface OverrideSettings {
  /** Lower-case header name. */
  readonly header: string;
  readonly secret: string;
}

/** A match, the service it is moving to, and how far it has moved. */
export interface Route {
  readonly id: string;
  /** Any of them makes the route match; never empty. */
  readonly matches: readonly Match[];
  /** The service that it is moving to; the route's own id where its answer is composed. */
  readonly service: string;
  /** The parts of its answer, in file order; `null` where one service gives it. */
  readonly compose: readonly PartSettings[] | null;
  /** Routes of one group share their buckets. */
  readonly group: string;
  /** The service's own path; `:names` come from the match. `null` forwards the caller's raw bytes. */
  readonly rewrite: string | null;
  /** Declared percent: 0–100, two decimals. */
  readonly percent: number;
  /** Which answers of the service legacy is asked instead of; `null`: never. */
  readonly fallback: { readonly on: readonly number[] } | null;
  /** Answers of the service that mean "not here yet": legacy is asked instead, and nothing has failed. */
  readonly fallthrough: readonly number[];
  /** Legacy's code for this is gone: no fallback, no rollback. */
  readonly retired: boolean;
  readonly shadow: ShadowSettings;
  readonly rollout: RolloutSettings | null;
  readonly guard: GuardSettings | null;
  /** The events that its answers become; of what is shadowed, they say nothing, so evidence does not depend on them. */
  readonly publish: readonly PublishSettings[];
  /** Of match, service, rewrite, parts and rules: what evidence belongs to. Twelve hexadecimal digits. */
  readonly fingerprint: string;
  /** Where in routes.yaml the route begins; 1-based. */
  readonly line: number;
}

export interface Match {
  /** Upper-case as sent; `null` is any method. GET implies HEAD. */
  readonly methods: readonly string[] | null;
  /** A path pattern: `/api/orders/:id`, `/v:n{[0-9]+}/x`, `/static/*`. */
  readonly path: string;
  /** Lower-case host without port, or `*.example.com`; `null` is any. */
  readonly host: string | null;
  /** Lower-case name and exact value; `*` as value means "present". */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly query: readonly (readonly [name: string, value: string])[];
}
