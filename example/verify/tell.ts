import { whole } from '../process/progress.ts';
import { type Drift, drifted, type Found } from './drift.ts';

const columns = ['same', 'differing', 'missing', 'extra', 'own', 'fresh'] as const;

/** For people: a table, and the first of what was found. */
export function tell(drifts: readonly Drift[]): string {
  const rows = [
    ['KIND', ...columns.map((column) => column.toUpperCase())],
    ...drifts.map((drift) => [drift.kind, ...columns.map((column) => whole(drift[column]))]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
  const judged = drifts.reduce((sum, { same, differing, missing }) => sum + same + differing + missing, 0);
  const found = drifts.filter(drifted).flatMap(details);
  return [
    ...table,
    '',
    ...(found.length > 0 ? found : [`No drift: ${whole(judged)} of ${whole(judged)} are the same.`]),
  ].join('\n');
}

function details({ kind, fields, first }: Drift): string[] {
  const often = Object.entries(fields).sort(([, a], [, b]) => b - a);
  const summary = often.map(([field, times]) => `${shown(field)} ${whole(times)}`).join(', ');
  return [
    ...(['differing', 'missing', 'extra'] as const).flatMap((what) => {
      const some = first.filter((each) => each.what === what);
      return some.length === 0 ? [] : [`${kind} ${meaning[what]}: ${some.map(named).join(', ')}`];
    }),
    ...(summary === '' ? [] : [`${kind} differ in: ${summary}`]),
  ];
}

const meaning = { differing: 'differ', missing: 'are missing in the service', extra: 'are unknown to the monolith' };

const named = ({ id, fields }: Found): string =>
  shown(id) +
  (fields.length === 0 ? '' : ` (${fields.slice(0, 4).map(shown).join(', ')}${fields.length > 4 ? ', …' : ''})`);

/** It came out of a database: a terminal is not to obey it. */
const shown = (text: string): string => text.slice(0, 80).replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
