import { beforeAll, describe, expect, it } from 'vitest';
import { createMeter } from '../../src/events/meter.ts';
import { metricsText, watchProcess } from '../../src/events/metrics.ts';
import { outcomes } from '../../src/ports.ts';
import { aRollout } from '../rollout/a-rollout.ts';

describe('the metrics page', () => {
  let lines: string[];

  beforeAll(async () => {
    const meter = createMeter();
    const slot = meter.slot('order "read"', 'orders');
    for (const elapsed of [0.4, 7, 90_000]) {
      meter.started(slot);
      meter.finished(slot, outcomes.indexOf('2xx'), elapsed);
    }
    meter.started(slot);
    meter.fellBack(slot, 'connect');
    meter.retried(slot);
    const process = await watchProcess()();
    meter.refused('bad-host');
    meter.refused('path-too-long');
    meter.refused('bad-host');
    const shadow = [
      { route: 'order-read', outcome: 'compared', count: 7 },
      { route: 'order-read', outcome: 'not-sampled', count: 0 },
    ];
    const circuits = [{ target: 'orders', route: '*', phase: 'open' as const, why: '5 failures in a row', opened: 3 }];
    const of = (instance: string, ejected: 0 | 1) => ({
      target: 'orders',
      instance,
      processes: 1,
      unhealthy: 0,
      ejected,
      leftAlone: ejected,
      why: null,
      ejections: 2 * ejected,
      pending: 0,
    });
    const one = { requests: meter.snapshot(), refused: meter.refusals(), shadow, circuits, discovery: [], process };
    const processes = [
      { ...one, instances: [of('http://a', 0), of('http://b', 1), of('http://c', 1)] },
      { ...one, instances: [of('http://a', 0), of('http://b', 1), of('http://c', 0)] },
    ];
    const text = await metricsText(processes, {
      version: '1.2.3',
      live: [
        {
          route: 'order-read',
          service: 'orders',
          declared: 0,
          declaredAt: 0,
          live: 12.5,
          latched: false,
          retired: false,
          shadowDeclared: 0,
          shadowLive: 40,
          calibrateUntil: 0,
        },
      ],
      configValid: false,
      evidenceLost: 3,
      rollouts: [
        aRollout({ name: 'orders', step: 1 }),
        aRollout({ name: 'carts', standing: { phase: 'paused', who: 'ada', reason: null } }),
      ],
      guardTrips: new Map([['order-read', 2]]),
      webhooksLost: 5,
      bus: { up: true, groups: [{ group: 'mails', lag: 7, deadLetters: 2 }] },
      reloads: { applied: 4, rejected: 1 },
    });
    lines = text.split('\n');
  });

  it.each([
    'strangler_requests_total{route="order \\"read\\"",target="orders",outcome="2xx"} 6',
    'strangler_request_duration_seconds_bucket{le="0.0005",route="order \\"read\\"",target="orders"} 2',
    'strangler_request_duration_seconds_bucket{le="0.01",route="order \\"read\\"",target="orders"} 4',
    'strangler_request_duration_seconds_bucket{le="60",route="order \\"read\\"",target="orders"} 4',
    'strangler_request_duration_seconds_bucket{le="+Inf",route="order \\"read\\"",target="orders"} 6',
    'strangler_request_duration_seconds_count{route="order \\"read\\"",target="orders"} 6',
    'strangler_in_flight{route="order \\"read\\"",target="orders"} 2',
    'strangler_fallbacks_total{route="order \\"read\\"",target="orders",cause="connect"} 2',
    'strangler_retries_total{route="order \\"read\\"",target="orders"} 2',
    'strangler_circuit_processes{target="orders",route="*",phase="open"} 2',
    'strangler_circuit_processes{target="orders",route="*",phase="closed"} 0',
    'strangler_circuit_opened_total{target="orders",route="*"} 6',
    'strangler_refused_total{code="bad-host"} 4',
    'strangler_rollout_step{rollout="orders"} 2',
    'strangler_rollout_percent{rollout="orders"} 50',
    'strangler_rollout_waiting{rollout="orders"} 0',
    'strangler_rollout_waiting{rollout="carts"} 1',
    'strangler_guard_trips_total{route="order-read"} 2',
    'strangler_webhooks_lost_total 5',
    'strangler_bus_up 1',
    'strangler_bus_lag{group="mails"} 7',
    'strangler_bus_dead_letters{group="mails"} 2',
    'strangler_refused_total{code="path-too-long"} 2',
    'strangler_route_percent{route="order-read",service="orders"} 12.5',
    'strangler_route_shadow_percent{route="order-read",service="orders"} 40',
    'strangler_shadow_total{route="order-read",outcome="compared"} 14',
    'strangler_instance_up{target="orders",instance="http://a"} 1',
    'strangler_instance_up{target="orders",instance="http://b"} 0',
    'strangler_instance_up{target="orders",instance="http://c"} 0.5',
    'strangler_ejections_total{target="orders",instance="http://b"} 4',
    'strangler_ejections_total{target="orders",instance="http://c"} 2',
    'strangler_evidence_lost_total 3',
    'strangler_reloads_total{result="applied"} 4',
    'strangler_reloads_total{result="rejected"} 1',
    'strangler_config_valid 0',
    `strangler_build_info{version="1.2.3",node="${process.version}"} 1`,
  ])('says %s of two processes', (line) => {
    expect(lines).toContain(line);
  });

  it('gives each family its help and its type once', () => {
    const typed = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    expect(new Set(typed).size).toBe(typed.length);
    expect(typed).toEqual(expect.arrayContaining(['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']));
  });

  it('keeps the start of the oldest process instead of the sum', () => {
    const [, start] = lines.find((line) => line.startsWith('process_start_time_seconds '))!.split(' ');
    expect(Math.abs(Number(start) - (Date.now() / 1000 - process.uptime()))).toBeLessThan(60);
  });
});
