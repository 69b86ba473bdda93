import { type HeaderLines, isNamed } from '../header-lines.ts';
import { timeOf } from './times.ts';

/** What one `set-cookie` line sets up, without the value, which is a secret more often than not. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** The same for cookies of which a browser keeps one only: by name, domain and path (RFC 6265 section 5.3). */
  readonly identity: string;
  /** Normalised and sorted; two that do the same have the same. */
  readonly attributes: string;
}

export function setCookieOf(line: string): SetCookie {
  const [first = '', ...rest] = line.split(';');
  const equals = first.indexOf('=');
  const name = (equals === -1 ? '' : first.slice(0, equals)).trim();
  const value = first.slice(equals + 1).trim();
  // Of an attribute that is given twice the last one counts.
  const attributes = new Map(rest.map(attributeOf));
  const texts = [...attributes.values()].filter((text) => text !== '');
  const identity = JSON.stringify([name, attributes.get('domain') ?? '', attributes.get('path') ?? '']);
  return { name, value, identity, attributes: texts.sort().join('; ') };
}

/** What a browser keeps of all lines: the last of each identity. */
export function setCookiesOf(lines: HeaderLines): readonly SetCookie[] {
  const cookies = new Map<string, SetCookie>();
  for (let i = 0; i < lines.length; i += 2) {
    if (!isNamed(lines[i]!, 'set-cookie')) continue;
    const cookie = setCookieOf(lines[i + 1]!);
    cookies.set(cookie.identity, cookie);
  }
  return [...cookies.values()];
}

export type CookiePair = readonly [control: SetCookie | null, candidate: SetCookie | null];

/**
 * Which cookie stands against which, in control's order, and then what only candidate has. Where one's identity is not
 * among the other side's, one of the same name stands in for it: most likely its path or domain was changed.
 */
export function pairCookies(control: readonly SetCookie[], candidate: readonly SetCookie[]): readonly CookiePair[] {
  const known = new Set(control.map(({ identity }) => identity));
  const byIdentity = new Map(candidate.map((cookie) => [cookie.identity, cookie]));
  /** By name, the first one last. */
  const spare = new Map<string, SetCookie[]>();
  for (const cookie of candidate.toReversed()) {
    if (known.has(cookie.identity)) continue;
    const alike = spare.get(cookie.name);
    if (alike === undefined) spare.set(cookie.name, [cookie]);
    else alike.push(cookie);
  }
  const pairs = control.map((cookie): CookiePair => {
    const standIn = () => spare.get(cookie.name)?.pop() ?? null;
    return [cookie, byIdentity.get(cookie.identity) ?? standIn()];
  });
  return [
    ...pairs,
    ...[...spare.values()]
      .flat()
      .reverse()
      .map((cookie): CookiePair => [null, cookie]),
  ];
}

/** Until 2001 nobody set a cookie with this in mind: such a time deletes it. */
const longPast = Date.UTC(2001, 0, 1);

/** Its name, and what it comes to: '' where that is nothing. */
function attributeOf(text: string): readonly [name: string, text: string] {
  const equals = text.indexOf('=');
  const name = (equals === -1 ? text : text.slice(0, equals)).trim().toLowerCase();
  return [name, meaningOf(name, equals === -1 ? '' : text.slice(equals + 1).trim())];
}

function meaningOf(name: string, value: string): string {
  if (name === 'expires') {
    // When it ends depends on when it was sent.
    const time = timeOf(value) ?? timeOf(value.replace(/^(\w{3}, \d{2})-(\w{3})-(\d{4})/, '$1 $2 $3'));
    return time === null ? 'expires=?' : time < longPast ? 'expires=past' : 'expires';
  }
  if (name === 'max-age' && Number(value) <= 0) return 'max-age=0';
  if (name === 'domain') {
    const domain = value.replace(/^\./, '').toLowerCase();
    return domain === '' ? '' : `domain=${domain}`;
  }
  // Any other path is none: the cookie is for the paths beside the request's own.
  if (name === 'path') return value.startsWith('/') ? `path=${value}` : '';
  if (name === 'samesite' || name === 'priority') return `${name}=${value.toLowerCase()}`;
  if (name === 'secure' || name === 'httponly' || name === 'partitioned') return name;
  return value === '' ? name : `${name}=${value}`;
}
