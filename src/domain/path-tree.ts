import { Conditions, NONE } from './conditions.ts';
import { getOrAdd } from './get-or-add.ts';
import { type AffixGroup, OpenEdges } from './open-edges.ts';
import { matchesOpen, type Pattern, type Segment, segmentEnd } from './pattern.ts';
import type { Probe } from './probe.ts';
import type { Match } from './settings.ts';

/**
 * Every pattern of a table, as a tree by segment. Each node knows the first ordinal beneath it, so a search
 * leaves out every branch that can't come before what it has found: file order without reading the file in order.
 */
export class PathTree {
  readonly #root = new PathNode();

  add(pattern: Pattern, match: Match, ordinal: number): void {
    let node = this.#root;
    for (const segment of pattern.segments) {
      node.reach(ordinal);
      node = node.towards(segment);
    }
    node.reach(ordinal);
    node.end(pattern.rest).add(match, ordinal);
  }

  /** The lowest ordinal that matches, or {@link NONE}. */
  first(probe: Probe): number {
    return probe.path.charCodeAt(0) === 0x2f ? this.#root.first(1, probe, NONE) : NONE;
  }
}

class PathNode {
  #lowest = NONE;
  #literals: Map<string, PathNode> | null = null;
  #open: OpenEdges<PathNode> | null = null;
  #leaf: Conditions | null = null;
  #rest: Conditions | null = null;

  reach(ordinal: number): void {
    if (ordinal < this.#lowest) this.#lowest = ordinal;
  }

  end(rest: boolean): Conditions {
    if (rest) {
      this.#rest ??= new Conditions();
      return this.#rest;
    }
    this.#leaf ??= new Conditions();
    return this.#leaf;
  }

  towards(segment: Segment): PathNode {
    if (segment.kind === 'open') {
      this.#open ??= new OpenEdges();
      return this.#open.towards(segment.prefix, segment.parameters, newNode);
    }
    this.#literals ??= new Map();
    return getOrAdd(this.#literals, segment.text, newNode);
  }

  first(at: number, probe: Probe, best: number): number {
    if (this.#lowest >= best) return best;
    let found = best;
    if (this.#rest !== null && this.#rest.lowest < found) found = this.#rest.first(probe, found);
    const { path } = probe;
    if (at > path.length) {
      return this.#leaf !== null && this.#leaf.lowest < found ? this.#leaf.first(probe, found) : found;
    }
    const to = segmentEnd(path, at);
    const literal = this.#literals?.get(path.slice(at, to));
    if (literal !== undefined) found = literal.first(to + 1, probe, found);
    return this.#open === null ? found : this.#firstByOpen(this.#open.groups, at, to, probe, found);
  }

  #firstByOpen(groups: readonly AffixGroup<PathNode>[], at: number, to: number, probe: Probe, best: number): number {
    const { path } = probe;
    let found = best;
    for (let g = 0; g < groups.length; g++) {
      const edges = groups[g]!.edges(path, at, to);
      if (edges === undefined) continue;
      for (let i = 0; i < edges.length; i++) {
        const { prefix, parameters, node } = edges[i]!;
        // Edges stand in the order of their first ordinals.
        if (node.#lowest >= found) break;
        if (!matchesOpen(prefix, parameters, path, at, to, null)) continue;
        found = node.first(to + 1, probe, found);
      }
    }
    return found;
  }
}

const newNode = (): PathNode => new PathNode();
