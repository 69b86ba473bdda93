import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultRollout } from '../../src/config/default-rollout.ts';
import { guardTrips } from '../../src/domain/guard.ts';
import { failingChance, fewestToFail, passing } from '../../src/domain/rollout/chances.ts';
import { decide } from '../../src/domain/rollout/decide.ts';
import { folder } from '../cli/strangler.ts';
import { anArm, aRollout, aSight } from '../domain/rollout/a-rollout.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/rollouts.md'), 'utf8');
const flat = page.replaceAll(/\s+/g, ' ');

describe('docs/rollouts.md', () => {
  it('shows the plan that goes without saying', () => {
    const { steps, gates, onFailure } = defaultRollout(true);
    const shown = /```yaml\n(.*?)```/s.exec(page)![1]!.replaceAll(/ +#.*$/gm, '');
    expect(shown).toContain(`steps: [${steps.map(({ percent }) => percent).join(', ')}]`);
    expect(steps.map(({ hold, approve }) => [hold, approve])).toEqual(steps.map(() => [600_000, false]));
    expect(shown).toContain('hold: 10m\n');
    expect(shown).toContain(`errors: +${gates.errors}%\n`);
    expect(shown).toContain(`p99: ${gates.p99}x\n`);
    expect(shown).toContain(`match: ${gates.match}%\n`);
    expect(shown).toContain(`minRequests: ${gates.minRequests}\n`);
    expect(shown).toContain(`onFailure: ${onFailure}\n`);
  });

  it('names the chances that are in force', () => {
    const settings = defaultRollout(true);
    expect(flat).toContain(
      `fails** on one step although its limit is kept | at most ${100 * failingChance(settings, 1)} %`,
    );
    expect(flat).toContain(`although its limit is exceeded | at most ${100 * passing} %`);
    expect(flat).toContain(
      `with three routes each of these four tests may be wrong ${100 * failingChance(settings, 3)} %`,
    );
    expect(flat).toContain(`before the service's arm has ${fewestToFail} requests`);
    const steps = Array.from({ length: 40 }, () => settings.steps[0]!);
    expect(40 * 3 * failingChance({ ...settings, steps }, 1)).toBeCloseTo(0.05, 12);
  });

  it('quotes a decision as it is', () => {
    const quoted = /```text\n(step .*?)\n```/s.exec(page)![1]!.replaceAll('\n', ' ');
    const sight = aSight({ service: anArm(4210, 4), legacy: anArm(79_800, 70) });
    expect(decide(aRollout(), sight).sentence).toBe(quoted);
  });

  it('tells when the guard trips', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| (\d+) \(\d+ %\) \|$/gm)].map(([, ...row]) => row.map(Number));
    expect(rows).toHaveLength(3);
    const settings = { margin: 5, window: 60_000, minRequests: 50 };
    for (const [requests, failures] of rows as [number, number][]) {
      const trips = (count: number): boolean =>
        guardTrips(settings, { route: 'order', service: anArm(requests, count), legacy: anArm(1000, 10) }) !== null;
      expect([trips(failures - 1), trips(failures)]).toEqual([false, true]);
    }
  });

  it('gives figures by commands that work', async () => {
    const commands = [...page.matchAll(/^\| `(rollout simulate [^`]*)` \|/gm)].map(([, command]) => command!);
    expect(commands.length).toBeGreaterThan(3);
    const f = await folder();
    try {
      for (const command of commands) {
        const { code, err } = await f.run(...command.split(' '), '--runs', '2');
        expect([code, err], command).toEqual([0, '']);
      }
    } finally {
      await f.remove();
    }
  });
});
