import { sameBytes } from './bytes.ts';
import { sameNumber } from './decimal.ts';
import {
  ARRAY,
  ESCAPED,
  endOf,
  keyHashOf,
  keysOf,
  kindOf,
  NUMBER,
  nextOf,
  OBJECT,
  STRIDE,
  STRING,
  startOf,
  stringOf,
  type Tape,
  textBetween,
} from './tape.ts';

/** Containers within more of them than this are compared as they are written. */
export const deepest = 500;

/** Whether two keys, or two strings, stand for the same text. */
export function sameText(a: Tape, one: number, b: Tape, other: number): boolean {
  if (sameBytes(a.bytes, startOf(a, one), endOf(a, one), b.bytes, startOf(b, other), endOf(b, other))) return true;
  // Without escapes a text is written in one way only.
  if (((a.nodes[one]! | b.nodes[other]!) & ESCAPED) === 0) return false;
  return stringOf(a, one) === stringOf(b, other);
}

export function sameKey(a: Tape, one: number, b: Tape, other: number): boolean {
  return keyHashOf(a, one) === keyHashOf(b, other) && sameText(a, one, b, other);
}

export function sameSpan(a: Tape, one: number, b: Tape, other: number): boolean {
  return sameBytes(a.bytes, startOf(a, one), endOf(a, one), b.bytes, startOf(b, other), endOf(b, other));
}

export function numberText(tape: Tape, node: number): string {
  return textBetween(tape.bytes, startOf(tape, node), endOf(tape, node));
}

/** Whether two values are the same, whatever the rules say: members in any order, elements in theirs. */
export function sameValue(a: Tape, one: number, b: Tape, other: number, depth = 0): boolean {
  if (sameSpan(a, one, b, other)) return true;
  const kind = kindOf(a, one);
  if (kind !== kindOf(b, other) || depth >= deepest) return false;
  if (kind === STRING) return sameText(a, one, b, other);
  if (kind === NUMBER) return sameNumber(numberText(a, one), numberText(b, other));
  if (kind === ARRAY) return sameElements(a, one, b, other, depth + 1);
  return kind === OBJECT && sameMembers(a, one, b, other, depth + 1);
}

function sameElements(a: Tape, one: number, b: Tape, other: number, depth: number): boolean {
  const [aEnd, bEnd] = [nextOf(a, one), nextOf(b, other)];
  let [i, j] = [one + STRIDE, other + STRIDE];
  for (; i < aEnd && j < bEnd; i = nextOf(a, i), j = nextOf(b, j)) if (!sameValue(a, i, b, j, depth)) return false;
  return i >= aEnd && j >= bEnd;
}

function sameMembers(a: Tape, one: number, b: Tape, other: number, depth: number): boolean {
  const pairs = pairMembers(a, one, b, other);
  return pairs.every(
    ({ control, candidate }) =>
      control.length === candidate.length &&
      control.every((key, n) => sameValue(a, key + STRIDE, b, candidate[n]! + STRIDE, depth)),
  );
}

/** A key, wherever each side gives it: usually once, and not at all where it is missing. The last one counts. */
export interface MemberPair {
  readonly control: readonly number[];
  readonly candidate: readonly number[];
}

/** Below this many keys a search is quicker than a map. */
const fewKeys = 24;

/** The members of two objects, paired by key: in control's order, then what only candidate has. */
export function pairMembers(a: Tape, one: number, b: Tape, other: number): MemberPair[] {
  const [left, right] = [keysOf(a, one), keysOf(b, other)];
  if (hasRepeats(a, left) || hasRepeats(b, right)) return pairRepeated(a, left, b, right);
  const pairs: MemberPair[] = [];
  const taken = new Uint8Array(right.length);
  let byName: ReadonlyMap<string, number> | null = null;
  for (let i = 0; i < left.length; i++) {
    const key = left[i]!;
    let found = -1;
    if (i < right.length && sameKey(a, key, b, right[i]!)) found = i;
    else if (right.length <= fewKeys) found = right.findIndex((candidate) => sameKey(a, key, b, candidate));
    else {
      byName ??= new Map(right.map((candidate, j) => [stringOf(b, candidate), j]));
      found = byName.get(stringOf(a, key)) ?? -1;
    }
    if (found === -1) pairs.push({ control: [key], candidate: [] });
    else {
      taken[found] = 1;
      pairs.push({ control: [key], candidate: [right[found]!] });
    }
  }
  for (let j = 0; j < right.length; j++) if (taken[j] === 0) pairs.push({ control: [], candidate: [right[j]!] });
  return pairs;
}

/** Whether one of these keys is given more than once. */
export function hasRepeats(tape: Tape, keys: readonly number[]): boolean {
  if (keys.length > fewKeys) {
    const hashes = new Set<number>();
    for (const key of keys) hashes.add(keyHashOf(tape, key));
    return hashes.size < keys.length && new Set(keys.map((key) => stringOf(tape, key))).size < keys.length;
  }
  for (let i = 1; i < keys.length; i++) {
    for (let j = 0; j < i; j++) if (sameKey(tape, keys[i]!, tape, keys[j]!)) return true;
  }
  return false;
}

function pairRepeated(a: Tape, left: readonly number[], b: Tape, right: readonly number[]): MemberPair[] {
  const members = new Map<string, { control: number[]; candidate: number[] }>();
  const gather = (tape: Tape, keys: readonly number[], side: 'control' | 'candidate'): void => {
    for (const key of keys) {
      const name = stringOf(tape, key);
      const member = members.get(name) ?? { control: [], candidate: [] };
      member[side].push(key);
      members.set(name, member);
    }
  };
  gather(a, left, 'control');
  gather(b, right, 'candidate');
  return [...members.values()];
}
