import { shownWidth, wrapped } from './wrap.ts';

/** Columns that the last cell must have for its text to be broken into lines: in fewer, one reads better over the edge. */
const leastRoom = 24;

/**
 * Columns two spaces apart, as wide as their widest cell; those named in `right` are set to the right. What stands last
 * in a row that is wider than `width` goes on below itself.
 */
export function table(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
  width: number | null = null,
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, shownWidth(cell));
  }
  const room = width === null ? 0 : width - widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0);
  const shown = room < leastRoom ? rows : rows.flatMap((row) => brokenLast(row, widths.length - 1, room));
  return shown.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat(widths[column]! - shownWidth(cell));
        return right.includes(column) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

function brokenLast(row: readonly string[], last: number, room: number): readonly (readonly string[])[] {
  if (row.length <= last) return [row];
  const before = row.slice(0, last);
  return wrapped(row[last]!, room).map((line, index) => [...(index === 0 ? before : before.map(() => '')), line]);
}
