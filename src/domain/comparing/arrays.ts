import { alignNames, type Pairing } from './align.ts';
import type { Comparing } from './comparing.ts';
import { comparedElements, comparePair, type Elements, equalAt, positionOf, reportOne, slice } from './elements.ts';
import { type Identities, identitiesOf } from './identity.ts';
import type { RuleState } from './rule-states.ts';
import { sameValue } from './same.ts';
import { pairEqual } from './same-elements.ts';
import { stateOfIndex } from './state-of.ts';
import { compareUnordered } from './unordered.ts';

/**
 * Elements are aligned, so that one that was put in doesn't make every later one differ: by what is the same, then by
 * a field that names them (`id`, `sku`, …), then by position. A path holds control's position, that of an `extra`
 * element candidate's. The same elements in another order are one `order` mismatch at the array.
 */
export function compareArrays(walk: Comparing, one: number, other: number, state: RuleState): void {
  const left = comparedElements(walk.control, one, state);
  const right = comparedElements(walk.candidate, other, state);
  if (state.unordered !== null) compareUnordered(walk, left, right, state, state.unordered.key);
  else compareOrdered(walk, one, other, left, right, state);
  // What was left out has to be the difference where nothing else is: a rule that lets it pass says so once.
  if ((left.positions !== null || right.positions !== null) && !walk.isSuppressed) {
    if (!sameValue(walk.control, one, walk.candidate, other)) walk.suppress();
  }
}

function compareOrdered(
  walk: Comparing,
  one: number,
  other: number,
  left: Elements,
  right: Elements,
  state: RuleState,
): void {
  if (walk.isProbing) {
    probe(walk, left, right, state);
    return;
  }
  if (left.nodes.length === 1 && right.nodes.length === 1) {
    comparePair(walk, left, 0, right, 0, state);
    return;
  }
  const middle = withoutEnds(walk, left, right, state);
  const [control, candidate] = [middle.control, middle.candidate];
  if (control.nodes.length === 0 || candidate.nodes.length === 0) {
    compareGap(walk, control, candidate, state, false);
    return;
  }
  if (control.nodes.length === 1 && candidate.nodes.length === 1) {
    comparePair(walk, control, 0, candidate, 0, state);
    return;
  }
  if (control.nodes.length === candidate.nodes.length && isFull(pairEqual(walk, control, candidate, state))) {
    walk.report('order', one, other);
    return;
  }
  const identities = identitiesOf(walk.control, control.nodes, walk.candidate, candidate.nodes);
  if (identities !== null && isPermuted(identities)) {
    walk.report('order', one, other);
    const places = new Map(identities.candidate.map((name, j) => [name, j]));
    for (let i = 0; i < control.nodes.length && !walk.isDone; i++)
      comparePair(walk, control, i, candidate, places.get(identities.control[i]!)!, state);
    return;
  }
  const depth = walk.trail.depth + 1;
  const hashes = {
    control: control.nodes.map((node, i) =>
      walk.controlHashes.of(node, stateOfIndex(state, positionOf(control, i)), depth),
    ),
    candidate: candidate.nodes.map((node, j) =>
      walk.candidateHashes.of(node, stateOfIndex(state, positionOf(candidate, j)), depth),
    ),
  };
  compareAligned(walk, control, candidate, state, hashes, identities);
}

/** Whether they differ is known without any alignment. */
function probe(walk: Comparing, left: Elements, right: Elements, state: RuleState): void {
  if (left.nodes.length !== right.nodes.length) walk.differ();
  for (let i = 0; i < left.nodes.length && !walk.isDone; i++) comparePair(walk, left, i, right, i, state);
}

/** What both begin and end with under the rules is set aside. */
function withoutEnds(
  walk: Comparing,
  left: Elements,
  right: Elements,
  state: RuleState,
): { control: Elements; candidate: Elements } {
  const equal = (i: number, j: number) =>
    equalAt(walk, left, i, right.nodes[j]!, stateOfIndex(state, positionOf(left, i)));
  let from = 0;
  let [leftEnd, rightEnd] = [left.nodes.length, right.nodes.length];
  while (from < leftEnd && from < rightEnd && equal(from, from)) from++;
  while (leftEnd > from && rightEnd > from && leftEnd + rightEnd > 2 * from + 2 && equal(leftEnd - 1, rightEnd - 1)) {
    leftEnd--;
    rightEnd--;
  }
  return { control: slice(left, from, leftEnd), candidate: slice(right, from, rightEnd) };
}

function isFull(pairs: Int32Array): boolean {
  return !pairs.includes(-1);
}

function isPermuted({ control, candidate }: Identities): boolean {
  if (control.length !== candidate.length || control.every((name, i) => name === candidate[i])) return false;
  const names = new Set(control);
  return candidate.every((name) => names.has(name));
}

/** Between the pairs of what is the same lies what differs; there, names pair what became what. */
function compareAligned(
  walk: Comparing,
  left: Elements,
  right: Elements,
  state: RuleState,
  hashes: Identities,
  identities: Identities | null,
): void {
  const pairs = alignNames(hashes.control, hashes.candidate);
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...pairs, [left.nodes.length, right.nodes.length] as Pairing]) {
    if (walk.isDone) return;
    const [inLeft, inRight] = [slice(left, i, nextI), slice(right, j, nextJ)];
    if (identities === null || inLeft.nodes.length === 0 || inRight.nodes.length === 0)
      compareGap(walk, inLeft, inRight, state, false);
    else
      compareNamed(
        walk,
        inLeft,
        inRight,
        state,
        identities.control.slice(i, nextI),
        identities.candidate.slice(j, nextJ),
      );
    if (nextI < left.nodes.length) comparePair(walk, left, nextI, right, nextJ, state);
    [i, j] = [nextI + 1, nextJ + 1];
  }
}

function compareNamed(
  walk: Comparing,
  left: Elements,
  right: Elements,
  state: RuleState,
  names: readonly number[],
  otherNames: readonly number[],
): void {
  const pairs = alignNames(names, otherNames);
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...pairs, [left.nodes.length, right.nodes.length] as Pairing]) {
    compareGap(walk, slice(left, i, nextI), slice(right, j, nextJ), state, pairs.length > 0);
    if (nextI < left.nodes.length) comparePair(walk, left, nextI, right, nextJ, state);
    [i, j] = [nextI + 1, nextJ + 1];
  }
}

/** Nothing says any more which became which: by position, unless `named` says that these are other things. */
function compareGap(walk: Comparing, left: Elements, right: Elements, state: RuleState, named: boolean): void {
  const paired =
    named && left.nodes.length !== right.nodes.length ? 0 : Math.min(left.nodes.length, right.nodes.length);
  for (let i = 0; i < paired && !walk.isDone; i++) comparePair(walk, left, i, right, i, state);
  for (let i = paired; i < left.nodes.length && !walk.isDone; i++) reportOne(walk, 'missing', left, i);
  for (let j = paired; j < right.nodes.length && !walk.isDone; j++) reportOne(walk, 'extra', right, j);
}
