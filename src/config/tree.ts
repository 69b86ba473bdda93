import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Path } from './problem.ts';

/** A parsed document as its author means it: aliases stand for their anchors, merge keys for their maps. */
export interface Tree {
  readonly root: Node | null;
  /** What a node stands for; `null` for an alias that leads nowhere. */
  resolve(node: Node | null): Node | null;
  /** A map's pairs by key, its own before those that it merges in. */
  entries(map: YAMLMap): ReadonlyMap<string, Pair>;
  /** The node at a path, or the nearest one above it that is in the file. */
  find(path: Path): Located;
}

interface Located {
  /** The key that the node is filed under; `null` for items of a list and for the root. */
  readonly key: Node | null;
  readonly node: Node | null;
}

export function treeOf(document: Document): Tree {
  const aliases = resolveAliases(document);
  const known = new Map<YAMLMap, Map<string, Pair>>();

  const resolve = (node: Node | null): Node | null => (isAlias(node) ? (aliases.get(node) ?? null) : node);

  const entries = (map: YAMLMap): ReadonlyMap<string, Pair> => {
    const cached = known.get(map);
    if (cached) return cached;
    const found = new Map<string, Pair>();
    // Known before it is complete: a map that merges itself meets its own half here, and ends.
    known.set(map, found);
    for (const pair of map.items) if (!isMergeKey(pair)) found.set(keyOf(pair), pair);
    for (const pair of map.items.filter(isMergeKey)) {
      for (const merged of mergedMaps(pair, resolve) ?? []) {
        for (const [key, inherited] of entries(merged)) if (!found.has(key)) found.set(key, inherited);
      }
    }
    return found;
  };

  const find = (path: Path): Located => {
    let located: Located = { key: null, node: document.contents };
    for (const step of path) {
      const container = resolve(located.node);
      if (isMap(container)) {
        const pair = entries(container).get(String(step));
        if (!pair) return located;
        located = { key: pair.key as Node, node: pair.value as Node | null };
      } else if (isSeq(container) && Number(step) < container.items.length) {
        located = { key: null, node: container.items[Number(step)] as Node | null };
      } else {
        return located;
      }
    }
    return located;
  };

  return { root: document.contents, resolve, entries, find };
}

export function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

export function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.value === '<<';
}

/** The maps that a merge key names; `undefined` when it names anything else. */
export function mergedMaps(pair: Pair, resolve: Tree['resolve']): readonly YAMLMap[] | undefined {
  const target = resolve(pair.value as Node | null);
  const named = isSeq(target) ? target.items.map((item) => resolve(item as Node)) : [target];
  return named.every((node) => isMap(node)) ? named : undefined;
}

/**
 * What each alias stands for: the nearest node before it that has its anchor. Found in one pass, because
 * asking the YAML library alias by alias walks the whole document each time.
 */
function resolveAliases(document: Document): ReadonlyMap<Alias, Node> {
  const anchored = new Map<string, Node>();
  const resolved = new Map<Alias, Node>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchored.get(node.source);
        if (target) resolved.set(node, target);
      } else if ('anchor' in node && typeof node.anchor === 'string') {
        anchored.set(node.anchor, node);
      }
    },
  });
  return resolved;
}
