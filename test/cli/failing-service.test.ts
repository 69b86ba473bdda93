import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawTarget } from '../support/raw-target.ts';
import { type Folder, folder, freePort } from './strangler.ts';

let f: Folder;
let legacy: RawTarget;

beforeEach(async () => {
  f = await folder();
  legacy = await RawTarget.start();
  await f.write(`version: 1
listen: { port: 0 }
admin: { port: ${await freePort()} }
state: memory
debug: true
legacy: { url: http://127.0.0.1:${legacy.port} }
services:
  orders: { url: 'http://127.0.0.1:${await freePort()}', retry: off, circuit: { failures: 2 } }
routes:
  - { id: order-read, match: GET /orders/:id, service: orders }
`);
});

afterEach(async () => {
  await f.remove();
  await legacy.close();
});

describe('a service that is down', () => {
  it('is seen in status, in the log, in the metrics and in the debug header', async () => {
    const proxy = await f.start();
    const causes: (string | null)[] = [];
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(`${proxy.url}/orders/1`);
      expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
      causes.push(answer.headers.get('x-strangler-fallback'));
    }

    expect(causes).toEqual(['connect', 'connect', 'circuit-open']);
    expect(await proxy.event('circuit.opened')).toMatchObject({
      target: 'orders',
      route: '*',
      why: '2 failures in a row',
      level: 'error',
      msg: 'the circuit of orders is open: 2 failures in a row',
    });
    const { out } = await f.run('status');
    expect(out).toMatch(/^circuit of orders +every route +open: 2 failures in a row +opened once$/m);
    expect(out).toMatch(/^legacy stood in +order-read +connect 2, circuit-open 1$/m);
    const status = JSON.parse((await f.run('status', '--json')).out) as Record<string, unknown>;
    expect(status.circuits).toEqual([
      {
        target: 'orders',
        route: '*',
        why: '2 failures in a row',
        opened: 1,
        phases: { closed: 0, open: 1, 'half-open': 0 },
      },
    ]);
    expect(status.fallbacks).toEqual([{ route: 'order-read', causes: { connect: 2, 'circuit-open': 1 } }]);
    const metrics = await (await fetch(`${proxy.admin}/metrics`)).text();
    expect(metrics).toContain('strangler_fallbacks_total{route="order-read",target="orders",cause="circuit-open"} 1');
    expect(metrics).toContain('strangler_circuit_processes{target="orders",route="*",phase="open"} 1');
    expect(metrics).toContain('strangler_circuit_opened_total{target="orders",route="*"} 1');
  });

  it('is seen by all workers together', async () => {
    const proxy = await f.start('--workers', '2');
    for (let i = 0; i < 20; i++) await fetch(`${proxy.url}/orders/1`, { headers: { connection: 'close' } });

    const { circuits, fallbacks } = JSON.parse((await f.run('status', '--json')).out) as {
      circuits: { opened: number; phases: { open: number } }[];
      fallbacks: { causes: Record<string, number> }[];
    };

    expect(circuits).toHaveLength(1);
    expect(circuits[0]!.opened).toBe(circuits[0]!.phases.open);
    expect(Object.values(fallbacks[0]!.causes).reduce((sum, count) => sum + count)).toBe(20);
  });
});
