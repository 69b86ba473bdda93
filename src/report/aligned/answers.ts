import type { Example, ExampleAnswer } from '../../domain/evidence.ts';
import { headerValue } from '../../domain/header-lines.ts';
import { jsonRows } from './json-rows.ts';
import { jsonTree } from './json-tree.ts';
import { type Fold, fold, type Row } from './rows.ts';
import { textRows } from './text-rows.ts';

/** The whole of an example, as two columns: status, the headers that differ or name the content, body. */
export function alignedAnswers(example: Example): (Row | Fold)[] {
  return [...headRows(example), ...fold(bodyRows(example))];
}

function headRows({ legacy, service, mismatches }: Example): Row[] {
  const paths = new Set(mismatches.map(({ path }) => path));
  const mark = (same: boolean, ...places: readonly string[]): Row['mark'] =>
    same ? 'same' : places.some((place) => paths.has(place)) ? 'differs' : 'allowed';
  const rows: Row[] = [
    {
      legacy: `HTTP ${legacy.status}`,
      service: `HTTP ${service.status}`,
      mark: mark(legacy.status === service.status, 'status'),
    },
  ];
  const left = byName(legacy.headers);
  const right = byName(service.headers);
  for (const name of [...new Set([...left.keys(), ...right.keys()])].sort()) {
    const [one, other] = [left.get(name) ?? [], right.get(name) ?? []];
    for (let i = 0; i < Math.max(one.length, other.length); i++) {
      const [a, b] = [one[i] ?? null, other[i] ?? null];
      rows.push({
        legacy: a === null ? null : `${name}: ${a}`,
        service: b === null ? null : `${name}: ${b}`,
        mark: mark(a === b, `header:${name}`, ...[a, b].map((line) => `header:${name}:${line?.split('=', 1)[0]}`)),
      });
    }
  }
  rows.push({ legacy: '', service: '', mark: 'same' });
  return rows;
}

function byName(headers: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    const known = values.get(name);
    if (known === undefined) values.set(name, [headers[i + 1]!]);
    else known.push(headers[i + 1]!);
  }
  return values;
}

function bodyRows({ legacy, service, mismatches }: Example): Row[] {
  const trees = [legacy, service].map(({ body }) => (body === null ? null : jsonTree(body)));
  const [one, other] = trees;
  if (one && other)
    return jsonRows(
      one,
      other,
      mismatches.map(({ path }) => path),
    );
  return textRows(shownBody(legacy), shownBody(service), isHtml(legacy) || isHtml(service));
}

function isHtml({ headers }: ExampleAnswer): boolean {
  return /\bhtml\b/i.test(headerValue(headers, 'content-type') ?? '');
}

const whyLeft = {
  empty: '(no body)',
  cut: '(the rest was not kept)',
  'not-text': '(a body that is no text is not kept)',
  unparsable: '(a body that could not be parsed is not kept)',
} as const;

function shownBody({ body, left }: ExampleAnswer): string {
  const note = left === null ? '' : whyLeft[left];
  return body === null || body === '' ? note || '(no body)' : note === '' ? body : `${body}\n${note}`;
}
