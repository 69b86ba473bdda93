import type { Row } from './rows.ts';

/** Beyond so many pairs of lines the longest common run of lines costs more than it shows. */
const mostPairs = 1_000_000;

/** Two texts, aligned by the lines that they have in common. */
export function textRows(legacy: string, service: string): Row[] {
  const left = legacy.split(/\r\n|\n|\r/);
  const right = service.split(/\r\n|\n|\r/);
  const rows: Row[] = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...commonLines(left, right), [left.length, right.length] as const]) {
    // What lies between two common lines stands beside each other as far as it goes.
    while (i < a || j < b) {
      rows.push({ legacy: i < a ? left[i++]! : null, service: j < b ? right[j++]! : null, mark: 'differs' });
    }
    if (i < left.length && j < right.length) rows.push({ legacy: left[i++]!, service: right[j++]!, mark: 'same' });
  }
  return rows;
}

/** The places, on both sides, of a longest common subsequence of lines. */
function commonLines(left: readonly string[], right: readonly string[]): (readonly [number, number])[] {
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
