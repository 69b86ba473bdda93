import type { Row } from './rows.ts';

/** Beyond so many pairs of lines the longest common run of lines costs more than it shows. */
const mostPairs = 1_000_000;

/** Two texts, aligned by the lines that they have in common. In HTML, what only spaces lines is no mismatch. */
export function textRows(legacy: string, service: string, isHtml: boolean): Row[] {
  const left = legacy.split(/\r\n|\n|\r/);
  const right = service.split(/\r\n|\n|\r/);
  return paired(left, right).map(([i, j]): Row => {
    const [one, other] = [i === null ? null : left[i]!, j === null ? null : right[j]!];
    const sameButSpace = isHtml && (one ?? '').trim() === (other ?? '').trim();
    return { legacy: one, service: other, mark: one === other ? 'same' : sameButSpace ? 'allowed' : 'differs' };
  });
}

/**
 * Which of two lists' elements stand beside each other, by their places: what both have in common, and between that
 * one beside the other as far as they go.
 */
export function paired(left: readonly string[], right: readonly string[]): [number | null, number | null][] {
  const pairs: [number | null, number | null][] = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...common(left, right), [left.length, right.length] as const]) {
    while (i < a || j < b) pairs.push([i < a ? i++ : null, j < b ? j++ : null]);
    if (i < left.length && j < right.length) pairs.push([i++, j++]);
  }
  return pairs;
}

/** The places, on both sides, of a longest common subsequence. */
function common(left: readonly string[], right: readonly string[]): (readonly [number, number])[] {
  if (left.length * right.length > mostPairs) {
    const shorter = Math.min(left.length, right.length);
    return Array.from({ length: shorter }, (_, i) => [i, i] as const).filter(([i]) => left[i] === right[i]);
  }
  const width = right.length + 1;
  // lengths[i * width + j]: how many lines the rest of both sides, from i and j on, have in common.
  const lengths = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const at = i * width + j;
      lengths[at] =
        left[i] === right[j] ? lengths[at + width + 1]! + 1 : Math.max(lengths[at + width]!, lengths[at + 1]!);
    }
  }
  const places: (readonly [number, number])[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const at = i * width + j;
    if (left[i] === right[j]) places.push([i++, j++]);
    else if (lengths[at + width]! >= lengths[at + 1]!) i++;
    else j++;
  }
  return places;
}
