import { partId } from '../domain/compose/part.ts';
import { parsePattern } from '../domain/pattern-syntax.ts';
import { parseRewrite } from '../domain/rewrite.ts';
import type { Match } from '../domain/settings.ts';
import type { PartEntry } from './compose-schema.ts';
import type { Draft } from './draft.ts';
import { errorAt, type Finding, type Path, quote, warningAt } from './problem.ts';
import { derivedId } from './route-id.ts';
import type { RouteEntry } from './schema.ts';
import { didYouMean } from './suggest.ts';

type DraftRoute = Partial<RouteEntry>;

const mostParts = 16;

/**
 * What can be wrong with a composed answer beyond each single value. `given` is the route as the file has it;
 * `servicesKnown`: the names of all services could be read.
 */
export function checkCompose(
  route: DraftRoute,
  path: Path,
  given: unknown,
  draft: Draft,
  servicesKnown: boolean,
): readonly Finding[] {
  if (typeof given !== 'object' || given === null) return [];
  if (!('compose' in given)) return 'service' in given ? [] : [errorAt([...path, 'service'], '"service" is missing')];
  const place = [...path, 'compose'];
  const findings: Finding[] = [];
  for (const key of ['service', 'rewrite']) {
    if (!(key in given)) continue;
    const message = `a composed answer has no "${key}" of its own: each part names its service and its path`;
    findings.push(errorAt([...path, key], message, 'key'));
  }
  findings.push(...checkMatch(route.match ?? [], path));
  if (route.shadow !== undefined && route.shadow.writes.mode !== 'off') {
    findings.push(
      errorAt([...path, 'shadow', 'writes'], 'a composed route takes no writes that could be copied', 'key'),
    );
  }
  if (route.compose === undefined) return findings;
  const parts = Object.entries(route.compose);
  if (parts.length === 0) findings.push(errorAt(place, '"compose" needs at least one part'));
  if (parts.length > mostParts)
    findings.push(errorAt(place, `"compose" has ${parts.length} parts, at most ${mostParts}`));
  if (parts.length > 0 && !parts.some(([, { required }]) => required)) {
    const message = 'no part is required: where all of them fail, the answer is an empty one that says so';
    findings.push(warningAt(place, message, 'key'));
  }
  const match = route.match ?? [];
  for (const [name, part] of parts) {
    if (servicesKnown) findings.push(...checkService(part, [...place, name, 'service'], draft));
    findings.push(...checkNames(part, match, [...place, name]));
  }
  return [
    ...findings,
    ...checkPartIds(
      route,
      parts.map(([name]) => name),
      place,
      draft,
    ),
  ];
}

function checkMatch(match: readonly Match[], path: Path): readonly Finding[] {
  const place = [...path, 'match'];
  if (match.some(({ methods }) => methods === null)) {
    return [errorAt(place, 'only a GET can be composed: "match" names the method, as in GET /path')];
  }
  const others = new Set(
    match.flatMap(({ methods }) => methods ?? []).filter((one) => one !== 'GET' && one !== 'HEAD'),
  );
  if (others.size === 0) return [];
  return [errorAt(place, `only a GET can be composed, not ${[...others].join(', ')}`)];
}

function checkService({ service }: PartEntry, place: Path, { services }: Draft): readonly Finding[] {
  if (service === 'legacy') {
    return [errorAt(place, '"legacy" is not a service: its own answer is what the parts stand for')];
  }
  if (services.has(service)) return [];
  return [errorAt(place, `unknown service ${quote(service)}${didYouMean(service, services.keys())}`)];
}

/** Every match has to bind what a part's path and query are filled with. */
function checkNames({ path: written, query }: PartEntry, match: readonly Match[], place: Path): readonly Finding[] {
  const asked = parseRewrite(written).names.map((name) => ({ name, at: [...place, 'path'] }));
  for (const [key, value] of Object.entries(query)) {
    if (value.from === 'path') asked.push({ name: value.name, at: [...place, 'query', key] });
  }
  return asked.flatMap(({ name, at }) => {
    const lacking = match.find((one) => !parsePattern(one.path).names.includes(name));
    if (lacking === undefined) return [];
    const shown = name === '*' ? 'a final "*"' : quote(`:${name}`);
    const known = didYouMean(name, parsePattern(lacking.path).names);
    return [errorAt(at, `${shown} is not in the path ${quote(lacking.path)}${known}`)];
  });
}

/** A part's circuit goes by a name of its own, which no route may have. */
function checkPartIds(route: DraftRoute, names: readonly string[], place: Path, { routes }: Draft): readonly Finding[] {
  const own = idOf(route);
  if (own === undefined) return [];
  const ids = new Set(routes.map(idOf));
  return names
    .filter((name) => ids.has(partId(own, name)))
    .map((name) => errorAt([...place, name], `${quote(partId(own, name))} is also the id of a route`, 'key'));
}

function idOf({ id, match }: DraftRoute): string | undefined {
  return id ?? (match && derivedId(match));
}
