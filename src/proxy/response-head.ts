import { CONTENT_LENGTH, fieldCode, LOCATION, SET_COOKIE, TRAILER } from '../domain/fields.ts';
import type { InstanceUrl } from '../domain/settings.ts';
import type { TargetPort } from '../ports.ts';
import type { CallerSocket } from './caller-socket.ts';

/** How a `host: target` answer is told in the caller's terms; the target knows itself by another name. */
export interface Naming {
  readonly target: InstanceUrl;
  /** The Host that the caller asked for. */
  readonly host: string;
  readonly secure: boolean;
}

/** `null` where the target goes by the name that the caller asked for; `requestHost` is the one in its request. */
export function namingFor(
  target: TargetPort,
  url: InstanceUrl,
  requestHost: string,
  rawHeaders: readonly string[],
  caller: CallerSocket,
): Naming | null {
  if (target.settings.host === 'preserve') return null;
  const { host, secure } = caller.origin(requestHost, rawHeaders);
  return { target: url, host, secure };
}

/**
 * The target's fields as the caller gets them: the same list, untouched, wherever nothing has to change.
 * `dropsTrailer`: trailers are announced that are not passed on.
 */
export function responseHeaders(
  headers: string[],
  status: number,
  dropsTrailer: boolean,
  naming: Naming | null,
): string[] {
  if (status !== 204 && naming === null && !dropsTrailer) return headers;
  const result: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    const code = fieldCode(name);
    if (code === TRAILER && dropsTrailer) continue;
    // RFC 9110 section 8.6 forbids it on a 204, and Node would wait for the bytes.
    if (code === CONTENT_LENGTH && status === 204) continue;
    if (naming !== null && code === LOCATION) result.push(name, renamedLocation(value, naming));
    else if (naming !== null && code === SET_COOKIE) result.push(name, renamedCookie(value, naming));
    else result.push(name, value);
  }
  return result;
}

/**
 * A Location at the target, by its name or by a path alone, becomes the one at which the caller gets to it. Any other
 * is left alone, and so is one outside of the target's base path: no request of a caller's gets there.
 */
export function renamedLocation(location: string, { target, host, secure }: Naming): string {
  const match = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(location);
  if (match === null) return location.startsWith('//') ? location : asOwnPath(location, target.basePath);
  if (host === '') return location;
  const [, scheme = '', authority = '', rest = ''] = match;
  const defaultPort = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  const plain = authority.toLowerCase().endsWith(defaultPort) ? authority.slice(0, -defaultPort.length) : authority;
  if (plain.toLowerCase() !== target.authority.toLowerCase()) return location;
  const path = withoutBase(rest, target.basePath);
  return path === null ? location : `${secure ? 'https' : 'http'}://${host}${path}`;
}

function asOwnPath(location: string, basePath: string): string {
  const path = basePath === '' ? null : withoutBase(location, basePath);
  if (path === null) return location;
  // What is left must not be read as the name of another host, as browsers read `//` and `/\`, tabs left out.
  return /^\/\t*[/\\]/.test(path) ? `/.${path}` : path;
}

/** `null` where `path` lies outside of `basePath`. */
function withoutBase(path: string, basePath: string): string | null {
  if (basePath === '') return path;
  if (!path.startsWith(basePath)) return null;
  const rest = path.slice(basePath.length);
  if (rest.startsWith('/')) return rest;
  return rest === '' || rest.startsWith('?') || rest.startsWith('#') ? `/${rest}` : null;
}

/** A cookie for the target's own name and base path becomes one for the caller's host. */
export function renamedCookie(cookie: string, { target, host }: Naming): string {
  const parts = cookie.split(';');
  const kept = [parts[0]!];
  for (const part of parts.slice(1)) {
    const ownPath = cookiePath(part, target.basePath);
    if (ownPath !== null) {
      kept.push(` Path=${ownPath}`);
      continue;
    }
    const domain = /^\s*domain\s*=\s*\.?(.*?)\s*$/i.exec(part)?.[1];
    if (domain === undefined || domain.toLowerCase() !== target.hostname.toLowerCase()) {
      kept.push(part);
      continue;
    }
    const name = host.startsWith('[') ? '' : host.replace(/:\d+$/, '');
    // Addresses and single names can't be a cookie's Domain; without one the cookie is the host's own.
    if (/[a-z]/i.test(name) && name.includes('.')) kept.push(` Domain=${name}`);
  }
  return kept.join(';');
}

/** What a Path attribute below the base path becomes; `null` for any other part of a cookie. */
function cookiePath(part: string, basePath: string): string | null {
  const path = basePath === '' ? undefined : /^\s*path\s*=\s*(.*?)\s*$/i.exec(part)?.[1];
  return path === undefined ? null : withoutBase(path, basePath);
}

/**
 * Whether these fields invite a shared cache to keep the answer and hand it to others (RFC 9111 section 3). Only
 * `private` and `no-store` forbid that: under `no-cache` the copy is checked with the target first, but what is then
 * handed out is the copy, with the Set-Cookie that came with it.
 */
export function isSharedCacheable(headers: readonly string[]): boolean {
  let control = '';
  let expires = '';
  let date = '';
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    if (name === 'cache-control') control += `,${headers[i + 1]}`;
    else if (name === 'expires') expires = headers[i + 1]!;
    else if (name === 'date') date = headers[i + 1]!;
  }
  if (/[,\s](?:private|no-store)(?:$|[,\s=])/i.test(control)) return false;
  if (/[,\s](?:public|s-maxage=|max-age="?0*[1-9])/i.test(control)) return true;
  // An Expires that is no date lies in the past; one without a Date to hold it against counts as ahead.
  const until = /^[a-z]/i.test(expires) ? Date.parse(expires) : Number.NaN;
  return !Number.isNaN(until) && !(until <= Date.parse(date));
}
