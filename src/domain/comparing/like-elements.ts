import type { Comparing } from './comparing.ts';
import { type Elements, equalAt, positionOf } from './elements.ts';
import type { RuleState } from './rule-states.ts';
import { stateOfIndex } from './state-of.ts';

/** Elements within control's reach that are tried before an element counts as new. */
const mostTries = 32;

/** An element as whoever looks for its like sees it. */
interface Sought {
  /** Its number among the compared elements of its side. */
  readonly element: number;
  readonly from: number;
  readonly at: number;
  readonly to: number;
}

/** Elements of one hash: they may be the same under the rules, and no others are. */
interface Alike {
  readonly control: Sought[];
  readonly candidate: Sought[];
}

/**
 * Pairs what is not paired yet with what the rules call equal. Tolerances make that a matter of choice: 1 is like 2 and
 * 2 is like 3, but 1 is not like 3. Numbers and times that stand alone get as many pairs as there can be; objects with
 * several tolerated values as many as a bounded search finds.
 */
export function pairAlike(walk: Comparing, left: Elements, right: Elements, state: RuleState, pairs: Int32Array): void {
  pairRest(walk, left, right, state, pairs);
  if (!state.tolerant) return;
  const isOpen = openOf(pairs, right);
  if (!pairs.includes(-1) || !right.nodes.some((_, j) => isOpen(j))) return;
  // What is the same to the byte may be in the way of a like that something else needs.
  for (const alike of groupsOf(walk, left, right, state, { control: () => true, candidate: () => true })) {
    const paired = alike.control.filter(({ element }) => pairs[element] !== -1).length;
    if (paired === alike.control.length || paired === alike.candidate.length) continue;
    const found = likesOf(walk, left, right, state, alike);
    if (found.filter((j) => j !== -1).length <= paired) continue;
    alike.control.forEach(({ element }, n) => {
      pairs[element] = found[n]!;
    });
  }
}

function pairRest(walk: Comparing, left: Elements, right: Elements, state: RuleState, pairs: Int32Array): void {
  const open = { control: (i: number) => pairs[i] === -1, candidate: openOf(pairs, right) };
  for (const alike of groupsOf(walk, left, right, state, open)) {
    const found = likesOf(walk, left, right, state, alike);
    alike.control.forEach(({ element }, n) => {
      pairs[element] = found[n]!;
    });
  }
}

function openOf(pairs: Int32Array, right: Elements): (j: number) => boolean {
  const taken = new Uint8Array(right.nodes.length);
  for (const j of pairs) if (j !== -1) taken[j] = 1;
  return (j) => taken[j] === 0;
}

interface Wanted {
  readonly control: (i: number) => boolean;
  readonly candidate: (j: number) => boolean;
}

/** Those that both sides have some of. */
function groupsOf(walk: Comparing, left: Elements, right: Elements, state: RuleState, wanted: Wanted): Alike[] {
  const depth = walk.trail.depth + 1;
  const groups = new Map<number, Alike>();
  for (let i = 0; i < left.nodes.length; i++) {
    if (!wanted.control(i)) continue;
    const inner = stateOfIndex(state, positionOf(left, i));
    const hash = walk.controlHashes.of(left.nodes[i]!, inner, depth);
    const group = groups.get(hash) ?? { control: [], candidate: [] };
    groups.set(hash, group);
    const { at, within } = walk.controlReaches.of(left.nodes[i]!, inner, depth);
    group.control.push({ element: i, from: at - within, at, to: at + within });
  }
  for (let j = 0; j < right.nodes.length; j++) {
    if (!wanted.candidate(j)) continue;
    const inner = stateOfIndex(state, positionOf(right, j));
    const group = groups.get(walk.candidateHashes.of(right.nodes[j]!, inner, depth));
    if (group === undefined) continue;
    const { at } = walk.candidateReaches.of(right.nodes[j]!, inner, depth);
    group.candidate.push({ element: j, from: at, at, to: at });
  }
  return [...groups.values()].filter(({ candidate }) => candidate.length > 0);
}

/**
 * Candidate's element for each of control's, in the order of `alike.control`, which is sorted here; -1 where there is none.
 * Whose reach ends first chooses first, and takes the lowest that is left: of intervals and points that pairs the most.
 */
function likesOf(walk: Comparing, left: Elements, right: Elements, state: RuleState, alike: Alike): Int32Array {
  const control = alike.control.sort((a, b) => a.to - b.to || a.element - b.element);
  const candidate = alike.candidate.sort((a, b) => a.at - b.at || a.element - b.element);
  const free = new Free(candidate.length);
  return Int32Array.from(control, ({ element, from, to }) => {
    const inner = stateOfIndex(state, positionOf(left, element));
    let n = free.next(firstFrom(candidate, from));
    for (let tries = 0; n < candidate.length && candidate[n]!.at <= to && tries < mostTries; tries++) {
      const j = candidate[n]!.element;
      if (equalAt(walk, left, element, right.nodes[j]!, inner)) {
        free.take(n);
        return j;
      }
      n = free.next(n + 1);
    }
    return -1;
  });
}

/** The first that lies there or beyond. */
function firstFrom(sorted: readonly Sought[], from: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.at < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Which of so many are not taken yet: a run of those that are is passed over at once. */
class Free {
  /** Of one that is taken: where to look on. */
  readonly #onward: Int32Array;

  constructor(length: number) {
    this.#onward = Int32Array.from({ length: length + 1 }, (_, n) => n);
  }

  /** This one, or the next that is free; the length where none is. */
  next(from: number): number {
    const onward = this.#onward;
    let free = from;
    while (onward[free] !== free) free = onward[free]!;
    for (let n = from; onward[n] !== free && n !== free; ) {
      const further = onward[n]!;
      onward[n] = free;
      n = further;
    }
    return free;
  }

  take(n: number): void {
    this.#onward[n] = n + 1;
  }
}
