/** How a rollout begins in a state, and what persons and conductors may make of it. */
import type { Draft } from '../draft.ts';
import type { Change, Refusal } from '../live.ts';
import { toPercent } from '../percent.ts';
import { become, move, rowsOf } from './become.ts';
import { chapterOf } from './chapter.ts';
import type { Rollout, RolloutSettings } from './model.ts';
import { firstStepFrom, isUnderWay, stepOf, stepText } from './position.ts';
import { steer } from './steer.ts';
import { underWay } from './stronger.ts';

type Of<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;

/** All of its routes or none, and from one percent. It begins on the first step that takes nobody back, and clears their latches. */
export function startRollout(draft: Draft, change: Of<'rollout-start'>): void {
  const { name, who, reason } = change;
  const routes = [...new Set(change.routes)];
  const settings = soundSettings(change.settings);
  if (routes.length === 0) throw new RangeError('a rollout moves at least one route');
  const before = draft.rollout(name);
  const refusals = routes.flatMap((route) => objectionToStart(draft, route, settings));
  if (before !== undefined && isUnderWay(before) && refusals.length === 0)
    refusals.push(underWay(name, before, wayToSee(before)));
  if (refusals.length === 0) refusals.push(...apart(draft, name, routes));
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

/** The first step that takes nobody back from the widest would be one without evidence for all others. */
function apart(draft: Draft, name: string, routes: readonly string[]): Refusal[] {
  const rows = routes.map((route) => draft.get(route)!).sort((a, b) => a.live - b.live);
  const [least, most] = [rows[0]!, rows.at(-1)!];
  if (least.live === most.live) return [];
  const message =
    `the routes of ${name} stand at different percents, ${least.route} at ${least.live} % and ${most.route} at ` +
    `${most.live} %: start one of them, or bring them together first, by strangler shift`;
  return [{ route: name, code: 'not-now', message }];
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
