import type { Place } from './place.ts';
import type { Step } from './step.ts';

/**
 * How a place, which may hold wildcards, lies to one value's path, which holds none:
 * - `covers`: it is that value, or the value lies within it.
 * - `within`: it may name something inside of that value.
 * - `apart`: neither.
 */
export type Relation = 'covers' | 'within' | 'apart';

export function relate(place: Place, path: Place): Relation {
  if (place.of === 'json' && path.of === 'json') return relateSteps(place.steps, path.steps);
  if (place.of === 'body' && path.of === 'json') return 'covers';
  if (place.of === 'json' && path.of === 'body') return 'within';
  if (place.of === 'header' && path.of === 'header') return relateHeaders(place, path);
  return place.of === path.of ? 'covers' : 'apart';
}

type Header = Extract<Place, { of: 'header' }>;

function relateHeaders(place: Header, path: Header): Relation {
  if (place.name !== path.name) return 'apart';
  if (place.part === null || place.part === '*' || place.part === path.part) return 'covers';
  return path.part === null || path.part === '*' ? 'within' : 'apart';
}

/** One pass over the path with the set of positions that the place may have reached. */
function relateSteps(place: readonly Step[], path: readonly Step[]): Relation {
  let reached = closed(place, [0]);
  for (const step of path) {
    if (reached.includes(place.length)) return 'covers';
    const next: number[] = [];
    for (const at of reached) {
      const wanted = place[at]!;
      if (wanted.kind === 'deep') next.push(at);
      else if (takes(wanted, step)) next.push(at + 1);
    }
    reached = closed(place, next);
    if (reached.length === 0) return 'apart';
  }
  return reached.includes(place.length) ? 'covers' : 'within';
}

/** A `..` is passed without a step too. */
function closed(place: readonly Step[], positions: readonly number[]): number[] {
  const all = new Set<number>();
  for (let at of positions) {
    all.add(at);
    while (place[at]?.kind === 'deep') all.add(++at);
  }
  return [...all];
}

/** Steps of a pattern (`[*]`, `.*`) are taken for whatever they may stand for. */
function takes(wanted: Step, step: Step): boolean {
  if (wanted.kind === 'any-key' || step.kind === 'any-key') return isKey(wanted) && isKey(step);
  if (wanted.kind === 'any-index' || step.kind === 'any-index') return !isKey(wanted) && !isKey(step);
  if (wanted.kind === 'key') return step.kind === 'key' && step.key === wanted.key;
  return wanted.kind === 'index' && step.kind === 'index' && step.index === wanted.index;
}

function isKey(step: Step): boolean {
  return step.kind === 'key' || step.kind === 'any-key';
}
