import { describe, expect, it } from 'vitest';
import type { Contents, LiveRoute } from '../../../src/domain/live.ts';
import type { Rollout } from '../../../src/domain/rollout/model.ts';
import { isUnderWay, stepOf } from '../../../src/domain/rollout/position.ts';
import { everyStep } from '../any-change.ts';

const rowOf = ({ live }: Contents, route: string): LiveRoute | undefined => live.find((row) => row.route === route);
const named = ({ rollouts }: Contents, name: string): Rollout | undefined =>
  rollouts.find((rollout) => rollout.name === name);

describe('whatever is said, in any order', () => {
  it('never lets a rollout raise a latched route, nor move one that it holds', () => {
    everyStep(({ before, change, outcome }) => {
      for (const rollout of outcome.rollouts.filter(isUnderWay)) {
        for (const route of rollout.routes) expect(rowOf(outcome, route)).toMatchObject({ latched: false });
      }
      if (change.kind !== 'rollout' && change.kind !== 'rollout-steer') return;
      for (const row of before.live.filter(({ latched }) => latched)) expect(rowOf(outcome, row.route)).toEqual(row);
    });
  });

  it('has at most one rollout under way for a route', () => {
    everyStep(({ outcome }) => {
      const routes = outcome.rollouts.filter(isUnderWay).flatMap((rollout) => rollout.routes);
      expect(routes).toEqual([...new Set(routes)]);
    });
  });

  it('has the percent of its step live on all routes of a rollout that goes on', () => {
    everyStep(({ outcome }) => {
      for (const rollout of outcome.rollouts) {
        const { phase } = rollout.standing;
        if (phase !== 'holding' && phase !== 'awaiting-approval') continue;
        for (const route of rollout.routes) expect(rowOf(outcome, route)?.live).toBe(stepOf(rollout).percent);
      }
    });
  });

  it('takes no caller back when a rollout begins, is promoted or is resumed', () => {
    everyStep(({ before, change, outcome }) => {
      if (change.kind !== 'rollout-start' && change.kind !== 'rollout-steer') return;
      for (const row of before.live) expect(rowOf(outcome, row.route)!.live).toBeGreaterThanOrEqual(row.live);
    });
  });

  it('changes nothing at all for who has read another version', () => {
    everyStep(({ before, change, outcome }) => {
      if (change.kind !== 'rollout' || change.version === named(before, change.name)?.version) return;
      expect(outcome).toMatchObject({ ...before, entries: [] });
      expect(outcome.refused.map(({ code }) => code)).toEqual([expect.stringMatching(/^(conflict|no-rollout)$/)]);
    });
  });

  it('lets the version of a name grow with each change', () => {
    everyStep(({ before, outcome }) => {
      for (const rollout of outcome.rollouts) {
        const was = named(before, rollout.name);
        if (was !== rollout) expect(rollout.version).toBeGreaterThan(was?.version ?? 0);
      }
    });
  });

  it('begins a chapter with every step, and with every percent that a shift gives it meanwhile', () => {
    everyStep(({ before, outcome }) => {
      for (const rollout of outcome.rollouts.filter(isUnderWay)) {
        const was = named(before, rollout.name);
        if (was === undefined || was.chapter !== rollout.chapter) continue;
        expect(rollout.step).toBe(was.step);
        for (const route of rollout.routes) expect(rowOf(outcome, route)!.live).toBe(rowOf(before, route)!.live);
      }
    });
  });

  it('tells every transition of a rollout on each of its routes, with a reason', () => {
    everyStep(({ before, outcome }) => {
      for (const rollout of outcome.rollouts) {
        const was = named(before, rollout.name);
        const same = was?.step === rollout.step && was.standing.phase === rollout.standing.phase;
        if (same && was.startedAt === rollout.startedAt) continue;
        for (const route of rollout.routes) {
          const told = outcome.entries.filter((entry) => entry.route === route && entry.reason !== null);
          expect(told.length, `${rollout.name}: ${route}`).toBeGreaterThan(0);
        }
      }
    });
  });

  it('makes no entry of a rollout that held on', () => {
    everyStep(({ change, outcome }) => {
      if (change.kind === 'rollout' && change.reason === null) expect(outcome.entries).toEqual([]);
    });
  });

  it('leaves no rollout under way with a route that was rolled back, guarded, declared anew or taken out', () => {
    everyStep(({ before, change, outcome }) => {
      for (const rollout of outcome.rollouts.filter(isUnderWay)) {
        for (const route of rollout.routes) {
          const was = rowOf(before, route);
          const now = rowOf(outcome, route);
          expect(now).toBeDefined();
          if (was === undefined || change.kind === 'rollout-start') continue;
          expect([now!.declared, now!.service, now!.retired]).toEqual([was.declared, was.service, was.retired]);
        }
      }
    });
  });
});
