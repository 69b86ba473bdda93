import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { type Environment, interpolate, readsEnvironment } from './environment.ts';
import { errorAt, type Finding, type Path } from './problem.ts';
import { isMergeKey, mergedMaps, type Tree } from './tree.ts';

/** Nodes that aliases may add up to; a "billion laughs" file needs more. */
const mostAliasedNodes = 100_000;

/** A tree's plain values, with the environment read in; maps become null-prototype objects. */
export function plainValues(tree: Tree, env: Environment): { value: unknown; findings: readonly Finding[] } {
  const findings: Finding[] = [];
  /** The collections that are being read, outermost first. */
  const open = new Set<Node>();
  let aliasDepth = 0;
  let aliasedNodes = 0;

  const plain = (node: Node | null, path: Path): unknown => {
    if (aliasDepth > 0) aliasedNodes++;
    if (node === null || aliasedNodes > mostAliasedNodes) return null;
    if (isAlias(node)) return unfold(node, path);
    if (isScalar(node)) return typeof node.value === 'string' ? readIn(node.value, path) : node.value;
    open.add(node);
    const value = isMap(node) ? record(node, path) : list(node, path);
    open.delete(node);
    return value;
  };

  const unfold = (alias: Alias, path: Path): unknown => {
    const target = tree.resolve(alias);
    const wrong =
      target === null
        ? `no anchor &${alias.source} stands before this alias`
        : open.has(target) && 'this alias stands inside what it stands for';
    if (wrong) {
      findings.push(errorAt(path, wrong));
      return null;
    }
    aliasDepth++;
    const value = plain(target, path);
    aliasDepth--;
    return value;
  };

  const list = (node: Node, path: Path): readonly unknown[] =>
    isSeq(node) ? node.items.map((item, index) => plain(item as Node | null, [...path, index])) : [];

  const record = (map: YAMLMap, path: Path): Record<string, unknown> => {
    for (const pair of map.items) {
      if (isMergeKey(pair) && !mergedMaps(pair, tree.resolve)) {
        findings.push(errorAt(path, 'a merge key (<<) takes a map, or a list of maps'));
      }
    }
    const values: Record<string, unknown> = Object.create(null);
    for (const [key, pair] of tree.entries(map)) values[key] = plain(pair.value as Node | null, [...path, key]);
    return values;
  };

  const readIn = (written: string, path: Path): string => {
    if (!readsEnvironment(written)) return written;
    const { text, wrong } = interpolate(written, env);
    for (const message of wrong) findings.push(errorAt(path, message));
    return text;
  };

  const value = plain(tree.root, []);
  if (aliasedNodes > mostAliasedNodes) findings.push(errorAt([], 'the aliases of this file add up to too much'));
  return { value, findings };
}
