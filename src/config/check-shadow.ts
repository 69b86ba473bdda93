import { mayWrite } from '../domain/method.ts';
import { parsePattern } from '../domain/pattern-syntax.ts';
import { parseReadback } from '../domain/readback.ts';
import type { InstanceUrl, Match } from '../domain/settings.ts';
import { unshadowed } from '../domain/shadow.ts';
import { checkRules } from './check-rules.ts';
import type { Draft } from './draft.ts';
import { withHead } from './matching.ts';
import { errorAt, type Finding, type Path, quote, warningAt } from './problem.ts';
import type { RouteEntry } from './schema.ts';
import type { ShadowEntry } from './shadow-schema.ts';
import { didYouMean } from './suggest.ts';

type DraftRoute = Partial<RouteEntry>;

/** What can be wrong with a route's shadow beyond each single value. `given` is the route as the file has it. */
export function checkShadow(route: DraftRoute, path: Path, given: unknown, draft: Draft): readonly Finding[] {
  if (typeof given !== 'object' || given === null || !('shadow' in given)) return [];
  const place = [...path, 'shadow'];
  const findings: Finding[] = [];
  if (!('percent' in given)) {
    const message = 'a route with "shadow" says its percent too: "percent: 0" leaves every answer to legacy';
    findings.push(errorAt(place, message, 'key'));
  }
  if (route.legacy !== undefined) {
    findings.push(errorAt(place, 'legacy is retired here: there is nothing to compare with', 'key'));
  }
  if (route.shadow === undefined) return findings;
  return [
    ...findings,
    ...checkWrites(route.shadow, place),
    ...checkMethods(route.shadow, route.match ?? [], place),
    ...checkReadback(route.shadow, route.match ?? [], place),
    ...checkSister(route, place, draft),
    ...checkRules(route.shadow, place),
  ];
}

const copied = ({ methods }: ShadowEntry): readonly string[] => methods ?? unshadowed.methods;

function checkWrites(shadow: ShadowEntry, place: Path): readonly Finding[] {
  const { writes } = shadow;
  const writing = copied(shadow).filter(mayWrite);
  if (writing.length > 0 && writes.mode === 'off') {
    const ways = 'writes: header, { url: … } or { readback: { get: … } }';
    const message = `a copy of ${writing.join(', ')} would write a second time, and "writes" is off: choose ${ways}`;
    return [errorAt([...place, 'methods'], message)];
  }
  if (writing.length > 0 || writes.mode === 'off') return [];
  const message = '"writes" has no effect: "methods" lists none that writes, as methods: [GET, POST] does';
  return [warningAt([...place, 'writes'], message, 'key')];
}

function checkMethods(shadow: ShadowEntry, match: readonly Match[], place: Path): readonly Finding[] {
  const takesAny = match.some((one) => one.methods === null);
  if (match.length === 0 || takesAny) return [];
  const taken = withHead(match.flatMap((one) => one.methods ?? []));
  const surplus = copied(shadow).filter((method) => !taken.includes(method));
  if (shadow.methods !== undefined) {
    if (surplus.length === 0) return [];
    const message = `this route never takes ${surplus.join(', ')}, only ${taken.join(', ')}`;
    return [warningAt([...place, 'methods'], message)];
  }
  if (shadow.percent === 0 || surplus.length < copied(shadow).length) return [];
  const only = taken.join(', ');
  const message = `nothing is copied: this route takes ${only} only, and without "methods" only GET and HEAD are`;
  return [warningAt(place, message, 'key')];
}

/** Every match that takes a write has to bind what its readback needs. */
function checkReadback(shadow: ShadowEntry, match: readonly Match[], place: Path): readonly Finding[] {
  const { writes } = shadow;
  if (writes.mode !== 'readback') return [];
  const writing = new Set(copied(shadow).filter(mayWrite));
  const writers = match.filter((one) => one.methods === null || one.methods.some((method) => writing.has(method)));
  return parseReadback(writes.get).names.flatMap((name) => {
    const lacking = writers.find((one) => !parsePattern(one.path).names.includes(name));
    if (lacking === undefined) return [];
    const known = didYouMean(name, parsePattern(lacking.path).names);
    const way = known === '' ? `; {${name}} is read from legacy's answer` : known;
    const message = `${quote(`:${name}`)} is not in the path ${quote(lacking.path)}${way}`;
    return [errorAt([...place, 'writes', 'readback', 'get'], message)];
  });
}

/** A sister has data that may be spoilt; whoever serves callers has not. */
function checkSister({ shadow }: DraftRoute, place: Path, draft: Draft): readonly Finding[] {
  if (shadow?.writes.mode !== 'url') return [];
  const sister = spelled(shadow.writes.url);
  for (const [name, { url, urls = [] }] of [['legacy', draft.legacy] as const, ...draft.services]) {
    if (![...(url === undefined ? [] : [url]), ...urls].some((instance) => spelled(instance) === sister)) continue;
    const message = `this is ${quote(name)} itself: the copies would write into the data that it serves callers from`;
    return [errorAt([...place, 'writes', 'url'], message)];
  }
  return [];
}

function spelled({ secure, authority, basePath }: InstanceUrl): string {
  return `${secure}:${authority}${basePath}`;
}
