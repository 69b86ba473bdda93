import { matchesOpen, type Pattern } from './pattern.ts';
import { parsePattern } from './pattern-syntax.ts';
import type { Probe } from './probe.ts';
import type { Match, Route } from './settings.ts';
import { unmetConditions } from './unmet.ts';

/** The route that came closest to a request which none matched. */
export interface NearMiss {
  readonly route: string;
  readonly match: string;
  /** What did not hold, in words. */
  readonly unmet: readonly string[];
}

/** Null when no route has anything in common with the path. */
export function nearestRoute(routes: readonly Route[], probe: Probe): NearMiss | null {
  const misses = routes.flatMap((route) =>
    route.matches.map((match) => ({
      miss: { route: route.id, match: describeMatch(match), unmet: unmetConditions(match, probe) },
      likeness: likeness(parsePattern(match.path), probe.path),
    })),
  );
  const [closest] = misses
    .filter(({ likeness }) => likeness > 0)
    .sort((a, b) => b.likeness - a.likeness || a.miss.unmet.length - b.miss.unmet.length);
  return closest?.miss ?? null;
}

/** `GET|POST /api/orders/:id`, with the host where one is asked for. */
export function describeMatch({ methods, host, path }: Match): string {
  return `${methods === null ? '' : `${methods.join('|')} `}${host ?? ''}${path}`;
}

/** The share of segments that agree, place by place: 1 when the path itself matches, 0 when nothing does. */
function likeness(pattern: Pattern, path: string): number {
  const segments = path.slice(1).split('/');
  const agreeing = pattern.segments.filter((segment, i) => {
    const text = segments[i];
    if (text === undefined) return false;
    if (segment.kind === 'literal') return segment.text === text;
    return matchesOpen(segment.prefix, segment.parameters, text, 0, text.length, null);
  });
  const literally = agreeing.some((segment) => segment.kind === 'literal' && segment.text !== '');
  const longer = pattern.rest ? pattern.segments.length : Math.max(pattern.segments.length, segments.length);
  const share = longer === 0 ? 1 : agreeing.length / longer;
  return share === 1 || literally ? share : 0;
}
