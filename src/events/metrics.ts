/** Prometheus text, put together when it is asked for and at no other time. */
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import { type CircuitStanding, circuitReports } from '../domain/circuit-standing.ts';
import { type DiscoveryTrouble, type InstanceFigures, mergeInstances } from '../domain/instance-figures.ts';
import type { LiveRoute } from '../domain/live.ts';
import { mergePublishFigures, type PublishFigures } from '../domain/publishing/figures.ts';
import type { OutboxStanding } from '../domain/publishing/intent.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import type { BusFigures } from '../ports.ts';
import { busFamilies } from './bus-metrics.ts';
import { family, isCounted, type Value } from './family.ts';
import { type Figures, mergeFigures, mergeRefusals, type Refusals } from './meter.ts';
import { publishFamilies } from './publish-metrics.ts';
import { isUsed, partFamilies, requestFamilies } from './request-families.ts';
import { mergeShadowFigures, type ShadowFigures } from './shadow-figures.ts';

/** What one process has to say: its requests, and prom-client's own metrics about the process, as JSON. */
export interface ProcessFigures {
  readonly requests: Figures;
  /** Of the parts of composed answers: `target` is the part's name. */
  readonly parts: Figures;
  readonly refused: Refusals;
  readonly shadow: ShadowFigures;
  readonly published: PublishFigures;
  readonly circuits: readonly CircuitStanding[];
  readonly instances: readonly InstanceFigures[];
  readonly discovery: readonly DiscoveryTrouble[];
  readonly process: readonly object[];
}

/** What the figures of the requests don't tell. */
interface MetricFacts {
  readonly version: string;
  readonly live: readonly LiveRoute[];
  readonly configValid: boolean;
  /** Batches of evidence that could not be kept. */
  readonly evidenceLost: number;
  /** Those under way. */
  readonly rollouts: readonly Rollout[];
  /** By route. */
  readonly guardTrips: ReadonlyMap<string, number>;
  readonly webhooksLost: number;
  /** `null` where it can't be asked. */
  readonly outbox: OutboxStanding | null;
  /** Events that the bus has taken from this proxy. */
  readonly delivered: number;
  /** `null` where the proxy has opened none. */
  readonly bus: BusFigures | null;
  readonly reloads: { readonly applied: number; readonly rejected: number };
}

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** Watches this process: CPU, memory, descriptors, event-loop lag. */
export function watchProcess(): () => Promise<readonly object[]> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () =>
    (await registry.getMetricsAsJSON()).map((metric) =>
      // prom-client drops the start time when processes are summed; the oldest is the one worth knowing.
      metric.name === 'process_start_time_seconds' ? { ...metric, aggregator: 'min' } : metric,
    );
}

export async function metricsText(processes: readonly ProcessFigures[], facts: MetricFacts): Promise<string> {
  const requests = mergeFigures(processes.map((figures) => figures.requests)).filter(isUsed);
  const parts = mergeFigures(processes.map((figures) => figures.parts)).filter(isUsed);
  const refused = mergeRefusals(processes.map((figures) => figures.refused));
  const shadow = mergeShadowFigures(processes.map((figures) => figures.shadow));
  const published = mergePublishFigures(processes.map((figures) => figures.published));
  const instances = mergeInstances(processes.map((figures) => figures.instances));
  const families = [
    ...requestFamilies(requests),
    ...partFamilies(parts),
    ...circuitFamilies(processes.map((figures) => figures.circuits)),
    refusedFamily(refused),
    shadowFamily(shadow),
    ...publishFamilies(published, facts),
    ...instanceFamilies(instances),
    ...factFamilies(facts),
  ];
  const all = [families, ...processes.map((figures) => [...figures.process])];
  return AggregatorRegistry.aggregate(all).metrics();
}

/** Of the circuits that were ever opened: the others say nothing, and each route has one. */
function circuitFamilies(processes: readonly (readonly CircuitStanding[])[]) {
  const reports = circuitReports(processes);
  return [
    family(
      'gauge',
      'strangler_circuit_processes',
      'How many processes have a circuit so; route * is the target as a whole.',
      reports.flatMap(({ target, route, phases }) =>
        Object.entries(phases).map(([phase, value]) => ({ labels: { target, route, phase }, value })),
      ),
    ),
    family(
      'counter',
      'strangler_circuit_opened_total',
      'How often a circuit was opened; a probe that failed is not counted.',
      reports.map(({ target, route, opened }) => ({ labels: { target, route }, value: opened })),
    ),
  ];
}

