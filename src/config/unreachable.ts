import { matchesOpen, type Pattern, type Segment } from '../domain/pattern.ts';
import { parsePattern } from '../domain/pattern-syntax.ts';
import type { Match } from '../domain/settings.ts';

export interface Unreachable {
  readonly route: number;
  /** The first of the earlier routes that take everything the route could. */
  readonly behind: number;
}

/**
 * The routes that can never match, because earlier ones take every request that they could. Only what is
 * certain is reported: each method of each match must be taken whole by one earlier match.
 */
export function findUnreachable(routes: readonly (readonly Match[])[]): readonly Unreachable[] {
  const earlier = new Node();
  const found: Unreachable[] = [];
  for (const [route, matches] of routes.entries()) {
    const patterns = matches.map((match) => parsePattern(match.path));
    const takers = matches.map((match, index) => takerOf(match, earlier.covering(patterns[index]!)));
    if (takers.length > 0 && takers.every((taker) => taker !== undefined)) {
      found.push({ route, behind: Math.min(...takers) });
    }
    for (const [index, match] of matches.entries()) earlier.add(patterns[index]!, { route, match });
  }
  return found;
}

interface Earlier {
  readonly route: number;
  readonly match: Match;
}

/** Earlier matches by their patterns' segments, so that a match is held against those on its own paths only. */
class Node {
  readonly #literals = new Map<string, Node>();
  readonly #open = new Map<string, { readonly segment: Segment; readonly node: Node }>();
  readonly #ends: Earlier[] = [];
  readonly #rests: Earlier[] = [];

  add(pattern: Pattern, earlier: Earlier, at = 0): void {
    const segment = pattern.segments[at];
    if (segment === undefined) (pattern.rest ? this.#rests : this.#ends).push(earlier);
    else this.#towards(segment).add(pattern, earlier, at + 1);
  }

  /** The earlier matches whose paths include all paths of a pattern. */
  covering(pattern: Pattern, at = 0): Earlier[] {
    const found = [...this.#rests];
    const segment = pattern.segments[at];
    if (segment === undefined) return pattern.rest ? found : found.concat(this.#ends);
    if (segment.kind === 'literal') {
      found.push(...(this.#literals.get(segment.text)?.covering(pattern, at + 1) ?? []));
    }
    for (const open of this.#open.values()) {
      if (covers(open.segment, segment)) found.push(...open.node.covering(pattern, at + 1));
    }
    return found;
  }

  #towards(segment: Segment): Node {
    if (segment.kind === 'literal') {
      const known = this.#literals.get(segment.text) ?? new Node();
      this.#literals.set(segment.text, known);
      return known;
    }
    const key = JSON.stringify([
      segment.prefix,
      ...segment.parameters.map(({ constraint, after }) => [constraint?.source ?? null, after]),
    ]);
    const known = this.#open.get(key) ?? { segment, node: new Node() };
    this.#open.set(key, known);
    return known.node;
  }
}

/** Whether an open segment matches everything that another segment does. */
function covers(open: Segment, other: Segment): boolean {
  if (open.kind === 'literal') return false;
  const { prefix, parameters } = open;
  if (other.kind === 'literal') return matchesOpen(prefix, parameters, other.text, 0, other.text.length, null);
  const [only] = parameters;
  if (parameters.length === 1 && prefix === '' && only!.after === '' && only!.constraint === null) return true;
  return (
    prefix === other.prefix &&
    parameters.length === other.parameters.length &&
    parameters.every(({ constraint, after }, index) => {
      const others = other.parameters[index]!;
      return after === others.after && (constraint === null || constraint.source === others.constraint?.source);
    })
  );
}

/** The first route that takes all methods of a match; several may share the work. */
function takerOf(match: Match, candidates: readonly Earlier[]): number | undefined {
  const fitting = candidates.filter((earlier) => takesConditions(earlier.match, match));
  let first: number | undefined;
  for (const method of match.methods ?? [null]) {
    const takers = fitting.filter((earlier) => takesMethod(earlier.match.methods, method));
    if (takers.length === 0) return undefined;
    first = Math.min(first ?? Number.POSITIVE_INFINITY, ...takers.map((taker) => taker.route));
  }
  return first;
}

function takesMethod(methods: readonly string[] | null, method: string | null): boolean {
  if (methods === null) return true;
  if (method === null) return false;
  return methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));
}

function takesConditions(earlier: Match, match: Match): boolean {
  return (
    takesHost(earlier.host, match.host) &&
    earlier.headers.every((condition) => implied(condition, match.headers)) &&
    earlier.query.every((condition) => implied(condition, match.query))
  );
}

function takesHost(earlier: string | null, host: string | null): boolean {
  if (earlier === null || earlier === host) return true;
  return host !== null && earlier.startsWith('*.') && host.endsWith(earlier.slice(1));
}

function implied([name, value]: Match['headers'][number], conditions: Match['headers']): boolean {
  return conditions.some(([otherName, otherValue]) => name === otherName && (value === '*' || value === otherValue));
}
