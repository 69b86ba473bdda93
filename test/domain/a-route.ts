import type { Match, Route } from '../../src/domain/settings.ts';
import { unshadowed } from '../../src/domain/shadow.ts';

/** A route at 0 percent for `orders`, with what a test wants to be different. */
export function aRoute(id: string, matches: readonly Partial<Match>[], rest: Partial<Route> = {}): Route {
  return {
    id,
    matches: matches.map((match) => ({ methods: null, path: '/', host: null, headers: [], query: [], ...match })),
    service: 'orders',
    group: 'orders',
    rewrite: null,
    compose: null,
    percent: 0,
    fallback: { on: [502, 503, 504] },
    fallthrough: [],
    retired: false,
    shadow: unshadowed,
    rollout: null,
    guard: null,
    publish: [],
    fingerprint: 'f00d',
    line: 1,
    ...rest,
  };
}
