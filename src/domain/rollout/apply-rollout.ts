/**
 * The rules of rollouts in a state: what may become of one, what its routes' live percents are by it, and who ends it.
 * Rollback > guard > file > shift > rollout: each of the stronger ends or pauses it, it never undoes what they did.
 */
import { type Author, affectsCallers, type Draft } from '../draft.ts';
import type { Change, LiveRoute, Refusal } from '../live.ts';
import { toPercent } from '../percent.ts';
import { chapterOf } from './chapter.ts';
import type { Rollout, RolloutSettings, RolloutStanding } from './model.ts';
import { firstStepFrom, isUnderWay, stepOf, stepText } from './position.ts';
import { steer } from './steer.ts';

type Of<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;

/** All of its routes or none. It begins on the first step that takes nobody back, and clears their latches. */
export function startRollout(draft: Draft, change: Of<'rollout-start'>): void {
  const { name, who, reason } = change;
  const routes = [...new Set(change.routes)];
  const settings = soundSettings(change.settings);
  if (routes.length === 0) throw new RangeError('a rollout moves at least one route');
  const before = draft.rollout(name);
  const refusals = routes.flatMap((route) => objectionToStart(draft, route, settings));
  if (before !== undefined && isUnderWay(before) && refusals.length === 0)
    refusals.push(underWay(name, before, wayToSee(before)));
  if (refusals.length > 0) {
    for (const refusal of refusals) draft.refuse(refusal);
    return;
  }
  const rows = routes.map((route) => draft.get(route)!);
  const step = firstStepFrom(Math.max(...rows.map(({ live }) => live)), settings);
  const version = (before?.version ?? 0) + 1;
  const rollout: Rollout = {
    name,
    routes,
    settings,
    step,
    standing: { phase: 'holding' },
    held: 0,
    chapter: chapterOf({ startedAt: draft.now, step, version }),
    startedAt: draft.now,
    changedAt: draft.now,
    version,
  };
  draft.putRollout(rollout);
  const words = `rollout ${name} begins on ${stepText(rollout)}`;
  const author = { source: 'rollout', who, reason: reason === null ? words : `${words}: ${reason}` } as const;
  for (const row of rows) move(draft, { ...row, live: stepOf(rollout).percent, latched: false }, author);
}

/** What a person says of it. In the history that is a shift: somebody's hand, not the rollout's own. */
export function steerRollout(draft: Draft, change: Of<'rollout-steer'>): void {
  const { name, action, who, reason } = change;
  const rollout = mustBeUnderWay(draft, name);
  if (rollout === null) return;
  if (change.step !== undefined && change.step !== rollout.step) {
    const message = `the rollout ${name} is on ${stepText(rollout)} by now; see: strangler rollout status ${name}`;
    draft.refuse({ route: name, code: 'conflict', message });
    return;
  }
  const steered = steer(rollout, action, rowsOf(draft, rollout), { who, reason });
  if (steered.ok) become(draft, rollout, steered.to, { source: 'shift', who, reason: steered.words });
  else draft.refuse({ route: name, code: steered.code, message: steered.message });
}

/** Compare-and-set: of all conductors of a fleet the first one counts, the others read again. */
export function changeRollout(draft: Draft, { name, version, to, source, who, reason }: Of<'rollout'>): void {
  const rollout = mustBeUnderWay(draft, name);
  if (rollout === null) return;
  if (rollout.version !== version) {
    const message = `the rollout ${name} is at version ${rollout.version}, not ${version}: somebody else was first`;
    draft.refuse({ route: name, code: 'conflict', message });
    return;
  }
  if (!(to.step in rollout.settings.steps)) throw new RangeError(`the rollout ${name} has no step ${to.step}`);
  if (!(to.held >= 0 && Number.isFinite(to.held))) throw new RangeError(`${to.held} is no time that was held`);
  become(draft, rollout, to, { source, who, reason: reason ?? `rollout ${name}: ${phaseText(to)}` });
}

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
    const words = `rollout ${rollout.name} failed on ${stepText(rollout)}: ${reason}`;
    become(draft, rollout, { ...rollout, standing: { phase: 'failed', reason } }, { ...author, reason: words });
  }
}

