import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { EditError } from './edit-error.ts';
import { readsEnvironment } from './environment.ts';
import { parseOptions } from './source.ts';
import { isMergeKey, keyOf } from './tree.ts';

interface PercentEdit {
  /** The whole text with the edit made. */
  readonly text: string;
  /** The line that was changed or added; 1-based. */
  readonly line: number;
  readonly addsLine: boolean;
}

/**
 * Writes a route's percent into a text by its bytes, so that comments, quotes and line ends stay as their
 * author left them. Throws {@link EditError} where the number isn't written in this one place.
 */
export function editPercent(text: string, routeIndex: number, percent: number): PercentEdit {
  const lines = new LineCounter();
  const document = parseDocument(text, { ...parseOptions, lineCounter: lines });
  const route = routeAt(document.contents, routeIndex);
  const own = (key: string): Pair | undefined => route.items.find((pair) => !isMergeKey(pair) && keyOf(pair) === key);
  const declared = own('percent');
  const splice = declared ? replacement(text, declared, percent) : insertion(text, route, own('service'), percent);
  const addsLine = splice.text.includes('\n');
  return {
    text: text.slice(0, splice.from) + splice.text + text.slice(splice.to),
    line: lines.linePos(splice.from).line + (addsLine ? 1 : 0),
    addsLine,
  };
}

function routeAt(root: Node | null, index: number): YAMLMap {
  const pair = isMap(root) ? root.items.find((item) => keyOf(item) === 'routes') : undefined;
  const routes = pair?.value as Node | undefined;
  refuseShared(routes, 'the list of routes');
  const route = isSeq(routes) ? (routes.items[index] as Node) : undefined;
  refuseShared(route, 'the route');
  if (!isMap(route)) throw new EditError('invalid-file', 'the route is not a map in this file');
  return route;
}

/** What an alias repeats can't be changed in one place without changing the other. */
function refuseShared(node: Node | undefined, what: string): void {
  if (isAlias(node)) throw new EditError('shared', `${what} is an alias (*${node.source}): edit its anchor by hand`);
  if (node?.anchor)
    throw new EditError('shared', `${what} has an anchor (&${node.anchor}): its aliases would change too`);
}

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function replacement(text: string, declared: Pair, percent: number): Splice {
  const value = declared.value as Node;
  refuseShared(value, 'the percent');
  if (!isScalar(value) || !value.range) throw new EditError('invalid-file', 'the percent is not a single value');
  const [from, to] = value.range;
  if (readsEnvironment(text.slice(from, to))) {
    throw new EditError('from-environment', `the percent is read from the environment: ${text.slice(from, to)}`);
  }
  const mark = value.type === 'QUOTE_DOUBLE' ? '"' : value.type === 'QUOTE_SINGLE' ? "'" : '';
  return { from, to, text: `${mark}${percent}${mark}` };
}

function insertion(text: string, route: YAMLMap, service: Pair | undefined, percent: number): Splice {
  if (route.items.some(isMergeKey) || !service) {
    throw new EditError('shared', 'the route takes keys from elsewhere (<<): write its percent by hand');
  }
  const end = (service.value as Node).range![1];
  if (route.flow) return { from: end, to: end, text: `, percent: ${percent}` };

  const keyStart = (service.key as Node).range![0];
  const column = keyStart - (text.lastIndexOf('\n', keyStart - 1) + 1);
  // A block scalar ends behind its line break, any other value before it.
  const newline = text.indexOf('\n', text[end - 1] === '\n' ? end - 1 : end);
  const lineEnd = newline === -1 ? text.length : text[newline - 1] === '\r' ? newline - 1 : newline;
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  return { from: lineEnd, to: lineEnd, text: `${lineBreak}${' '.repeat(column)}percent: ${percent}` };
}
