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
    const takers = matches.map((match, index) => takerOf(match, earlier.covering(patterns[index]!, match)));
    if (takers.length > 0 && takers.every((taker) => taker !== undefined)) {
      found.push({ route, behind: Math.min(...takers) });
    }
    for (const [index, match] of matches.entries()) {
      // What is taken itself takes nothing that its takers don't.
      if (takers[index] === undefined) earlier.add(patterns[index]!, { route, match });
    }
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
  readonly #ends = new Conditioned();
  readonly #rests = new Conditioned();

  add(pattern: Pattern, earlier: Earlier, at = 0): void {
    const segment = pattern.segments[at];
    if (segment === undefined) (pattern.rest ? this.#rests : this.#ends).add(earlier);
    else this.#towards(segment).add(pattern, earlier, at + 1);
  }

  /** The earlier matches whose paths include all paths of a pattern, and whose conditions those of its match. */
  covering(pattern: Pattern, match: Match, at = 0): Earlier[] {
    const found = this.#rests.covering(match);
    const segment = pattern.segments[at];
    if (segment === undefined) return pattern.rest ? found : found.concat(this.#ends.covering(match));
    const nodes = segment.kind === 'literal' ? [this.#literals.get(segment.text)] : [];
    for (const open of this.#open.values()) if (covers(open.segment, segment)) nodes.push(open.node);
    return found.concat(...nodes.map((node) => node?.covering(pattern, match, at + 1) ?? []));
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

/** Earlier matches by one of their conditions: routes that only a tenant's header tells apart stay cheap. */
class Conditioned {
  readonly #byCondition = new Map<string, Earlier[]>();

  add(earlier: Earlier): void {
    const { host, headers, query } = earlier.match;
    const [condition = host === null || host.startsWith('*.') ? '' : hostKey(host)] = [
      ...headers.map(([name, value]) => headerKey(name, value)),
      ...query.map(([name, value]) => queryKey(name, value)),
    ];
    const known = this.#byCondition.get(condition);
    if (known) known.push(earlier);
    else this.#byCondition.set(condition, [earlier]);
  }

  covering(match: Match): Earlier[] {
    const { host, headers, query } = match;
    const conditions = new Set([
      '',
      ...(host === null ? [] : [hostKey(host)]),
      ...headers.flatMap(([name, value]) => [headerKey(name, value), headerKey(name, '*')]),
      ...query.flatMap(([name, value]) => [queryKey(name, value), queryKey(name, '*')]),
    ]);
    return [...conditions].flatMap((condition) =>
      (this.#byCondition.get(condition) ?? []).filter((earlier) => takesConditions(earlier.match, match)),
    );
  }
}

const hostKey = (host: string): string => `host ${host}`;
const headerKey = (name: string, value: string): string => `header ${name} ${value}`;
const queryKey = (name: string, value: string): string => `query ${name} ${value}`;

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

/** The first of the routes that take a match's methods; several may share the work. */
function takerOf(match: Match, candidates: readonly Earlier[]): number | undefined {
  let first: number | undefined;
  for (const method of match.methods ?? [null]) {
    const takers = candidates.filter((earlier) => takesMethod(earlier.match.methods, method));
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