function refusedFamily(refused: Refusals) {
  const values = Object.entries(refused).map(([code, value]) => ({ labels: { code }, value }));
  return family(
    'counter',
    'strangler_refused_total',
    'Requests that were refused before a route was looked for.',
    values,
  );
}

function shadowFamily(figures: ShadowFigures) {
  const values = figures.map(({ route, outcome, count }) => ({ labels: { route, outcome }, value: count }));
  return family(
    'counter',
    'strangler_shadow_total',
    'What became of the requests of shadowed routes; those that matched are among the compared.',
    values.filter(isCounted),
  );
}

function instanceFamilies(figures: readonly InstanceFigures[]) {
  const labelled = (some: readonly InstanceFigures[], value: (one: InstanceFigures) => number): Value[] =>
    some.map((one) => ({ labels: { target: one.target, instance: one.instance }, value: value(one) }));
  return [
    family(
      'gauge',
      'strangler_instance_up',
      'The share of the processes that ask an instance; 0 while all leave it alone, unhealthy or ejected.',
      labelled(
        figures.filter(({ processes }) => processes > 0),
        ({ processes, leftAlone }) => (processes - leftAlone) / processes,
      ),
    ),
    family(
      'counter',
      'strangler_ejections_total',
      'How often an instance was left alone because requests to it failed in a row.',
      labelled(figures, ({ ejections }) => ejections).filter(isCounted),
    ),
  ];
}

function factFamilies(facts: MetricFacts) {
  const { version, live, configValid, evidenceLost, reloads } = facts;
  return [
    ...rolloutFamilies(facts),
    ...(facts.bus === null ? [] : busFamilies(facts.bus)),
    family(
      'gauge',
      'strangler_route_percent',
      'The live percent of a route.',
      live.map((row) => ({ labels: { route: row.route, service: row.service }, value: row.live })),
    ),
    family(
      'gauge',
      'strangler_route_shadow_percent',
      'The share of the requests of a route that are shadowed.',
      live.map((row) => ({
        labels: { route: row.route, service: row.service },
        value: row.retired ? 0 : row.shadowLive,
      })),
    ),
    family('counter', 'strangler_evidence_lost_total', 'Batches of evidence that could not be kept.', [
      { labels: {}, value: evidenceLost },
    ]),
    family('counter', 'strangler_reloads_total', 'Saved versions of routes.yaml, by what became of them.', [
      { labels: { result: 'applied' }, value: reloads.applied },
      { labels: { result: 'rejected' }, value: reloads.rejected },
    ]),
    family('gauge', 'strangler_config_valid', 'Whether routes.yaml as saved last is the one in force.', [
      { labels: {}, value: configValid ? 1 : 0 },
    ]),
    family('gauge', 'strangler_build_info', 'Always 1; the labels say which build this is.', [
      { labels: { version, node: process.version }, value: 1 },
    ]),
  ];
}

function rolloutFamilies({ rollouts, guardTrips, webhooksLost }: MetricFacts) {
  const labelled = (value: (rollout: Rollout) => number): Value[] =>
    rollouts.map((rollout) => ({ labels: { rollout: rollout.name }, value: value(rollout) }));
  return [
    family(
      'gauge',
      'strangler_rollout_step',
      'The step of a rollout under way, from 1 on.',
      labelled(({ step }) => step + 1),
    ),
    family(
      'gauge',
      'strangler_rollout_percent',
      'The percent of the callers on the step of a rollout under way.',
      labelled(({ settings, step }) => settings.steps[step]!.percent),
    ),
    family(
      'gauge',
      'strangler_rollout_waiting',
      'Whether a rollout under way waits for somebody: paused, or for an approval.',
      labelled(({ standing }) => (standing.phase === 'holding' ? 0 : 1)),
    ),
    family(
      'counter',
      'strangler_guard_trips_total',
      'How often the guard of a route took it back to legacy.',
      [...guardTrips].map(([route, value]) => ({ labels: { route }, value })),
    ),
    family('counter', 'strangler_webhooks_lost_total', 'Messages about rollouts that no receiver has taken.', [
      { labels: {}, value: webhooksLost },
    ]),
  ];
}
