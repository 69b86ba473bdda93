import { keyText } from '../../domain/comparing/step.ts';
import { getOrAdd } from '../../domain/get-or-add.ts';
import { flatText, type JsonEntry, type JsonNode } from './json-tree.ts';
import type { Row } from './rows.ts';
import { paired } from './text-rows.ts';

/** Whether a place is, or lies within, one that differs by a mismatch. */
type Differs = (path: string) => boolean;

/** Both documents, pretty-printed and aligned by their structure: a key beside the same key, an item beside its like. */
export function jsonRows(legacy: JsonNode, service: JsonNode, paths: readonly string[]): Row[] {
  const rows: Row[] = [];
  alignValues(legacy, service, { path: '$', indent: '', label: ['', ''], comma: ['', ''] }, differsBy(paths), rows);
  return rows;
}

function differsBy(paths: readonly string[]): Differs {
  const known = new Set(paths);
  return (path) => {
    if (known.has(path)) return true;
    for (let end = path.length - 1; end > 0; end--) {
      if ((path[end] === '.' || path[end] === '[') && known.has(path.slice(0, end))) return true;
    }
    return false;
  };
}

/** What stands around a value: on legacy's side, and on the service's. */
interface Place {
  readonly path: string;
  readonly indent: string;
  readonly label: readonly [legacy: string, service: string];
  readonly comma: readonly [legacy: string, service: string];
}

function alignValues(legacy: JsonNode, service: JsonNode, place: Place, differs: Differs, rows: Row[]): void {
  const { indent, label, comma } = place;
  if (legacy.kind === 'scalar' || service.kind === 'scalar' || legacy.kind !== service.kind) {
    const left = linesOf(legacy, indent, label[0], comma[0]);
    const right = linesOf(service, indent, label[1], comma[1]);
    const same = flatText(legacy) === flatText(service);
    const mark = same ? 'same' : differs(place.path) ? 'differs' : 'allowed';
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      rows.push({ legacy: left[i] ?? null, service: right[i] ?? null, mark });
    }
    return;
  }
  const [open, close] = legacy.kind === 'object' ? '{}' : '[]';
  rows.push({ legacy: indent + label[0] + open, service: indent + label[1] + open, mark: 'same' });
  if (legacy.kind === 'object' && service.kind === 'object')
    alignEntries(legacy.entries, service.entries, place, differs, rows);
  if (legacy.kind === 'array' && service.kind === 'array')
    alignItems(legacy.items, service.items, place, differs, rows);
  rows.push({ legacy: indent + close + comma[0], service: indent + close + comma[1], mark: 'same' });
}

function alignEntries(
  legacy: readonly JsonEntry[],
  service: readonly JsonEntry[],
  { path, indent }: Place,
  differs: Differs,
  rows: Row[],
): void {
  const waiting = new Map<string, JsonEntry[]>();
  for (const entry of service) getOrAdd(waiting, entry.key, () => []).push(entry);
  // Both sides stand in legacy's order, the service's own keys after them.
  const pairs = legacy.map((entry) => [entry, waiting.get(entry.key)?.shift() ?? null] as const);
  const extra = [...waiting.values()].flat();
  const lastOfService = extra.at(-1) ?? pairs.findLast(([, other]) => other !== null)?.[1];
  const commas = (entry: JsonEntry | null, other: JsonEntry | null) =>
    [entry === legacy.at(-1) ? '' : ',', other === lastOfService ? '' : ','] as const;
  const deeper = `${indent}  `;
  for (const [entry, other] of pairs) {
    const at = path + keyText(entry.key);
    const comma = commas(entry, other);
    if (other === null) {
      oneSided(linesOf(entry.value, deeper, `${entry.spelt}: `, comma[0]), 'legacy', differs(at), rows);
      continue;
    }
    const label = [`${entry.spelt}: `, `${other.spelt}: `] as const;
    alignValues(entry.value, other.value, { path: at, indent: deeper, label, comma }, differs, rows);
  }
  for (const entry of extra) {
    const lines = linesOf(entry.value, deeper, `${entry.spelt}: `, commas(null, entry)[1]);
    oneSided(lines, 'service', differs(path + keyText(entry.key)), rows);
  }
}

function alignItems(
  legacy: readonly JsonNode[],
  service: readonly JsonNode[],
  { path, indent }: Place,
  differs: Differs,
  rows: Row[],
): void {
  const deeper = `${indent}  `;
  for (const [i, j] of paired(legacy.map(flatText), service.map(flatText))) {
    const at = `${path}[${i ?? j}]`;
    const comma = [i === legacy.length - 1 ? '' : ',', j === service.length - 1 ? '' : ','] as const;
    if (i !== null && j !== null) {
      alignValues(legacy[i]!, service[j]!, { path: at, indent: deeper, label: ['', ''], comma }, differs, rows);
    } else if (i !== null) oneSided(linesOf(legacy[i]!, deeper, '', comma[0]), 'legacy', differs(at), rows);
    else oneSided(linesOf(service[j!]!, deeper, '', comma[1]), 'service', differs(at), rows);
  }
}

function oneSided(lines: readonly string[], side: 'legacy' | 'service', differs: boolean, rows: Row[]): void {
  const mark = differs ? 'differs' : 'allowed';
  for (const line of lines) rows.push({ legacy: null, service: null, mark, ...{ [side]: line } });
}

function linesOf(node: JsonNode, indent: string, label: string, comma: string): string[] {
  if (node.kind === 'scalar') return [indent + label + node.text + comma];
  const deeper = `${indent}  `;
  const [open, close] = node.kind === 'object' ? '{}' : '[]';
  const inner =
    node.kind === 'object'
      ? node.entries.map(({ spelt, value }) => [`${spelt}: `, value] as const)
      : node.items.map((value) => ['', value] as const);
  if (inner.length === 0) return [`${indent}${label}${open}${close}${comma}`];
  return [
    indent + label + open,
    ...inner.flatMap(([label, value], index) => linesOf(value, deeper, label, index < inner.length - 1 ? ',' : '')),
    indent + close + comma,
  ];
}
