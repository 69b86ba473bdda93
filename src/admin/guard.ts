/**
 * Who may talk to the admin port. A page in an operator's browser can reach a loopback port too, by a foreign
 * form or by a host name that was rebound to 127.0.0.1, so an address alone proves nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AdminSettings } from '../domain/settings.ts';

/** What the guard needs of a request. */
interface Knock {
  readonly method: string;
  /** Header values by lower-case name. */
  header(name: string): string | undefined;
  /** The address of ours that the connection came in on. */
  readonly localAddress: string | undefined;
}

export interface Refused {
  readonly status: 401 | 403 | 415;
  readonly code: string;
  readonly detail: string;
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '::1']);

/** `null` lets the request in. */
export function refuse(knock: Knock, settings: AdminSettings): Refused | null {
  if (!isOurHost(knock, settings)) {
    return { status: 403, code: 'host-refused', detail: 'This Host is not in admin.hosts.' };
  }
  if (settings.token !== null && !bears(knock, settings.token)) {
    return { status: 401, code: 'token-required', detail: 'Send the admin token as "Authorization: Bearer …".' };
  }
  if (knock.method === 'GET' || knock.method === 'HEAD') return null;
  if (isCrossOrigin(knock)) {
    return { status: 403, code: 'cross-origin', detail: 'Changes are not accepted from another origin.' };
  }
  // A form can't send this content type, and a script of another origin only after a preflight that fails here.
  if (mediaType(knock.header('content-type')) !== 'application/json') {
    return { status: 415, code: 'json-required', detail: 'Changes are sent as application/json.' };
  }
  return null;
}

function isOurHost(knock: Knock, settings: AdminSettings): boolean {
  const name = hostName(knock.header('host'));
  if (name === null) return false;
  const mapped = knock.localAddress?.replace(/^::ffff:/, '');
  // Nobody can rebind an address: the one that the connection really came in on is ours.
  return (
    loopbackNames.has(name) ||
    name === mapped ||
    name === bare(settings.host) ||
    settings.hosts.some((host) => hostName(host) === name)
  );
}

/** The name in a Host header: lower-case, without port, without the brackets of IPv6. */
function hostName(host: string | undefined): string | null {
  const parts = host === undefined ? null : /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d*)?$/i.exec(host);
  return parts === null ? null : bare(parts[1]!);
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^\[(.*)\]$/, '$1');
}

function isCrossOrigin(knock: Knock): boolean {
  const site = knock.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const origin = knock.header('origin');
  if (origin === undefined) return false;
  const host = knock.header('host')?.toLowerCase();
  return origin.toLowerCase() !== `http://${host}` && origin.toLowerCase() !== `https://${host}`;
}

function mediaType(contentType = ''): string {
  return contentType.replace(/;.*/, '').trim().toLowerCase();
}

function bears(knock: Knock, token: string): boolean {
  const given = /^bearer +(\S+)\s*$/i.exec(knock.header('authorization') ?? '')?.[1];
  // Digests have one length, so that the comparison's time tells nothing of the token's.
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
