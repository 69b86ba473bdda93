import { buildTable } from '../domain/match.ts';
import { normalisePath, splitTarget } from '../domain/path.ts';
import { parseRewrite, rewriteTarget } from '../domain/rewrite.ts';
import type { Route } from '../domain/settings.ts';

/** The request target that a route's service was asked for, where `url` is what the caller had asked for. */
export function serviceTarget(route: Route, url: string): string {
  if (route.rewrite === null) return url;
  // That the request took this route is known; only what its path binds is asked.
  const matches = route.matches.map(({ path }) => ({ methods: null, path, host: null, headers: [], query: [] }));
  const { path, query } = splitTarget(url);
  const matched = buildTable([{ ...route, matches }]).match('GET', null, [], normalisePath(path), query);
  return matched === null ? url : rewriteTarget(parseRewrite(route.rewrite), matched.params, query);
}
