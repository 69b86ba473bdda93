import { mayWrite } from '../domain/method.ts';
import { parsePattern } from '../domain/pattern-syntax.ts';
import type { Source } from '../domain/publishing/source.ts';
import type { Match } from '../domain/settings.ts';
import { valueAt } from './draft.ts';
import { errorAt, type Finding, type Path, quote, warningAt } from './problem.ts';
import type { PublishEntry } from './publish-schema.ts';
import type { RouteEntry } from './schema.ts';
import { didYouMean } from './suggest.ts';

/** What can be wrong with what a route publishes beyond each single value. `given` is the route as the file has it. */
export function checkPublish(route: Partial<RouteEntry>, path: Path, given: unknown): readonly Finding[] {
  const { publish = [], match = [] } = route;
  const isList = Array.isArray(valueAt(given, ['publish']));
  return publish.flatMap((entry, index) => {
    const place = isList ? [...path, 'publish', index] : [...path, 'publish'];
    return [
      ...checkMethods(entry, match, place),
      ...checkSource(entry.key, match, [...place, 'key']),
      ...Object.entries(entry.data ?? {}).flatMap(([name, source]) =>
        checkSource(source, match, [...place, 'data', name]),
      ),
    ];
  });
}

function checkMethods({ methods }: PublishEntry, match: readonly Match[], place: Path): readonly Finding[] {
  const safe = (methods ?? []).filter((method) => !mayWrite(method));
  if (safe.length > 0) {
    const message = `${safe.join(', ')} changes nothing, so there is nothing to tell: only methods that write are published`;
    return [errorAt([...place, 'methods'], message)];
  }
  if (match.length === 0 || match.some((one) => one.methods === null)) return [];
  const taken = [...new Set(match.flatMap((one) => one.methods ?? []))];
  const told = taken.filter((method) => mayWrite(method) && (methods === undefined || methods.includes(method)));
  if (told.length > 0) return [];
  const only = `this route takes ${taken.join(', ')} only`;
  if (methods !== undefined) return [errorAt([...place, 'methods'], `nothing is published: ${only}`)];
  return [errorAt(place, `nothing is published: ${only}, and what changes nothing is never told`, 'key')];
}

function checkSource(source: Source, match: readonly Match[], place: Path): readonly Finding[] {
  if (source.from === 'text' && source.text === '') return [warningAt(place, 'this text is empty')];
  if (source.from !== 'path') return [];
  const lacking = match.find((one) => !parsePattern(one.path).names.includes(source.name));
  if (lacking === undefined) return [];
  const known = didYouMean(source.name, parsePattern(lacking.path).names);
  return [errorAt(place, `${quote(`:${source.name}`)} is not in the path ${quote(lacking.path)}${known}`)];
}
