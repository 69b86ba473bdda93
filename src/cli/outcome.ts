/** How what a shift or a rollback did is told. */
import type { LiveRoute, Outcome } from '../domain/live.ts';
import { stageOf } from '../domain/plan.ts';
import { table } from './table.ts';
import { percentText } from './words.ts';

/** `order-read   0 %  →  25 %   legacy → split`, one line a route that was named and not refused. */
export function movesOf(before: readonly LiveRoute[], { live, refused }: Outcome, routes: readonly string[]): string[] {
  const moved = routes.filter((route) => !refused.some((refusal) => refusal.route === route));
  const rows = moved.flatMap((route) => {
    const to = live.find((row) => row.route === route);
    const from = before.find((row) => row.route === route);
    return to === undefined ? [] : [move(from ?? to, to)];
  });
  return table(rows, [1, 3]);
}

function move(from: LiveRoute, to: LiveRoute): string[] {
  const stages = [from, to].map(({ live, retired, shadowLive }) => stageOf(live, retired, shadowLive));
  const stage = stages[0] === stages[1] ? `stays ${stages[1]}` : stages.join(' → ');
  const latch = to.latched ? ', latched' : from.latched ? ', no longer latched' : '';
  return [to.route, percentText(from.live), '→', percentText(to.live), stage + latch];
}

/** What became of rollouts, once each, as the history tells it. */
export function rolloutNews({ entries }: Outcome): string[] {
  const told = entries.filter(({ what }) => what === 'rollout').map(({ reason }) => reason ?? '');
  return [...new Set(told)];
}

export function refusalsOf({ refused }: Outcome): string[] {
  return refused.map(({ message }) => `skipped: ${message}`);
}
