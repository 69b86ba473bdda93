import type { Author, Draft } from './draft.ts';
import type { Change, DeclaredRoute, LiveRoute, Refusal } from './live.ts';
import { toPercent } from './percent.ts';
import { isUnderWay } from './rollout/position.ts';
import { endRolloutOf } from './rollout/stronger.ts';

type Declare = Extract<Change, { kind: 'declare' }>;

/**
 * Live follows a declaration exactly once: when it changes. A route declares two things, each followed by itself: who
 * answers (service, percent, whether legacy is retired) and how much is shadowed. Who answers being declared anew
 * clears the latch; with another service, or without legacy, the shadow begins anew as well.
 *
 * Many proxies may tell of the same file, and of different ones, in any order. What keeps them from undoing each
 * other is a compare-and-set: a row follows a file only from the declaration that this file replaces.
 * - On a reload that is what the proxy's file said before. The modification time plays no part, since a backup
 *   that is moved into place is older than what it replaces and is meant nevertheless.
 * - At start-up nobody remembers, so the row stands for it, unless a newer file has declared the row.
 */
export function declare(draft: Draft, change: Declare, now: number): void {
  const file: DeclaringFile = {
    routes: byName(change.routes),
    previous: change.previous && byName(change.previous),
    remembered: new Map(change.remembered?.map((row) => [row.route, row])),
    // A file from the future would otherwise stay the newest, whatever is saved after it.
    declaredAt: Math.min(change.declaredAt, now),
    who: change.who,
  };
  const lost = new Set<string>();
  for (const wanted of file.routes.values()) {
    const row = draft.get(wanted.route);
    if (row === undefined) {
      if (appear(draft, file, wanted) === 'put back') lost.add(wanted.route);
    } else if (agree(row, wanted)) confirm(draft, file, row);
    else follow(draft, file, wanted, row);
  }
  for (const row of draft.rows()) {
    const othersRow = file.previous !== null && !file.previous.has(row.route);
    if (file.routes.has(row.route) || othersRow) continue;
    const refusal = objection(row, file, null, agree);
    if (refusal === null) takeOut(draft, file, row);
    else draft.refuse(refusal);
  }
  for (const rollout of change.rememberedRollouts ?? []) {
    const isLost = draft.rollout(rollout.name) === undefined && rollout.routes.every((route) => lost.has(route));
    if (isLost && isUnderWay(rollout)) draft.putRollout(rollout);
  }
}

function takeOut(draft: Draft, file: DeclaringFile, row: LiveRoute): void {
  endRolloutOf(draft, row.route, author(file, null), 'taken out of the file');
  draft.remove(row, author(file, null));
}

/** What one declaration brings, ready to be looked up. */
interface DeclaringFile {
  readonly routes: ReadonlyMap<string, DeclaredRoute>;
  /** What this file replaces; `null` at start-up. */
  readonly previous: ReadonlyMap<string, DeclaredRoute> | null;
  readonly remembered: ReadonlyMap<string, LiveRoute>;
  readonly declaredAt: number;
  readonly who: string;
}

/** A row that got lost comes back as it was: beginning anew would undo the shifts and rollbacks that made it so. */
function appear(draft: Draft, file: DeclaringFile, wanted: DeclaredRoute): 'put back' | 'new' {
  const lost = file.remembered.get(wanted.route);
  if (lost !== undefined && agree(lost, wanted)) {
    draft.put(lost, author(file, 'put back: the state had lost it'));
    return 'put back';
  }
  const anew = { route: wanted.route, declaredAt: file.declaredAt, ...whole.of(wanted) };
  draft.put(anew, author(file, null));
  return 'new';
}

/** What of a row follows a declaration by itself. */
interface Part<K extends keyof LiveRoute> {
  /** Whether the row follows this very declaration. */
  same(row: LiveRoute, declared: DeclaredRoute): boolean;
  /** What the row becomes by it. */
  of(declared: DeclaredRoute): Pick<LiveRoute, K>;
}

const answering: Part<'service' | 'declared' | 'live' | 'latched' | 'retired'> = {
  same: (row, { service, percent, retired }) =>
    row.service === service && row.declared === toPercent(percent) && row.retired === retired,
  of({ service, percent, retired }) {
    return { service, declared: toPercent(percent), live: toPercent(percent), latched: false, retired };
  },
};

