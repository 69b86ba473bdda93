import { METHODS } from 'node:http';
import { isNeverForwarded, mayWrite } from '../domain/method.ts';
import { parsePattern } from '../domain/pattern-syntax.ts';
import { parseRewrite } from '../domain/rewrite.ts';
import type { Match } from '../domain/settings.ts';
import { checkCompose } from './check-compose.ts';
import { checkFallthrough } from './check-policies.ts';
import { checkPublish } from './check-publish.ts';
import { checkRollout } from './check-rollout.ts';
import { checkShadow } from './check-shadow.ts';
import { type Draft, valueAt } from './draft.ts';
import { errorAt, type Finding, type Path, quote, warningAt } from './problem.ts';
import { derivedId } from './route-id.ts';
import type { RouteEntry } from './schema.ts';
import { didYouMean } from './suggest.ts';
import { findUnreachable } from './unreachable.ts';

type DraftRoute = Partial<RouteEntry>;

/** What can be wrong with routes beyond each single value. `lineOf` says where a path stands. */
export function checkRoutes(draft: Draft, content: unknown, lineOf: (path: Path) => number): readonly Finding[] {
  const servicesKnown = valueAt(content, ['services']) === undefined || draft.services.size > 0;
  const findings: Finding[] = [];
  for (const [index, route] of draft.routes.entries()) {
    const path = ['routes', index];
    if (servicesKnown || route.service === 'legacy') findings.push(...checkService(route, path, draft));
    findings.push(...checkRewrite(route, path), ...checkRetired(route, path), ...checkFallthrough(route, path));
    findings.push(...checkCompose(route, path, valueAt(content, path), draft, servicesKnown));
    findings.push(...checkMethods(route, path), ...checkWrites(route, path, draft));
    findings.push(...checkShadow(route, path, valueAt(content, path), draft));
    findings.push(...checkRollout(route, path, valueAt(content, path)));
    findings.push(...checkPublish(route, path, valueAt(content, path)));
  }
  return [...findings, ...checkIds(draft, lineOf), ...checkOrder(draft, lineOf)];
}

function checkIds({ routes, services }: Draft, lineOf: (path: Path) => number): readonly Finding[] {
  const taken = new Map<string, number>();
  return routes.flatMap((route, index) => {
    const id = route.id ?? (route.match && derivedId(route.match));
    if (id === undefined) return [];
    const path = route.id === undefined ? ['routes', index] : ['routes', index, 'id'];
    if (id === 'legacy') return [errorAt(path, 'no route can be called "legacy"')];
    if (services.has(id)) return [errorAt(path, `the id ${quote(id)} is also the name of a service`)];
    const earlier = taken.get(id);
    taken.set(id, earlier ?? index);
    if (earlier === undefined) return [];
    const says = route.id === undefined ? `the id made from the match, ${quote(id)},` : `the id ${quote(id)}`;
    return [errorAt(path, `${says} is taken by the route in line ${lineOf(['routes', earlier])}`)];
  });
}

function checkService({ service }: DraftRoute, path: Path, { services }: Draft): readonly Finding[] {
  if (service === undefined || (services.has(service) && service !== 'legacy')) return [];
  const place = [...path, 'service'];
  if (service === 'legacy') {
    return [errorAt(place, '"legacy" is not a service; a route that stays names its future service and percent: 0')];
  }
  return [errorAt(place, `unknown service ${quote(service)}${didYouMean(service, services.keys())}`)];
}

function checkRewrite({ rewrite, match }: DraftRoute, path: Path): readonly Finding[] {
  if (rewrite === undefined || match === undefined) return [];
  const bound = match.map((one) => new Set(parsePattern(one.path).names));
  const names = parseRewrite(rewrite).names;
  return names.flatMap((name) => {
    const lacking = bound.findIndex((binds) => !binds.has(name));
    if (lacking === -1) return [];
    const shown = name === '*' ? 'a final "*"' : quote(`:${name}`);
    const known = didYouMean(name, bound[lacking]!);
    return [errorAt([...path, 'rewrite'], `${shown} is not in the path ${quote(match[lacking]!.path)}${known}`)];
  });
}

function checkRetired({ legacy, percent, fallback }: DraftRoute, path: Path): readonly Finding[] {
  if (legacy === undefined) return [];
  const findings: Finding[] = [];
  if (percent !== undefined && percent !== 100) {
    findings.push(errorAt([...path, 'percent'], `legacy is retired here, so percent is 100, not ${percent}`));
  }
  if (fallback) findings.push(errorAt([...path, 'fallback'], 'legacy is retired here: there is no fallback', 'key'));
  return findings;
}

function checkMethods({ match = [] }: DraftRoute, path: Path): readonly Finding[] {
  const methods = new Set(match.flatMap((one) => one.methods ?? []));
  return [...methods].flatMap((method) => {
    if (isNeverForwarded(method)) return [warningAt([...path, 'match'], `${method} is never forwarded`)];
    if (METHODS.includes(method)) return [];
    const hint = didYouMean(method, METHODS);
    return [warningAt([...path, 'match'], `no request has the method ${quote(method)}: the parser refuses it${hint}`)];
  });
}

function checkWrites({ match = [], service, percent = 100 }: DraftRoute, path: Path, draft: Draft): readonly Finding[] {
  if (percent === 0 || percent === 100 || service === undefined) return [];
  const unsafe = match.map(unsafeMethods).find((methods) => methods !== undefined);
  if (unsafe === undefined || draft.services.get(service)?.writes !== 'separate') return [];
  const message =
    `${percent} % splits ${unsafe} between legacy and ${quote(service)}, whose data is separate: ` +
    'neither sees what the other writes (writes: shared or synced says otherwise)';
  return [warningAt([...path, 'percent'], message)];
}

function unsafeMethods({ methods }: Match): string | undefined {
  if (methods === null) return 'every method';
  const unsafe = methods.filter(mayWrite);
  return unsafe.length === 0 ? undefined : unsafe.join(', ');
}

function checkOrder({ routes }: Draft, lineOf: (path: Path) => number): readonly Finding[] {
  return findUnreachable(routes.map((route) => route.match ?? [])).map(({ route, behind }) => {
    const taker = routes[behind]!;
    const id = taker.id ?? derivedId(taker.match ?? []);
    const place = ['routes', route, 'match'];
    const line = lineOf(['routes', behind]);
    return warningAt(
      place,
      `this route can never match: the route ${quote(id)} in line ${line} takes everything first`,
    );
  });
}
