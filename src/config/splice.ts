/** Edits of routes.yaml by its bytes, so that comments, quotes and line ends stay as their author left them. */
import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { EditError } from './edit-error.ts';
import { readsEnvironment } from './environment.ts';
import { parseOptions } from './source.ts';
import { isMergeKey, keyOf } from './tree.ts';

/** `text` takes the place of what stands from `from` up to `to`. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export interface TextEdit {
  /** The whole text with the edit made. */
  readonly text: string;
  /** The line that was changed or added; 1-based. */
  readonly line: number;
  readonly addsLine: boolean;
}

export function spliced(text: string, { from, to, text: added }: Splice): TextEdit {
  const addsLine = added.includes('\n');
  const line = text.slice(0, from).split('\n').length + (addsLine ? 1 : 0);
  return { text: text.slice(0, from) + added + text.slice(to), line, addsLine };
}

export function routeIn(text: string, index: number): YAMLMap {
  const root = parseDocument(text, parseOptions).contents as Node | null;
  const pair = isMap(root) ? root.items.find((item) => keyOf(item) === 'routes') : undefined;
  const routes = pair?.value as Node | undefined;
  refuseShared(routes, 'the list of routes');
  const route = isSeq(routes) ? (routes.items[index] as Node) : undefined;
  refuseShared(route, 'the route');
  if (!isMap(route)) throw new EditError('invalid-file', 'the route is not a map in this file');
  return route;
}

export function ownPair(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => !isMergeKey(pair) && keyOf(pair) === key);
}

/** What an alias repeats can't be changed in one place without changing the other. */
export function refuseShared(node: Node | undefined, what: string): void {
  if (isAlias(node)) throw new EditError('shared', `${what} is an alias (*${node.source}): edit its anchor by hand`);
  if (node?.anchor)
    throw new EditError('shared', `${what} has an anchor (&${node.anchor}): its aliases would change too`);
}

/** What a map takes from elsewhere may hold the very key that is to be added. */
export function refuseMerged(map: YAMLMap, what: string): void {
  if (!map.items.some(isMergeKey)) return;
  throw new EditError('shared', `the route takes keys from elsewhere (<<): write its ${what} by hand`);
}

/** Another value in the place of a pair's scalar, in the quotes that it has. */
export function replacement(text: string, pair: Pair, value: number, what: string): Splice {
  const { from, to, quote } = scalarAt(text, pair, what);
  return { from, to, text: `${quote}${value}${quote}` };
}

/** Where a pair's value stands; refused where it isn't one value that stands here itself. */
export function scalarAt(text: string, { value }: Pair, what: string) {
  const node = value as Node;
  refuseShared(node, `the ${what}`);
  if (!isScalar(node) || !node.range) throw new EditError('invalid-file', `the ${what} is not a single value`);
  const [from, to] = node.range;
  if (readsEnvironment(text.slice(from, to))) {
    throw new EditError('from-environment', `the ${what} is read from the environment: ${text.slice(from, to)}`);
  }
  const quote = node.type === 'QUOTE_DOUBLE' ? '"' : node.type === 'QUOTE_SINGLE' ? "'" : '';
  return { from, to, quote };
}

/** One more pair behind another of the same map: `lines` in a block, `inline` between braces. */
export function pairBehind(
  text: string,
  map: YAMLMap,
  pair: Pair,
  { inline, lines }: { readonly inline: string; readonly lines: readonly string[] },
): Splice {
  const end = endOf(pair);
  if (map.flow) return { from: end, to: end, text: `, ${inline}` };
  return linesBehind(text, end, columnOf(text, (pair.key as Node).range![0]), lines);
}

/** Lines of their own behind the line in which something ends, each indented to `column`. */
export function linesBehind(text: string, end: number, column: number, lines: readonly string[]): Splice {
  // A block scalar ends behind its line break, any other value before it.
  const newline = text.indexOf('\n', text[end - 1] === '\n' ? end - 1 : end);
  const lineEnd = newline === -1 ? text.length : text[newline - 1] === '\r' ? newline - 1 : newline;
  const lineBreak = lineBreakOf(text);
  const indented = lines.map((line) => `${lineBreak}${' '.repeat(column)}${line}`).join('');
  return { from: lineEnd, to: lineEnd, text: indented };
}

export function lineBreakOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** How far to the right of its line's beginning something stands. */
export function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

/** Where the last thing in a value ends; a block's own range may reach into what follows it. */
export function endOf(item: Pair | Node): number {
  if (isPair(item)) return item.value ? endOf(item.value as Node) : (item.key as Node).range![1];
  const last = isCollection(item) && !item.flow ? item.items.at(-1) : undefined;
  return last ? endOf(last as Pair | Node) : item.range![1];
}
