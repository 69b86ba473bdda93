import { declare } from './declare.ts';
import { Draft } from './draft.ts';
import type { Change, Contents, LiveRoute, Outcome } from './live.ts';
import { toPercent } from './percent.ts';
import { changeRollout, startRollout, steerRollout } from './rollout/apply-rollout.ts';
import { endRolloutOf, guard, pauseForShift, yieldsToShift } from './rollout/stronger.ts';

/**
 * The rules of declared and live, used by every state inside its transaction: what one change makes of the
 * rows and rollouts, and what it leaves in the history. Whoever is refused keeps the row as it was; the rest of the change is made.
 *
 * `live` of the outcome is in the order of {@link byRoute}. A change that affects no caller leaves no entry, so
 * that any number of proxies may say the same thing.
 */
export function applyChange(contents: Contents, change: Change, now: number): Outcome {
  const draft = new Draft(contents, now);
  switch (change.kind) {
    case 'declare':
      declare(draft, change, now);
      break;
    case 'shift':
      shift(draft, change);
      break;
    case 'rollback':
      rollBack(draft, change);
      break;
    case 'shadow':
      shadow(draft, change);
      break;
    case 'calibrate':
      calibrate(draft, change);
      break;
    case 'guard':
      guard(draft, change);
      break;
    case 'rollout-start':
      startRollout(draft, change);
      break;
    case 'rollout-steer':
      steerRollout(draft, change);
      break;
    case 'rollout':
      changeRollout(draft, change);
      break;
  }
  return draft.outcome();
}

/** Sets the percent and clears the latch. The same percent again is in the history only if it cleared a latch. */
function shift(draft: Draft, change: Extract<Change, { kind: 'shift' }>): void {
  const percent = toPercent(change.percent);
  const author = { source: 'shift', who: change.who, reason: change.reason } as const;
  for (const row of movable(draft, change.routes)) {
    if (!yieldsToShift(draft, row.route, change)) continue;
    draft.put({ ...row, live: percent, latched: false }, author);
    pauseForShift(draft, row, author);
  }
}

/** To 0, and latched there; a route that is at 0 already is latched all the same. */
function rollBack(draft: Draft, change: Extract<Change, { kind: 'rollback' }>): void {
  const author = { source: 'rollback', who: change.who, reason: change.reason } as const;
  const routes = change.routes ?? draft.rows().map((row) => row.route);
  for (const row of movable(draft, routes)) {
    draft.put({ ...row, live: 0, latched: true }, author);
    endRolloutOf(draft, row.route, author, 'rolled back');
  }
}

/** A shadow's answers reach nobody: percent and latch stay as they are. */
function shadow(draft: Draft, change: Extract<Change, { kind: 'shadow' }>): void {
  const percent = toPercent(change.percent);
  const { source, who, reason } = change;
  for (const row of movable(draft, change.routes)) draft.put({ ...row, shadowLive: percent }, { source, who, reason });
}

function calibrate(draft: Draft, { routes, until }: Extract<Change, { kind: 'calibrate' }>): void {
  if (!(until >= 0 && until <= latestTime)) throw new RangeError(`${until} is no time`);
  for (const row of movable(draft, routes)) draft.note({ ...row, calibrateUntil: Math.round(until) });
}

/** ms since the epoch that a Date can still tell. */
const latestTime = 8.64e15;

/** The rows of those routes that may be changed by hand; the others are refused. */
function movable(draft: Draft, routes: readonly string[]): readonly LiveRoute[] {
  const rows: LiveRoute[] = [];
  for (const route of new Set(routes)) {
    const row = draft.get(route);
    const name = JSON.stringify(route);
    if (row === undefined) {
      draft.refuse({ route, code: 'unknown-route', message: `the state knows no route ${name}` });
    } else if (row.retired) {
      const message = `${name} is declared "legacy: retired": only its service can answer it`;
      draft.refuse({ route, code: 'retired', message });
    } else {
      rows.push(row);
    }
  }
  return rows;
}
