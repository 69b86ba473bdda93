import { stripVTControlCharacters } from 'node:util';

/** Columns two spaces apart, as wide as their widest cell; those named in `right` are set to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, shownWidth(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat(widths[column]! - shownWidth(cell));
        return right.includes(column) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Colours take no room. */
function shownWidth(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
