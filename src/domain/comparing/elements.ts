import type { Comparing } from './comparing.ts';
import type { RuleState } from './rule-states.ts';
import { stateOfIndex } from './state-of.ts';
import { elementsOf, type Tape } from './tape.ts';

/** What of an array is compared: its elements, without those that a rule ignores. */
export interface Elements {
  readonly nodes: readonly number[];
  /** Where each stands in the array; the numbers from 0 on where nothing is ignored. */
  readonly positions: readonly number[] | null;
}

export function comparedElements(tape: Tape, array: number, state: RuleState): Elements {
  const all = elementsOf(tape, array);
  if (state.idle) return { nodes: all, positions: null };
  const positions: number[] = [];
  for (let i = 0; i < all.length; i++) if (!stateOfIndex(state, i).ignored) positions.push(i);
  if (positions.length === all.length) return { nodes: all, positions: null };
  return { nodes: positions.map((i) => all[i]!), positions };
}

export function positionOf({ positions }: Elements, i: number): number {
  return positions === null ? i : positions[i]!;
}

export function slice(elements: Elements, from: number, to: number): Elements {
  const nodes = elements.nodes.slice(from, to);
  return { nodes, positions: nodes.map((_, i) => positionOf(elements, from + i)) };
}

export function equalAt(walk: Comparing, left: Elements, i: number, other: number, state: RuleState): boolean {
  walk.trail.enterIndex(positionOf(left, i));
  const equal = walk.equal(left.nodes[i]!, other, state);
  walk.trail.leave();
  return equal;
}

export function comparePair(
  walk: Comparing,
  left: Elements,
  i: number,
  right: Elements,
  j: number,
  state: RuleState,
): void {
  const position = positionOf(left, i);
  walk.trail.enterIndex(position);
  walk.compare(left.nodes[i]!, right.nodes[j]!, stateOfIndex(state, position));
  walk.trail.leave();
}

export function reportOne(walk: Comparing, kind: 'missing' | 'extra', elements: Elements, i: number): void {
  walk.trail.enterIndex(positionOf(elements, i));
  const node = elements.nodes[i]!;
  walk.report(kind, kind === 'missing' ? node : -1, kind === 'missing' ? -1 : node);
  walk.trail.leave();
}
