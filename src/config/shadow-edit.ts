import { isMap, type Node, type Pair } from 'yaml';
import { EditError } from './edit-error.ts';
import { editPercent } from './percent-edit.ts';
import {
  columnOf,
  lineBreakOf,
  ownPair,
  pairBehind,
  refuseMerged,
  refuseShared,
  replacement,
  routeIn,
  scalarAt,
  spliced,
  type TextEdit,
} from './splice.ts';

const what = "shadow's percent";

/**
 * Writes the percent of a route's shadow into a text: one scalar's bytes, or what is added to say it. A shadow wants
 * the route's own percent to be said too, so that is added where it is missing, as `percent`.
 */
export function editShadowPercent(text: string, routeIndex: number, shadow: number, percent: number): TextEdit {
  const route = routeIn(text, routeIndex);
  const declared = ownPair(route, 'shadow');
  if (declared) return inside(text, declared, shadow);
  refuseMerged(route, 'shadow');
  const behind = ownPair(route, 'percent');
  if (!behind) return editShadowPercent(editPercent(text, routeIndex, percent).text, routeIndex, shadow, percent);
  const entry = `shadow: ${shadow}`;
  return spliced(text, pairBehind(text, route, behind, { inline: entry, lines: [entry] }));
}

function inside(text: string, declared: Pair, shadow: number): TextEdit {
  const value = declared.value as Node;
  refuseShared(value, 'the shadow');
  if (!isMap(value)) return spliced(text, replacement(text, declared, shadow, what));
  const own = ownPair(value, 'percent');
  if (own) return spliced(text, replacement(text, own, shadow, what));
  refuseMerged(value, what);
  const [first] = value.items;
  if (!first) {
    const [from, to] = value.range!;
    requireBlank(text.slice(from + 1, to - 1));
    return spliced(text, { from, to, text: `{ percent: ${shadow} }` });
  }
  const from = (first.key as Node).range![0];
  const behind = value.flow ? ', ' : `${lineBreakOf(text)}${' '.repeat(columnOf(text, from))}`;
  const edit = spliced(text, { from, to: from, text: `percent: ${shadow}${behind}` });
  return { ...edit, line: edit.addsLine ? edit.line - 1 : edit.line };
}

function requireBlank(between: string): void {
  if (between.trim() === '') return;
  throw new EditError('layout', 'something stands between "shadow:" and what it holds: write it by hand');
}

/** Makes a map of a shadow that is a bare percent, so that rules have a place; a map stays as it is. */
export function editShadowToMap(text: string, routeIndex: number): string {
  const route = routeIn(text, routeIndex);
  const declared = ownPair(route, 'shadow');
  if (!declared || isMap(declared.value)) return text;
  const { from, to } = scalarAt(text, declared, what);
  if (route.flow) return spliced(text, { from, to, text: `{ percent: ${text.slice(from, to)} }` }).text;
  const key = (declared.key as Node).range!;
  requireBlank(text.slice(key[1], from).replace(':', ''));
  const line = `:${lineBreakOf(text)}${' '.repeat(columnOf(text, key[0]) + 2)}percent: `;
  return spliced(text, { from: key[1], to: from, text: line }).text;
}
