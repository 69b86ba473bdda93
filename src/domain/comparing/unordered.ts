import type { Comparing } from './comparing.ts';
import { comparePair, type Elements, positionOf, reportOne } from './elements.ts';
import { identitiesOf, type KeyName, keyName, memberOf } from './identity.ts';
import { Places } from './places.ts';
import { type RuleState, rootState } from './rule-states.ts';
import { sameValue } from './same.ts';
import { pairEqual } from './same-elements.ts';
import { ARRAY, kindOf, OBJECT, type Tape } from './tape.ts';
import { ValueHashes } from './value-hash.ts';

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
  const hashes = keyHashes(control, keys);
  const otherHashes = keyHashes(candidate, otherKeys);
  const sameKeys = (i: number, j: number) => sameValue(control, keys[i]!, candidate, otherKeys[j]!);
  const taken = Uint8Array.from(otherKeys, (node) => (node === -1 ? 1 : 0));
  // Where a key is given twice, what is the same goes together before what changed; so does what has no key.
  for (const { one, other } of repeated(hashes, otherHashes)) {
    const found = pairEqual(walk, only(left, one), only(right, other), state);
    one.forEach((i, n) => {
      const j = other[found[n]!];
      if (j === undefined || (keys[i] !== -1 && !sameKeys(i, j))) return;
      pairs[i] = j;
      taken[j] = 1;
    });
  }
  const same = pairs.slice();
  const places = new Places(otherKeys.length, taken, (j) => otherHashes[j]!);
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i] === -1 && keys[i] !== -1) pairs[i] = places.take(hashes[i]!, (j) => sameKeys(i, j));
  }
  return same;
}

const keyless = -1;
const noRules = rootState([]);

/** A number for each key, the same for those that are; {@link keyless} where there is none. */
function keyHashes(tape: Tape, keys: readonly number[]): number[] {
  // Whatever rules say of a key, it names the element as it is.
  const hashes = new ValueHashes(tape, undefined);
  return keys.map((node) => (node === -1 ? keyless : hashes.of(node, noRules, 0) >>> 0));
}

/** Whose key more than one element of a side has, or who have none. */
function repeated(hashes: readonly number[], otherHashes: readonly number[]) {
  const groups = new Map<number, { one: number[]; other: number[] }>();
  hashes.forEach((hash, i) => {
    const group = groups.get(hash);
    if (group === undefined) groups.set(hash, { one: [i], other: [] });
    else group.one.push(i);
  });
  otherHashes.forEach((hash, j) => {
    groups.get(hash)?.other.push(j);
  });
  return [...groups].flatMap(([hash, group]) =>
    hash === keyless || group.one.length > 1 || group.other.length > 1 ? [group] : [],
  );
}

function only(elements: Elements, chosen: readonly number[]): Elements {
  return { nodes: chosen.map((i) => elements.nodes[i]!), positions: chosen.map((i) => positionOf(elements, i)) };
}
