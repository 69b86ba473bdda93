import { Conditions, NONE } from './conditions.ts';
import { getOrAdd } from './get-or-add.ts';
import { matchesOpen, type Parameter, type Pattern, type Segment, segmentEnd } from './pattern.ts';
import type { Probe } from './probe.ts';
import type { Match } from './settings.ts';

/**
 * Every pattern of a table, as a tree by segment. Each node knows the first ordinal beneath it, so a search
 * leaves out every branch that can't come before what it has found: file order without reading the file in order.
 */
export class PathTree {
  readonly #root = new PathNode();
  #walks = 0;

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
  first(path: string, probe: Probe): number {
    return path.charCodeAt(0) === 0x2f ? this.#root.first(path, 1, probe, NONE, ++this.#walks) : NONE;
  }
}

class PathNode {
  #lowest = NONE;
  #literals: Map<string, PathNode> | null = null;
  /** In the order of their first ordinals. */
  readonly #open: OpenEdge[] = [];
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
    if (segment.kind === 'open') return this.#towardsOpen(segment.prefix, segment.parameters);
    this.#literals ??= new Map();
    return getOrAdd(this.#literals, segment.text, () => new PathNode());
  }

  #towardsOpen(prefix: string, parameters: readonly Parameter[]): PathNode {
    const shape = shapeOf(prefix, parameters);
    const known = this.#open.find((edge) => edge.shape === shape);
    if (known !== undefined) return known.node;
    const edge = { shape, prefix, parameters, node: new PathNode() };
    this.#open.push(edge);
    return edge.node;
  }

  first(path: string, at: number, probe: Probe, best: number, walk: number): number {
    if (this.#lowest >= best) return best;
    let found = best;
    if (this.#rest !== null && this.#rest.lowest < found) found = this.#rest.first(probe, found, walk);
    if (at > path.length) {
      return this.#leaf !== null && this.#leaf.lowest < found ? this.#leaf.first(probe, found, walk) : found;
    }
    const to = segmentEnd(path, at);
    const literal = this.#literals?.get(path.slice(at, to));
    if (literal !== undefined) found = literal.first(path, to + 1, probe, found, walk);
    for (let i = 0; i < this.#open.length; i++) {
      const edge = this.#open[i]!;
      if (edge.node.#lowest >= found) break;
      if (!matchesOpen(edge.prefix, edge.parameters, path, at, to, null)) continue;
      found = edge.node.first(path, to + 1, probe, found, walk);
    }
    return found;
  }
}

interface OpenEdge {
  readonly shape: string;
  readonly prefix: string;
  readonly parameters: readonly Parameter[];
  readonly node: PathNode;
}

/** What a segment lets through, whatever it calls it: `/:id` and `/:name` share their branch. */
function shapeOf(prefix: string, parameters: readonly Parameter[]): string {
  return JSON.stringify([prefix, ...parameters.map(({ constraint, after }) => [constraint?.source ?? null, after])]);
}
