import { errorAt, type Finding, type Path, quote, warningAt } from './problem.ts';
import type { RouteEntry, TargetEntry } from './schema.ts';

/** Carried out twice it is another thing than once (RFC 9110 section 9.2.2). */
const notTwice: ReadonlySet<string> = new Set(['POST', 'PATCH']);

/** What can be wrong with a target's retries beyond each single value. */
export function checkRetry({ retry }: Partial<TargetEntry>, path: Path): readonly Finding[] {
  if (retry === undefined || retry === null) return [];
  return retry.methods
    .filter((method) => notTwice.has(method))
    .map((method) => {
      const message = `${quote(method)} is never sent twice: it may have been carried out. What never left is tried again anyway`;
      return errorAt([...path, 'retry', 'methods'], message);
    });
}

/** What can be wrong with the answers of a service that mean "not here yet". */
export function checkFallthrough(route: Partial<RouteEntry>, path: Path): readonly Finding[] {
  const { fallthrough = [], fallback, legacy } = route;
  if (fallthrough.length === 0) return [];
  const place = [...path, 'fallthrough'];
  if (legacy !== undefined) {
    return [errorAt(place, 'legacy is retired here: there is nobody to fall through to', 'key')];
  }
  // Only where someone wrote both: the default of the one gives way to the other.
  return fallthrough
    .filter((status) => fallback?.on.includes(status))
    .map((status) => warningAt(place, `${status} is in fallback.on too: here it falls through, and is no failure`));
}
