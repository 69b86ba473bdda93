import type { Author, Draft } from './draft.ts';
import type { Change, DeclaredRoute, LiveRoute, Refusal } from './live.ts';
import { toPercent } from './percent.ts';

type Declare = Extract<Change, { kind: 'declare' }>;

/**
 * Live follows a declaration exactly once: when it changes. A declaration is a route's service, percent and
 * whether legacy is retired; a change of any of them sets live to declared and clears the latch.
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
  for (const wanted of file.routes.values()) {
    const row = draft.get(wanted.route);
    if (row === undefined) appear(draft, file, wanted);
    else if (agree(row, wanted)) confirm(draft, file, row);
    else unlessRefused(draft, objection(row, file, wanted), () => follow(draft, file, wanted, row));
  }
  for (const row of draft.rows()) {
    const othersRow = file.previous !== null && !file.previous.has(row.route);
    if (file.routes.has(row.route) || othersRow) continue;
    unlessRefused(draft, objection(row, file, null), () => draft.remove(row, author(file, null)));
  }
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

function unlessRefused(draft: Draft, refusal: Refusal | null, make: () => void): void {
  if (refusal === null) make();
  else draft.refuse(refusal);
}

/** A row that got lost comes back as it was: beginning anew would undo the shifts and rollbacks that made it so. */
function appear(draft: Draft, file: DeclaringFile, wanted: DeclaredRoute): void {
  const lost = file.remembered.get(wanted.route);
  if (lost === undefined || !agree(lost, wanted)) follow(draft, file, wanted, null);
  else draft.put(lost, author(file, 'put back: the state had lost it'));
}

function follow(draft: Draft, file: DeclaringFile, wanted: DeclaredRoute, before: LiveRoute | null): void {
  const percent = toPercent(wanted.percent);
  const moved = before !== null && before.service !== wanted.service;
  const row: LiveRoute = {
    route: wanted.route,
    service: wanted.service,
    declared: percent,
    declaredAt: Math.max(file.declaredAt, before?.declaredAt ?? file.declaredAt),
    live: percent,
    latched: false,
    retired: wanted.retired,
    shadowDeclared: wanted.shadow,
    shadowLive: wanted.shadow,
    calibrateUntil: 0,
  };
  draft.put(row, author(file, moved ? `service ${before.service} → ${wanted.service}` : null));
}

/** The newest file that says so counts: an older one that says otherwise must not win afterwards. */
function confirm(draft: Draft, file: DeclaringFile, row: LiveRoute): void {
  if (file.declaredAt > row.declaredAt) {
    draft.put({ ...row, declaredAt: file.declaredAt }, author(file, null));
  }
}

/** Why the file must not replace what the row says; `wanted` is `null` when the file no longer has the route. */
function objection(row: LiveRoute, file: DeclaringFile, wanted: DeclaredRoute | null): Refusal | null {
  const { route } = row;
  if (file.previous === null) {
    if (file.declaredAt >= row.declaredAt) return null;
    const newer = new Date(row.declaredAt).toISOString();
    const way = `the state follows a newer file, of ${newer}. Save this one again to let it win`;
    return { route, code: 'older-file', message: `${disagreement(row, wanted)}; ${way}` };
  }
  const replaced = file.previous.get(route);
  if (replaced !== undefined && agree(row, replaced)) return null;
  const way = 'another file has declared it meanwhile. Bring the files together, or save this one again to let it win';
  return { route, code: 'conflict', message: `${disagreement(row, wanted)}; ${way}` };
}

function disagreement(row: LiveRoute, wanted: DeclaredRoute | null): string {
  const here = describe(row.service, row.declared, row.retired);
  const there = wanted === null ? 'nothing' : describe(wanted.service, wanted.percent, wanted.retired);
  return `${JSON.stringify(row.route)} is ${here} in the state, and ${there} in this file`;
}

function describe(service: string, percent: number, retired: boolean): string {
  return `${JSON.stringify(service)} at ${percent} %${retired ? ', retired' : ''}`;
}

/** Whether the row follows this very declaration. */
export function agree(row: LiveRoute, declared: DeclaredRoute): boolean {
  return (
    row.service === declared.service && row.declared === toPercent(declared.percent) && row.retired === declared.retired
  );
}

function author(file: DeclaringFile, reason: string | null): Author {
  return { source: 'file', who: file.who, reason };
}

function byName(routes: readonly DeclaredRoute[]): ReadonlyMap<string, DeclaredRoute> {
  return new Map(routes.map((declared) => [declared.route, declared]));
}
