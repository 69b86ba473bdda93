/**
 * What is stronger than a rollout: rollback > guard > file > shift > rollout. Each of them ends it or pauses it, and it
 * never undoes what they did.
 */
import type { Author, Draft } from '../draft.ts';
import type { Change, LiveRoute, Refusal } from '../live.ts';
import { become, inAnotherChapter, settle } from './become.ts';
import type { Rollout, RolloutStanding } from './model.ts';
import { stepText } from './position.ts';

type Of<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;

/** Back to legacy, latched. What else the rollout of such a route moves follows, unless its plan says to wait. */
export function guard(draft: Draft, { routes, who, reason }: Of<'guard'>): void {
  const author = { source: 'guard', who, reason } as const;
  for (const route of new Set(routes)) {
    const row = draft.get(route);
    if (row === undefined || row.retired) {
      const message = row === undefined ? 'the state knows no such route' : 'only its service can answer it';
      draft.refuse({ route, code: row === undefined ? 'unknown-route' : 'retired', message: `"${route}": ${message}` });
      continue;
    }
    // The rows first: what is at 0 already is told no second time.
    draft.put({ ...row, live: 0, latched: true }, author);
    const rollout = draft.rolloutOf(route);
    if (rollout === undefined) continue;
    const why = about(route, rollout, reason);
    const words = `rollout ${rollout.name} failed on ${stepText(rollout)}: ${why}`;
    become(draft, rollout, { ...rollout, standing: { phase: 'failed', reason: why } }, { ...author, reason: words });
  }
}

/** Ends the rollout that moves this route, if any does: something stronger has decided about it. */
export function endRolloutOf(draft: Draft, route: string, author: Author, why: string): void {
  const rollout = draft.rolloutOf(route);
  if (rollout === undefined) return;
  const { who, reason } = author;
  const told = about(route, rollout, reason === null ? why : `${why}: ${reason}`);
  const standing: RolloutStanding = { phase: 'aborted', who, reason: told };
  const words = `rollout ${rollout.name} ends on ${stepText(rollout)}: ${standing.reason}`;
  become(draft, rollout, { ...rollout, standing }, { ...author, reason: words });
}

/** Of several routes the words are told on each, and it is one of them that they are about. */
function about(route: string, { routes }: Rollout, words: string): string {
  return routes.length === 1 ? words : `${route}: ${words}`;
}

/**
 * Whether a shift may move the route. A rollout that moves it as well is in the way, unless it is paused or is to be.
 */
export function yieldsToShift(draft: Draft, route: string, { pauseRollout = false }: Of<'shift'>): boolean {
  const rollout = draft.rolloutOf(route);
  if (rollout === undefined || rollout.standing.phase === 'paused' || pauseRollout) return true;
  const way = `pause it with --pause-rollout, or end it: strangler rollout abort ${rollout.name}`;
  draft.refuse(underWay(route, rollout, way));
  return false;
}

/** After a shift: what was seen of the step is no longer about what its callers get. */
export function pauseForShift(draft: Draft, before: LiveRoute, author: Author): void {
  const rollout = draft.rolloutOf(before.route);
  if (rollout === undefined) return;
  const { who, reason } = author;
  const isPaused = rollout.standing.phase === 'paused';
  const moved = draft.get(before.route)?.live !== before.live;
  if (isPaused && !moved) return;
  const paused: Rollout = {
    ...rollout,
    standing: isPaused ? rollout.standing : { phase: 'paused', who, reason: reason ?? 'for a shift' },
  };
  const to = moved ? inAnotherChapter(rollout, paused) : paused;
  const words = `rollout ${rollout.name} paused on ${stepText(rollout)} for a shift`;
  if (isPaused) settle(draft, rollout, to);
  else become(draft, rollout, to, { ...author, reason: reason === null ? words : `${words}: ${reason}` });
}

/** @param way what to do about it. */
export function underWay(route: string, { name }: Rollout, way: string): Refusal {
  return { route, code: 'in-rollout', message: `"${route}" is moved by the rollout ${name}; ${way}` };
}
