import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folder, folder } from './strangler.ts';

const yaml = `version: 1
legacy: { url: http://127.0.0.1:1 }
services:
  orders: { url: http://127.0.0.1:2, writes: shared }
routes:
  - id: order-read
    match: GET /api/orders/:id
    service: orders
    percent: 0
    shadow: 50
    rollout:
      steps: [10, { percent: 60, hold: 5m }]
      hold: 2m
      gates: { errors: +2%, p99: off, minRequests: 50, prometheus: { url: 'http://prometheus:9090', query: up, max: 1 } }
  - id: order-write
    match: POST /api/orders
    service: orders
    percent: 0
`;

let f: Folder;

beforeEach(async () => {
  f = await folder();
});

afterEach(() => f.remove());

describe('strangler rollout simulate', () => {
  it("needs no routes.yaml to try the plan that goes without saying, and shows where a typical run's percent goes", async () => {
    const { code, out, err } = await f.run('rollout', 'simulate', '--runs', '20', '--rps', '500');
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toBe('1 → 5 → 25 → 50 → 100 %, each held for 10m, at 500 requests a second: the');
    expect(lines.filter((line) => /^ *\d+ % │ *█+$/.test(line)).map((line) => Number.parseInt(line, 10))).toEqual([
      100, 50, 25, 5, 1,
    ]);
    expect(out).toMatch(/^complete {4}20 {2}100 % +\d+m/m);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(out).not.toContain('\u001b');
  });

  it('tries the plan of a route by what it declares', async () => {
    await f.write(yaml);
    const { code, out, err } = await f.run('rollout', 'simulate', 'order-read', '--runs', '10', '--json');
    expect([code, err]).toEqual([0, 'Prometheus is not asked: its gates are left out\n']);
    const told = JSON.parse(out);
    expect(told).toMatchObject({
      settings: {
        steps: [
          { percent: 10, hold: 120_000 },
          { percent: 60, hold: 300_000 },
        ],
        gates: { errors: 2, p99: null, match: 99.9, minRequests: 50 },
      },
      traffic: { rps: 50, serviceErrors: 0.001, legacyErrors: 0.001, slowness: 1, mismatches: 0, compared: 0.5 },
      seed: 1,
      runs: 10,
      ends: { complete: { count: 10 }, failed: { count: 0, after: null }, waiting: { count: 0 } },
      steps: [
        { percent: 10, reached: 10 },
        { percent: 60, reached: 10 },
      ],
      typical: { end: 'complete', reason: null },
    });
    expect(told.typical.after).toBeGreaterThanOrEqual(420_000);
  });

  it('says why a typical run failed, and goes by the default where a route declares none', async () => {
    await f.write(yaml);
    const args = ['order-write', '--runs', '10', '--errors', '30%', '--legacy-errors', '1%'];
    const { code, out, err } = await f.run('rollout', 'simulate', ...args);
    expect(code).toBe(0);
    expect(err).toContain('order-write declares no rollout: this is the plan of "rollout: {}"');
    const flat = out.replaceAll('\n', ' ');
    expect(flat).toMatch(
      /a typical run, failed after \d+m.* in all: step 1 of 5 \(1 %\) failed after .* over [\d.]+ points more/,
    );
    expect(out).toMatch(/^ {2}1 % │█+✗$/m);
    expect(out).toMatch(/^failed +10 +100 %/m);
  });

  it('says the same for the same seed, and something else for another', async () => {
    const told = async (seed: string): Promise<string> =>
      (await f.run('rollout', 'simulate', '--runs', '5', '--seed', seed, '--json')).out;
    expect(await told('4')).toBe(await told('4'));
    expect(await told('4')).not.toBe(await told('5'));
  });

  it('leaves what never proves itself waiting, within the time that it is given', async () => {
    const args = ['--runs', '5', '--errors', '0.6%', '--legacy-errors', '0.1%', '--within', '2h'];
    const { out } = await f.run('rollout', 'simulate', ...args);
    expect(out).toMatch(/^waiting +5 +100 %/m);
    expect(out).toContain('waiting: neither passed nor failed within 2h');
  });

  it.each([
    [['--errors', '101%'], 'It is a percent from 0 to 100.'],
    [['--errors', '-1'], 'It is no such number: "-1".'],
    [['--rps', '0'], 'It is a number above 0, up to 1000000.'],
    [['--rps', '1e9'], 'It is no such number: "1e9".'],
    [['--p99', '0x'], 'It is a factor from 0.01 to 1000, such as 1.2x.'],
    [['--runs', '0'], 'It is a whole number from 1 to 1000000.'],
    [['--within', 'forever'], 'It is a duration from 1s to 365d.'],
    [['--seed', '1.5'], 'It is no such number: "1.5".'],
  ])('refuses %j as wrong usage', async (args, message) => {
    const { code, err } = await f.run('rollout', 'simulate', ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('knows the routes', async () => {
    await f.write(yaml);
    const { code, err } = await f.run('rollout', 'simulate', 'order-reed');
    expect(code).toBe(1);
    expect(err).toContain('no route and no service is called "order-reed" (did you mean "order-read"?)');
  });
});
