import { NONE } from './conditions.ts';
import type { HeaderLines } from './header-lines.ts';
import { PathTree } from './path-tree.ts';
import { bindPattern, type Pattern } from './pattern.ts';
import { parsePattern } from './pattern-syntax.ts';
import { Probe } from './probe.ts';
import type { Route } from './settings.ts';

/** Which route a request takes, by which of its matches, and what the pattern's names bind. */
export interface Matched {
  /** The place of the route in the table. */
  readonly index: number;
  readonly route: Route;
  readonly matchIndex: number;
  /** Name, value, name, value…; null when the pattern names nothing. */
  readonly params: readonly string[] | null;
}

/**
 * The first route, in file order, one of whose matches holds: method, host, path, headers and query together.
 *
 * - GET lets HEAD through.
 * - A CORS preflight (OPTIONS with Origin and Access-Control-Request-Method) is let through by a match that lets
 *   OPTIONS through or the method it asks about, whichever comes first. Its other conditions are held against
 *   the preflight itself, which carries none of the actual request's own headers.
 * - The host is compared without port and case; `*.example.com` stands for one or more labels in the place of `*`.
 * - Header and query values are compared exactly (query values decoded); where a name is there several times,
 *   any of them will do.
 */
export interface RouteTable {
  match(
    method: string,
    host: string | null,
    rawHeaders: HeaderLines,
    normalisedPath: string,
    query: string | null,
  ): Matched | null;
}

/** Throws PatternError where a path can't be read; a validated file has none of these. */
export function buildTable(routes: readonly Route[]): RouteTable {
  const tree = new PathTree();
  const entries: Entry[] = [];
  for (const [index, route] of routes.entries()) {
    for (const [matchIndex, match] of route.matches.entries()) {
      const pattern = parsePattern(match.path);
      tree.add(pattern, match, entries.length);
      entries.push({ pattern, matched: { index, route, matchIndex, params: null } });
    }
  }
  return {
    match(method, host, rawHeaders, normalisedPath, query) {
      const ordinal = tree.first(new Probe(method, host, rawHeaders, normalisedPath, query));
      return ordinal === NONE ? null : withParams(entries[ordinal]!, normalisedPath);
    },
  };
}

interface Entry {
  readonly pattern: Pattern;
  /** Handed out as it is when there is nothing to bind. */
  readonly matched: Matched;
}

function withParams({ pattern, matched }: Entry, path: string): Matched {
  if (pattern.names.length === 0) return matched;
  const { index, route, matchIndex } = matched;
  return { index, route, matchIndex, params: bindPattern(pattern, path) };
}
