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
  alignBetween(a, 0, a.length, b, 0, b.length, pairs, 0);
  return pairs;
}

const deepestSearch = 30;

function alignBetween(
  a: readonly number[],
  aFrom: number,
  aTo: number,
  b: readonly number[],
  bFrom: number,
  bTo: number,
  pairs: Pairing[],
  depth: number,
): void {
  let [i, j, iEnd, jEnd] = [aFrom, bFrom, aTo, bTo];
  while (i < iEnd && j < jEnd && a[i] === b[j]) pairs.push([i++, j++]);
  let tail = 0;
  while (iEnd > i && jEnd > j && a[iEnd - 1] === b[jEnd - 1]) {
    iEnd--;
    jEnd--;
    tail++;
  }
  if (i < iEnd && j < jEnd) {
    if ((iEnd - i) * (jEnd - j) <= mostCells) longestCommon(a, i, iEnd, b, j, jEnd, pairs);
    else if (depth < deepestSearch) {
      for (const [anchor, other] of [...anchors(a, i, iEnd, b, j, jEnd), [iEnd, jEnd] as const]) {
        alignBetween(a, i, anchor, b, j, other, pairs, depth + 1);
        if (anchor < iEnd) pairs.push([anchor, other]);
        [i, j] = [anchor + 1, other + 1];
      }
    }
  }
  for (let n = 0; n < tail; n++) pairs.push([iEnd + n, jEnd + n]);
}

function longestCommon(
  a: readonly number[],
  aFrom: number,
  aTo: number,
  b: readonly number[],
  bFrom: number,
  bTo: number,
  pairs: Pairing[],
): void {
  const width = bTo - bFrom + 1;
  const lengths = new Uint16Array((aTo - aFrom + 1) * width);
  for (let i = aTo - aFrom - 1; i >= 0; i--) {
    for (let j = bTo - bFrom - 1; j >= 0; j--) {
      const cell = i * width + j;
      lengths[cell] =
        a[aFrom + i] === b[bFrom + j]
          ? lengths[cell + width + 1]! + 1
          : Math.max(lengths[cell + width]!, lengths[cell + 1]!);
    }
  }
  let [i, j] = [0, 0];
  while (i < aTo - aFrom && j < bTo - bFrom) {
    if (a[aFrom + i] === b[bFrom + j]) pairs.push([aFrom + i++, bFrom + j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
}

/** Names that occur once on both sides, as many as stand in the same order: a longest increasing subsequence. */
function anchors(
  a: readonly number[],
  aFrom: number,
  aTo: number,
  b: readonly number[],
  bFrom: number,
  bTo: number,
): Pairing[] {
  const [left, right] = [onlyOnce(a, aFrom, aTo), onlyOnce(b, bFrom, bTo)];
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
function onlyOnce(names: readonly number[], from: number, to: number): Map<number, number> {
  const places = new Map<number, number>();
  for (let i = from; i < to; i++) places.set(names[i]!, places.has(names[i]!) ? -1 : i);
  return places;
}