/** Ends the rollout that moves this route, if any does: something stronger has decided about it. */
export function endRolloutOf(draft: Draft, route: string, author: Author, why: string): void {
  const rollout = draft.rolloutOf(route);
  if (rollout === undefined) return;
  const { who, reason } = author;
  const standing: RolloutStanding = { phase: 'aborted', who, reason: reason === null ? why : `${why}: ${reason}` };
  const words = `rollout ${rollout.name} ends on ${stepText(rollout)}: ${standing.reason}`;
  become(draft, rollout, { ...rollout, standing }, { ...author, reason: words });
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

/** Stores the rollout, moves the callers that it moves, and tells of it on each of its routes. */
function become(draft: Draft, before: Rollout, to: Rollout, author: Author): void {
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

function settle(draft: Draft, before: Rollout, to: Rollout): void {
  draft.putRollout({ ...anchored(before, to), changedAt: draft.now });
}

/** Evidence of one percent must never count for another, whoever moved the callers. */
function inAnotherChapter(before: Rollout, to: Rollout): Rollout {
  if (to.chapter !== before.chapter || !isUnderWay(to)) return to;
  return { ...to, held: 0, chapter: chapterOf({ ...before, step: to.step, version: before.version + 1 }) };
}

/** What no change may touch is as it was. */
function anchored({ name, routes, settings, startedAt, version }: Rollout, to: Rollout): Rollout {
  return { ...to, name, routes, settings, startedAt, version: version + 1 };
}

function move(draft: Draft, row: LiveRoute, author: Author): void {
  const before = draft.get(row.route);
  if (before === undefined) return;
  if (affectsCallers(before, row)) draft.put(row, author);
  else draft.tell(before, author);
}

function rowsOf(draft: Draft, { routes }: Rollout): readonly LiveRoute[] {
  return routes.flatMap((route) => draft.get(route) ?? []);
}

function mustBeUnderWay(draft: Draft, name: string): Rollout | null {
  const rollout = draft.rollout(name);
  if (rollout !== undefined && isUnderWay(rollout)) return rollout;
  const why =
    rollout === undefined ? `there is no rollout ${name}` : `the rollout ${name} has ended: ${phaseText(rollout)}`;
  draft.refuse({ route: name, code: 'no-rollout', message: `${why}; to begin one: strangler rollout start ${name}` });
  return null;
}

function objectionToStart(draft: Draft, route: string, settings: RolloutSettings): Refusal[] {
  const row = draft.get(route);
  const name = JSON.stringify(route);
  if (row === undefined) return [{ route, code: 'unknown-route', message: `the state knows no route ${name}` }];
  if (row.retired) {
    return [
      { route, code: 'retired', message: `${name} is declared "legacy: retired": its service answers it already` },
    ];
  }
  const rollout = draft.rolloutOf(route);
  if (rollout !== undefined) return [underWay(route, rollout, wayToSee(rollout))];
  if (row.live < 100 && firstStepFrom(row.live, settings) !== -1) return [];
  const last = settings.steps.at(-1)!.percent;
  const message = `${name} is at ${row.live} % already, and a rollout takes nobody back; its last step is ${last} %`;
  return [{ route, code: 'beyond-steps', message }];
}

function underWay(route: string, { name }: Rollout, way: string): Refusal {
  return { route, code: 'in-rollout', message: `"${route}" is moved by the rollout ${name}; ${way}` };
}

function wayToSee({ name }: Rollout): string {
  return `see: strangler rollout status ${name}`;
}

/** In words, without the step: `complete`, `failed: …`. */
export function phaseText({ standing }: Rollout): string {
  const { phase } = standing;
  const reason = 'reason' in standing ? standing.reason : null;
  const word = phase === 'awaiting-approval' ? 'awaiting approval' : phase;
  return reason === null ? word : `${word}: ${reason}`;
}

/** A state holds no plan that can't be followed. */
function soundSettings(settings: RolloutSettings): RolloutSettings {
  const percents = settings.steps.map(({ percent }) => toPercent(percent));
  const rises = percents.every((percent, index) => percent > (percents[index - 1] ?? 0));
  if (percents.length === 0 || !rises) throw new RangeError('the steps of a rollout rise, from above 0');
  return { ...settings, steps: settings.steps.map((step, index) => ({ ...step, percent: percents[index]! })) };
}
