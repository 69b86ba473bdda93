/** A position on control's side and the one on candidate's that it stands against. */
export type Pairing = readonly [control: number, candidate: number];

/** The cells of the exact table; beyond them only names that occur once on both sides are looked at. */
const mostCells = 40_000;

/**
 * Pairs equal names of two sequences, in order on both sides, as many as a bounded search finds: exactly the longest
 * common subsequence where the differing parts are short. Swapping the sides swaps the pairs and nothing else.
 */
export function alignNames(control: readonly number[], candidate: readonly number[]): Pairing[] {
  if (isBefore(candidate, control)) {
    return align(candidate, control).map(([one, other]): Pairing => [other, one]);
  }
  return align(control, candidate);
}

/** An order that doesn't depend on which side is which: ties of the search are then broken alike. */
function isBefore(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return a.length < b.length;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}

function align(a: readonly number[], b: readonly number[]): Pairing[] {
  const pairs: Pairing[] = [];
  alignBetween({ names: a, from: 0, to: a.length }, { names: b, from: 0, to: b.length }, pairs, 0);
  return pairs;
}

/** A part of a sequence; `to` is not in it any more. */
interface Stretch {
  readonly names: readonly number[];
  readonly from: number;
  readonly to: number;
}

const between = (whole: Stretch, from: number, to: number): Stretch => ({ names: whole.names, from, to });
const lengthOf = ({ from, to }: Stretch): number => to - from;

const deepestSearch = 30;

function alignBetween(a: Stretch, b: Stretch, pairs: Pairing[], depth: number): void {
  let [i, j, iEnd, jEnd] = [a.from, b.from, a.to, b.to];
  while (i < iEnd && j < jEnd && a.names[i] === b.names[j]) pairs.push([i++, j++]);
  let tail = 0;
  while (iEnd > i && jEnd > j && a.names[iEnd - 1] === b.names[jEnd - 1]) {
    iEnd--;
    jEnd--;
    tail++;
  }
  if (i < iEnd && j < jEnd) {
    const [left, right] = [between(a, i, iEnd), between(b, j, jEnd)];
    if (lengthOf(left) * lengthOf(right) <= mostCells) longestCommon(left, right, pairs);
    else if (depth < deepestSearch) {
      for (const [anchor, other] of [...anchors(left, right), [iEnd, jEnd] as const]) {
        alignBetween(between(a, i, anchor), between(b, j, other), pairs, depth + 1);
        if (anchor < iEnd) pairs.push([anchor, other]);
        [i, j] = [anchor + 1, other + 1];
      }
    }
  }
  for (let n = 0; n < tail; n++) pairs.push([iEnd + n, jEnd + n]);
}

function longestCommon(a: Stretch, b: Stretch, pairs: Pairing[]): void {
  const [left, right] = [a.names.slice(a.from, a.to), b.names.slice(b.from, b.to)];
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const cell = i * width + j;
      lengths[cell] =
        left[i] === right[j] ? lengths[cell + width + 1]! + 1 : Math.max(lengths[cell + width]!, lengths[cell + 1]!);
    }
  }
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) pairs.push([a.from + i++, b.from + j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
}

/** Names that occur once on both sides, as many as stand in the same order: a longest increasing subsequence. */
function anchors(a: Stretch, b: Stretch): Pairing[] {
  const [left, right] = [onlyOnce(a), onlyOnce(b)];
  const shared: Pairing[] = [];
  for (const [name, i] of left) {
    const j = right.get(name);
    if (i !== -1 && j !== undefined && j !== -1) shared.push([i, j]);
  }
  /** Of each length: the shared pair that ends the subsequence with the least end. */
  const ends: number[] = [];
  const before = new Int32Array(shared.length);
  for (let n = 0; n < shared.length; n++) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shared[ends[middle]!]![1] < shared[n]![1]) low = middle + 1;
      else high = middle;
    }
    before[n] = low > 0 ? ends[low - 1]! : -1;
    ends[low] = n;
  }
  const chain: Pairing[] = [];
  for (let n = ends.at(-1) ?? -1; n !== -1; n = before[n]!) chain.push(shared[n]!);
  return chain.reverse();
}

/** Where each name stands, in the order of the sequence; -1 for one that stands there more than once. */
function onlyOnce({ names, from, to }: Stretch): Map<number, number> {
  const places = new Map<number, number>();
  for (let i = from; i < to; i++) places.set(names[i]!, places.has(names[i]!) ? -1 : i);
  return places;
}
