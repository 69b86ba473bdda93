import { isNamed } from './header-lines.ts';
import { bindPattern } from './pattern.ts';
import { parsePattern } from './pattern-syntax.ts';
import type { Probe } from './probe.ts';
import type { Match } from './settings.ts';
import { asWireText } from './wire-text.ts';

/**
 * What keeps one match from holding, in words; empty when it holds. The table answers the same question for all
 * routes at once and can't say why: this is for a person who asks, and a test holds the two together.
 */
export function unmetConditions(match: Match, probe: Probe): readonly string[] {
  const unmet: string[] = [];
  if (!methodHolds(match.methods, probe)) {
    unmet.push(`the method is ${probe.method}, not ${match.methods!.join(' or ')}`);
  }
  if (!hostHolds(match.host, probe.host)) unmet.push(`the host is ${probe.host ?? 'missing'}, not ${match.host}`);
  if (bindPattern(parsePattern(match.path), probe.path) === null) unmet.push(otherPath(match.path, probe.path));
  for (const [name, value] of match.headers) {
    if (!pairHolds(probe.headers, isNamed, name, value)) unmet.push(otherValue('header', name, value));
  }
  for (const [name, value] of match.query) {
    if (!pairHolds(probe.query, isSame, name, value)) unmet.push(otherValue('query parameter', name, value));
  }
  return unmet;
}

function methodHolds(methods: Match['methods'], { method, askedMethod }: Probe): boolean {
  if (methods === null) return true;
  const holds = (asked: string) => methods.includes(asked) || (asked === 'HEAD' && methods.includes('GET'));
  return holds(method) || (askedMethod !== null && holds(askedMethod));
}

function hostHolds(wanted: Match['host'], host: string | null): boolean {
  if (wanted === null) return true;
  if (host === null) return false;
  return wanted.startsWith('*.') ? host.length >= wanted.length && host.endsWith(wanted.slice(1)) : host === wanted;
}

const isSame = (name: string, wanted: string): boolean => name === wanted;

function pairHolds(
  pairs: readonly string[],
  isThe: (name: string, wanted: string) => boolean,
  name: string,
  value: string,
): boolean {
  const [wantedName, wantedValue] = [asWireText(name), asWireText(value)];
  for (let i = 0; i < pairs.length; i += 2) {
    if (isThe(pairs[i]!, wantedName) && (value === '*' || pairs[i + 1] === wantedValue)) return true;
  }
  return false;
}

function otherPath(pattern: string, path: string): string {
  const differsInSlash = pattern === `${path}/` || path === `${pattern}/`;
  return `the path is ${path}, not ${pattern}${differsInSlash ? ' (a trailing slash is another path)' : ''}`;
}

/** The value that came is not told: it may be what the caller is recognised by. */
function otherValue(what: string, name: string, value: string): string {
  return value === '*' ? `the ${what} ${name} is missing` : `the ${what} ${name} is not ${JSON.stringify(value)}`;
}
