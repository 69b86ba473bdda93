import { usualHeaders } from '../domain/comparing/heads.ts';
import { parsePlace } from '../domain/comparing/place.ts';
import { type Finding, type Path, quote, warningAt } from './problem.ts';
import type { ShadowEntry } from './shadow-schema.ts';
import { didYouMean } from './suggest.ts';

/** The rules of a route that can never let anything differ: they do no harm, but not what they promise either. */
export function checkRules({ ignore, tolerance, normalize, headers }: ShadowEntry, place: Path): readonly Finding[] {
  const compared = [...usualHeaders, 'set-cookie', ...headers];
  const checkKeys = (kind: Keyed, rules: readonly { readonly at: string }[]) =>
    // One key may hold several rewritings.
    [...new Set(rules.map(({ at }) => at))].flatMap((at) => {
      const why = whyNever(kind, at, compared);
      return why === null ? [] : [warningAt([...place, kind, at], `${quote(at)} has no effect: ${why}`, 'key')];
    });
  return [
    ...ignore.flatMap((at, index) => {
      const why = whyNever('ignore', at, compared);
      return why === null ? [] : [warningAt([...place, 'ignore', index], `${quote(at)} has no effect: ${why}`)];
    }),
    ...checkKeys('tolerance', tolerance),
    ...checkKeys('normalize', normalize),
    ...headers.flatMap((name, index) => {
      if (!usualHeaders.includes(name)) return [];
      return [warningAt([...place, 'headers', index], `${quote(name)} has no effect: it is compared anyway`)];
    }),
  ];
}

type Keyed = 'tolerance' | 'normalize';

/** Null for a rule that may apply. */
function whyNever(kind: 'ignore' | Keyed, at: string, compared: readonly string[]): string | null {
  const place = parsePlace(at);
  if (place.of !== 'header') return null;
  const { name } = place;
  if (!compared.includes(name)) {
    return `${name} is not compared unless "headers" lists it${didYouMean(name, compared)}`;
  }
  if (kind === 'ignore') return null;
  if (name === 'set-cookie') return `cookies are compared as they are, or not at all: ignore: [${quote(at)}]`;
  if (kind === 'normalize' || !usualHeaders.includes(name)) return null;
  return `${name} holds neither a number nor a time; "normalize" rewrites what it holds`;
}
