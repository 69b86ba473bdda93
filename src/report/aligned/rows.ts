/** Two answers side by side, line by line: what stands in the same row belongs together. */
export interface Row {
  /** `null` where that side has no such line. */
  readonly legacy: string | null;
  readonly service: string | null;
  /**
   * - `same`: both sides say it.
   * - `differs`: a mismatch.
   * - `allowed`: they differ, but no mismatch that was kept says so: a rule allows it, or it was cut.
   */
  readonly mark: 'same' | 'differs' | 'allowed';
}

/** Rows that were left out between two that are shown. */
export interface Fold {
  readonly folded: number;
}

/** Same rows to either side of a difference that are kept, so that its place can be recognised. */
const context = 3;
/** More rows than anyone reads; a page has many examples. */
const most = 400;

/** Leaves out what is the same far from any difference, and what comes after very many rows. */
export function fold(rows: readonly Row[]): (Row | Fold)[] {
  const near = new Uint8Array(rows.length);
  for (const [index, { mark }] of rows.entries()) {
    if (mark !== 'same') near.fill(1, Math.max(0, index - context), index + context + 1);
  }
  // Nothing differs: the beginning is as good as any part.
  if (!near.includes(1)) near.fill(1, 0, 2 * context);
  const shown: (Row | Fold)[] = [];
  let index = 0;
  while (index < rows.length) {
    if (shown.length >= most) {
      shown.push({ folded: rows.length - index });
      break;
    }
    let end = index;
    while (end < rows.length && near[end] === 0) end++;
    // A fold takes a row itself.
    if (end - index > 1) {
      shown.push({ folded: end - index });
      index = end;
    } else shown.push(rows[index++]!);
  }
  return shown;
}
