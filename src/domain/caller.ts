import { type HeaderLines, isNamed } from './header-lines.ts';
import { murmur3 } from './murmur3.ts';
import type { KeySource } from './settings.ts';

/** A caller on the service at one percent stays there at every higher one: see {@link bucketOf}. */
export const BUCKETS = 10_000;

/** What the proxy gives a caller who brings no key: 128 random bits as 22 characters of base64url. */
export const OWN_COOKIE = 'strangler_caller';

/**
 * What identifies the caller: the first source that is there and not empty, as it came (nothing is decoded, so
 * that no two proxies can disagree). The caller's own cookie from us stands behind these: {@link ownCookie}.
 */
export function callerKey(
  sources: readonly KeySource[],
  rawHeaders: HeaderLines,
  query: string | null,
  clientIp: string,
): string | null {
  for (let i = 0; i < sources.length; i++) {
    const key = keyFrom(sources[i]!, rawHeaders, query, clientIp);
    if (key !== null) return key;
  }
  return null;
}

/** The key that one source gives, or null. */
export function keyFrom(
  source: KeySource,
  rawHeaders: HeaderLines,
  query: string | null,
  clientIp: string,
): string | null {
  switch (source.from) {
    case 'header':
      return headerKey(rawHeaders, source.name);
    case 'cookie':
      return cookieKey(rawHeaders, source.name, isPresent);
    case 'query':
      return query === null ? null : pairKey(query, '&', source.name, isPresent);
    case 'ip':
      return clientIp === '' ? null : clientIp;
  }
}

/** Our cookie's value. One that has not the form that we give out is as good as none. */
export function ownCookie(rawHeaders: HeaderLines): string | null {
  return cookieKey(rawHeaders, OWN_COOKIE, isOwnForm);
}

/** The last of 22 characters carries only the two bits that are left of 128. */
const isOwnForm = (value: string): boolean => /^[A-Za-z0-9_-]{21}[AQgw]$/.test(value);
const isPresent = (value: string): boolean => value !== '';

/** The caller's stable number, 0–9999: the same for every route of the group, in every proxy, after every restart. */
export function bucketOf(group: string, key: string): number {
  return murmur3(`${group}:`, key) % BUCKETS;
}

/** The service answers the buckets below this one; widening only adds callers. */
export function thresholdOf(percent: number): number {
  return Math.round(percent * 100);
}

function headerKey(lines: HeaderLines, lowerName: string): string | null {
  for (let i = 0; i < lines.length; i += 2) {
    if (lines[i + 1] !== '' && isNamed(lines[i]!, lowerName)) return lines[i + 1]!;
  }
  return null;
}

/** Across all Cookie lines: HTTP/2 callers send one for each cookie. */
function cookieKey(lines: HeaderLines, name: string, accepts: (value: string) => boolean): string | null {
  for (let i = 0; i < lines.length; i += 2) {
    if (!isNamed(lines[i]!, 'cookie')) continue;
    const key = pairKey(lines[i + 1]!, ';', name, accepts);
    if (key !== null) return key;
  }
  return null;
}

/** The first value of `name` that is accepted, in `name=value` pairs; whatever is not of that form is passed over. */
function pairKey(text: string, separator: ';' | '&', name: string, accepts: (value: string) => boolean): string | null {
  let start = 0;
  while (start < text.length) {
    const mark = text.indexOf(separator, start);
    const end = mark === -1 ? text.length : mark;
    while (start < end && isBlank(text.charCodeAt(start))) start++;
    const equals = start + name.length;
    if (text.charCodeAt(equals) === EQUALS && text.startsWith(name, start)) {
      const value = text.slice(equals + 1, end).trim();
      if (accepts(value)) return value;
    }
    start = end + 1;
  }
  return null;
}

const EQUALS = 0x3d;

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;