const shadowing: Part<'shadowDeclared' | 'shadowLive'> = {
  same: (row, { shadow }) => row.shadowDeclared === toPercent(shadow),
  of: ({ shadow }) => ({ shadowDeclared: toPercent(shadow), shadowLive: toPercent(shadow) }),
};

/** With another service, or without legacy, there is nothing left of what was. */
const whole: Part<Exclude<keyof LiveRoute, 'route' | 'declaredAt'>> = {
  same: answering.same,
  of: (declared) => ({ ...answering.of(declared), ...shadowing.of(declared), calibrateUntil: 0 }),
};

/** A part that another file has declared meanwhile stays as it is; the other one follows nevertheless. */
function follow(draft: Draft, file: DeclaringFile, wanted: DeclaredRoute, row: LiveRoute): void {
  const anew = row.service !== wanted.service || row.retired !== wanted.retired;
  const differing = anew ? [whole] : [answering, shadowing].filter((part) => !part.same(row, wanted));
  let after = row;
  let refusal: Refusal | null = null;
  let redeclared = false;
  for (const part of differing) {
    const against = objection(row, file, wanted, part.same);
    if (against === null) after = { ...after, ...part.of(wanted) };
    if (against === null && part !== shadowing) redeclared = true;
    refusal ??= against;
  }
  if (refusal !== null) draft.refuse(refusal);
  if (after === row) return;
  const reason = row.service === wanted.service ? null : `service ${row.service} → ${wanted.service}`;
  draft.put({ ...after, declaredAt: Math.max(file.declaredAt, row.declaredAt) }, author(file, reason));
  if (redeclared) endRolloutOf(draft, row.route, author(file, reason), 'routes.yaml has declared it anew');
}

/** The newest file that says so counts: an older one that says otherwise must not win afterwards. */
function confirm(draft: Draft, file: DeclaringFile, row: LiveRoute): void {
  if (file.declaredAt > row.declaredAt) draft.note({ ...row, declaredAt: file.declaredAt });
}

/** Why the file must not replace what the row says; `wanted` is `null` when the file no longer has the route. */
function objection(
  row: LiveRoute,
  file: DeclaringFile,
  wanted: DeclaredRoute | null,
  same: (row: LiveRoute, declared: DeclaredRoute) => boolean,
): Refusal | null {
  const { route } = row;
  if (file.previous === null) {
    if (file.declaredAt >= row.declaredAt) return null;
    const newer = new Date(row.declaredAt).toISOString();
    const way = `the state follows a newer file, of ${newer}. Save this one again to let it win`;
    return { route, code: 'older-file', message: `${disagreement(row, wanted)}; ${way}` };
  }
  const replaced = file.previous.get(route);
  if (replaced !== undefined && same(row, replaced)) return null;
  const way = 'another file has declared it meanwhile. Bring the files together, or save this one again to let it win';
  return { route, code: 'conflict', message: `${disagreement(row, wanted)}; ${way}` };
}

function disagreement(row: LiveRoute, wanted: DeclaredRoute | null): string {
  const tells = wanted !== null && !shadowing.same(row, wanted);
  const here = describe(row.service, row.declared, row.retired, tells ? row.shadowDeclared : null);
  const there =
    wanted === null
      ? 'nothing'
      : describe(wanted.service, wanted.percent, wanted.retired, tells ? wanted.shadow : null);
  return `${JSON.stringify(row.route)} is ${here} in the state, and ${there} in this file`;
}

/** @param shadow `null`: not worth telling, as it is the same. */
function describe(service: string, percent: number, retired: boolean, shadow: number | null): string {
  const shadowed = shadow === null ? '' : `, shadowed at ${shadow} %`;
  return `${JSON.stringify(service)} at ${percent} %${shadowed}${retired ? ', retired' : ''}`;
}

/** Whether the row follows this very declaration. */
export function agree(row: LiveRoute, declared: DeclaredRoute): boolean {
  return answering.same(row, declared) && shadowing.same(row, declared);
}

function author(file: DeclaringFile, reason: string | null): Author {
  return { source: 'file', who: file.who, reason };
}

function byName(routes: readonly DeclaredRoute[]): ReadonlyMap<string, DeclaredRoute> {
  return new Map(routes.map((declared) => [declared.route, declared]));
}
