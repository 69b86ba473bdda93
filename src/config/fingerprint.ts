import { createHash } from 'node:crypto';
import type { PartSettings } from '../domain/compose/part.ts';
import type { Match, Route } from '../domain/settings.ts';
import type { ComparisonRules, ShadowWrites } from '../domain/shadow.ts';

/**
 * What a route's evidence belongs to: twelve hexadecimal digits of everything that decides which requests are
 * compared, with whom, and what counts as a difference. How many of them are, and how patiently, changes none of it;
 * nor does the order or the format in which the file says it.
 */
export function fingerprintOf({ matches, service, rewrite, compose, shadow }: Omit<Route, 'fingerprint'>): string {
  const told: unknown[] = [
    matches.map(matchFacts).sort(),
    service,
    rewrite,
    ruleFacts(shadow.rules),
    writesFacts(shadow.writes),
  ];
  if (compose !== null) told.push(compose.map(partFacts));
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 12);
}

/** What a part is asked for, and where it stands; not how long or how large it may be. */
function partFacts({ name, service, path, query, required, spread }: PartSettings): unknown {
  return [name, service, path, query, required, spread];
}

/** As text, so that it sorts. */
function matchFacts({ methods, path, host, headers, query }: Match): string {
  const facts = [methods && distinct(methods), path, host, distinct(headers.map(String)), distinct(query.map(String))];
  return JSON.stringify(facts);
}

function ruleFacts({ ignore, tolerance, unordered, normalize, headers }: ComparisonRules): unknown {
  return {
    ignore: distinct(ignore),
    tolerance: distinct(tolerance.map(({ at, by }) => JSON.stringify([at, Object.entries(by).sort()]))),
    unordered: distinct(unordered.map(({ at, key }) => JSON.stringify([at, key]))),
    // The rules of one place are applied one after the other; the places among themselves have no order.
    normalize: normalize
      .map(({ at, pattern, flags, replacement }) => [at, pattern, flags, replacement] as const)
      .toSorted(([at], [other]) => (at < other ? -1 : at > other ? 1 : 0)),
    headers: distinct(headers),
  };
}

/** How long a readback may take, and where a sister instance stands, change nothing about what is compared. */
function writesFacts(writes: ShadowWrites): unknown {
  return writes.mode === 'readback' ? [writes.mode, writes.get] : [writes.mode];
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
