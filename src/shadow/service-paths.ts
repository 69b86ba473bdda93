import { buildTable } from '../domain/match.ts';
import { normalisePath } from '../domain/path.ts';
import { parseRewrite, rewriteTarget } from '../domain/rewrite.ts';
import type { Route } from '../domain/settings.ts';
import type { Mirrored } from '../ports.ts';

/** The way from legacy's paths to a service's own: by the route that a GET of the path takes, if it leads there. */
export function servicePaths(routes: readonly Route[]): (service: string, request: Mirrored, path: string) => string {
  const table = buildTable(routes);
  return (service, { host, rawHeaders }, path) => {
    const mark = path.indexOf('?');
    const query = mark === -1 ? null : path.slice(mark + 1);
    const normalised = normalisePath(mark === -1 ? path : path.slice(0, mark));
    const matched = table.match('GET', host, rawHeaders, normalised, query);
    if (matched === null || matched.route.service !== service || matched.route.rewrite === null) return path;
    return rewriteTarget(parseRewrite(matched.route.rewrite), matched.params, query);
  };
}
