import { getOrAdd } from './get-or-add.ts';
import type { Parameter } from './pattern.ts';

interface OpenEdge<Node> {
  readonly prefix: string;
  readonly parameters: readonly Parameter[];
  readonly node: Node;
}

/**
 * Where the open segments at one place of the tree lead: found by the text that a segment begins and ends with,
 * so that `/v1-:x`, `/v2-:x`… are told apart by hash. Only those that begin and end alike — and so differ in
 * their constraints — have to be tried one after the other.
 */
export class OpenEdges<Node> {
  readonly groups: AffixGroup<Node>[] = [];
  readonly #byShape = new Map<string, Node>();

  /** The node that this segment leads to, whatever its parameters are called: `/:id` and `/:name` share theirs. */
  towards(prefix: string, parameters: readonly Parameter[], make: () => Node): Node {
    return getOrAdd(this.#byShape, shapeOf(prefix, parameters), () => {
      const edge = { prefix, parameters, node: make() };
      this.#group(prefix.length, suffixOf(edge).length).add(edge);
      return edge.node;
    });
  }

  #group(before: number, after: number): AffixGroup<Node> {
    const known = this.groups.find((group) => group.before === before && group.after === after);
    if (known !== undefined) return known;
    const group = new AffixGroup<Node>(before, after);
    this.groups.push(group);
    return group;
  }
}

/** The edges with as many characters before the first parameter, and as many after the last one. */
export class AffixGroup<Node> {
  readonly before: number;
  readonly after: number;
  readonly #byAffix = new Map<string, OpenEdge<Node>[]>();

  constructor(before: number, after: number) {
    this.before = before;
    this.after = after;
  }

  add(edge: OpenEdge<Node>): void {
    getOrAdd(this.#byAffix, affix(edge.prefix, suffixOf(edge)), () => []).push(edge);
  }

  /** Those that the segment `at`–`to` of the path begins and ends like, in the order in which they were added. */
  edges(path: string, at: number, to: number): readonly OpenEdge<Node>[] | undefined {
    if (to - at <= this.before + this.after) return undefined;
    return this.#byAffix.get(affix(path.slice(at, at + this.before), path.slice(to - this.after, to)));
  }
}

/** No segment holds a slash. */
function affix(prefix: string, suffix: string): string {
  return prefix === '' && suffix === '' ? '' : `${prefix}/${suffix}`;
}

function suffixOf({ parameters }: Pick<OpenEdge<unknown>, 'parameters'>): string {
  return parameters[parameters.length - 1]!.after;
}

/** What a segment lets through. */
function shapeOf(prefix: string, parameters: readonly Parameter[]): string {
  return JSON.stringify([prefix, ...parameters.map(({ constraint, after }) => [constraint?.source ?? null, after])]);
}
