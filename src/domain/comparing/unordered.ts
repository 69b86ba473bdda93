import type { Comparing } from './comparing.ts';
import { comparePair, type Elements, equalAt, positionOf, reportOne } from './elements.ts';
import { identitiesOf, type KeyName, keyName, memberOf } from './identity.ts';
import { Places } from './places.ts';
import type { RuleState } from './rule-states.ts';
import { sameValue } from './same.ts';
import { pairEqual } from './same-elements.ts';
import { stateOfIndex } from './state-of.ts';
import { ARRAY, kindOf, OBJECT, type Tape } from './tape.ts';
import { scalarHash } from './value-hash.ts';

/**
 * The order doesn't count: what is the same is paired wherever it stands. Of the rest, elements with the same `key` are
 * one thing that changed; without a key, elements with the same usual name (`id`, `sku`, …), then objects and arrays as
 * they come. What remains is missing or extra.
 */
export function compareUnordered(
  walk: Comparing,
  left: Elements,
  right: Elements,
  state: RuleState,
  key: string | null,
): void {
  const pairs = new Int32Array(left.nodes.length).fill(-1);
  /** Pairs that need not be compared any more. */
  const same =
    key === null
      ? pairBySameness(walk, left, right, state, pairs)
      : pairByKey(walk, left, right, state, keyName(key), pairs);
  if (!isInOrder(pairs)) walk.suppress();
  const taken = new Uint8Array(right.nodes.length);
  for (let i = 0; i < pairs.length && !walk.isDone; i++) {
    const j = pairs[i]!;
    if (j === -1) reportOne(walk, 'missing', left, i);
    else {
      taken[j] = 1;
      if (same[i] !== j) comparePair(walk, left, i, right, j, state);
    }
  }
  for (let j = 0; j < taken.length && !walk.isDone; j++) if (taken[j] === 0) reportOne(walk, 'extra', right, j);
}

function isInOrder(pairs: Int32Array): boolean {
  let last = -1;
  for (const j of pairs) {
    if (j === -1) continue;
    if (j < last) return false;
    last = j;
  }
  return true;
}

/** Fills in the pairs, and returns those of them that are the same under the rules. */
function pairBySameness(
  walk: Comparing,
  left: Elements,
  right: Elements,
  state: RuleState,
  pairs: Int32Array,
): Int32Array {
  const same = pairEqual(walk, left, right, state);
  pairs.set(same);
  // Which of the rest belong together matters to a report only.
  if (walk.isProbing) return same;
  const openLeft = [...pairs.keys()].filter((i) => pairs[i] === -1);
  if (openLeft.length === 0) return same;
  const taken = new Set(pairs);
  const openRight = [...right.nodes.keys()].filter((j) => !taken.has(j));
  if (openRight.length === 0) return same;
  const nodes = { left: openLeft.map((i) => left.nodes[i]!), right: openRight.map((j) => right.nodes[j]!) };
  const identities = identitiesOf(walk.control, nodes.left, walk.candidate, nodes.right);
  if (identities !== null) {
    const places = new Map(identities.candidate.map((name, n) => [name, openRight[n]!]));
    identities.control.forEach((name, n) => {
      pairs[openLeft[n]!] = places.get(name) ?? -1;
    });
    // One thing on each side, with another name: that is a changed name.
    if (openLeft.length > 1 || openRight.length > 1) return same;
  }
  for (const kind of [OBJECT, ARRAY]) {
    const candidates = openRight.filter((j) => kindOf(walk.candidate, right.nodes[j]!) === kind);
    const controls = openLeft.filter((i) => pairs[i] === -1 && kindOf(walk.control, left.nodes[i]!) === kind);
    controls.slice(0, candidates.length).forEach((i, n) => {
      pairs[i] = candidates[n]!;
    });
  }
  return same;
}

function pairByKey(
  walk: Comparing,
  left: Elements,
  right: Elements,
  state: RuleState,
  key: KeyName,
  pairs: Int32Array,
): Int32Array {
  const { control, candidate } = walk;
  const keys = left.nodes.map((node) => memberOf(control, node, key));
  const otherKeys = right.nodes.map((node) => memberOf(candidate, node, key));
  const hashes = keys.map((node) => (node === -1 ? 0 : keyHash(control, node)));
  const otherHashes = otherKeys.map((node) => (node === -1 ? 0 : keyHash(candidate, node)));
  const taken = Uint8Array.from(otherKeys, (node) => (node === -1 ? 1 : 0));
  const pair = (fits: (i: number, j: number) => boolean): void => {
    const places = new Places(otherKeys.length, taken, (j) => otherHashes[j]!);
    for (let i = 0; i < pairs.length; i++) {
      if (pairs[i] !== -1 || keys[i] === -1) continue;
      pairs[i] = places.take(hashes[i]!, (j) => sameValue(control, keys[i]!, candidate, otherKeys[j]!) && fits(i, j));
    }
  };
  // Where a key is given twice, what is the same goes together before what changed.
  if (new Set(hashes).size < hashes.length || new Set(otherHashes).size < otherHashes.length)
    pair((i, j) => equalAt(walk, left, i, right.nodes[j]!, stateOfIndex(state, positionOf(left, i))));
  const same = pairs.slice();
  pair(() => true);
  const keyless = pairEqual(walk, only(left, keys), only(right, otherKeys), state);
  const rest = [...otherKeys.keys()].filter((j) => otherKeys[j] === -1);
  let n = 0;
  for (let i = 0; i < pairs.length; i++) {
    if (keys[i] !== -1) continue;
    pairs[i] = rest[keyless[n++]!] ?? -1;
    same[i] = pairs[i]!;
  }
  return same;
}

/** The elements that have no key. */
function only(elements: Elements, keys: readonly number[]): Elements {
  const open = [...keys.keys()].filter((i) => keys[i] === -1);
  return { nodes: open.map((i) => elements.nodes[i]!), positions: open.map((i) => positionOf(elements, i)) };
}

function keyHash(tape: Tape, node: number): number {
  const kind = kindOf(tape, node);
  return kind === OBJECT || kind === ARRAY ? kind : scalarHash(tape, node);
}
