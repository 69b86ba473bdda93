/** How a rollout becomes another one in a state, with the live percents of its routes and the words in the history. */
import { type Author, affectsCallers, type Draft } from '../draft.ts';
import type { LiveRoute } from '../live.ts';
import { chapterOf } from './chapter.ts';
import type { Rollout } from './model.ts';
import { isUnderWay, stepOf } from './position.ts';

/** Stores the rollout, moves the callers that it moves, and tells of it on each of its routes. */
export function become(draft: Draft, before: Rollout, to: Rollout, author: Author): void {
  const rows = rowsOf(draft, before);
  const after = rows.map((row) => inForce(row, before, to));
  const raised = after.find((row, index) => rows[index]!.latched && row.live > rows[index]!.live);
  if (raised !== undefined) {
    const message = `"${raised.route}" is latched at 0 %: only a shift or a rollout that is started raises it`;
    draft.refuse({ route: raised.route, code: 'latched', message });
    return;
  }
  if (isProgress(before, to)) {
    draft.putRollout({ ...anchored(before, to), changedAt: before.changedAt });
    return;
  }
  const moves = after.some((row, index) => row.live !== rows[index]!.live);
  settle(draft, before, moves || to.step !== before.step ? inAnotherChapter(before, to) : to);
  for (const row of after) move(draft, row, author);
}

/** Whether nothing but time has passed: no entry is made, and losing it in a power cut costs nothing but that time. */
export function isProgress(before: Rollout, to: Rollout): boolean {
  return (
    before.step === to.step &&
    before.chapter === to.chapter &&
    JSON.stringify(before.standing) === JSON.stringify(to.standing)
  );
}

/** What the route is by it. A paused rollout moves nobody, and one that was aborted leaves all where they are. */
function inForce(row: LiveRoute, before: Rollout, to: Rollout): LiveRoute {
  const { phase } = to.standing;
  if (phase === 'failed') return before.settings.onFailure === 'pause' ? row : { ...row, live: 0, latched: true };
  const moves = phase === 'holding' || phase === 'awaiting-approval' || to.step !== before.step;
  return phase === 'aborted' || !moves ? row : { ...row, live: stepOf({ ...before, step: to.step }).percent };
}

export function settle(draft: Draft, before: Rollout, to: Rollout): void {
  draft.putRollout({ ...anchored(before, to), changedAt: draft.now });
}

/** Evidence of one percent must never count for another, whoever moved the callers. */
export function inAnotherChapter(before: Rollout, to: Rollout): Rollout {
  if (to.chapter !== before.chapter || !isUnderWay(to)) return to;
  return { ...to, held: 0, chapter: chapterOf({ ...before, step: to.step, version: before.version + 1 }) };
}

/** What no change may touch is as it was. */
function anchored({ name, routes, settings, startedAt, version }: Rollout, to: Rollout): Rollout {
  return { ...to, name, routes, settings, startedAt, version: version + 1 };
}

export function move(draft: Draft, row: LiveRoute, author: Author): void {
  const before = draft.get(row.route);
  if (before === undefined) return;
  if (affectsCallers(before, row)) draft.put(row, author);
  else draft.tell(before, author);
}

export function rowsOf(draft: Draft, { routes }: Rollout): readonly LiveRoute[] {
  return routes.flatMap((route) => draft.get(route) ?? []);
}
