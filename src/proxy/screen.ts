/**
 * What is refused before anything else happens. Node's parser lets through requests that RFC 9112 forbids and
 * that two servers can read in two ways; here they end, on the raw header list, with an error of the table.
 */
import { isIPv6 } from 'node:net';
import type { ErrorCode } from '../domain/errors.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  connectionOptions,
  EXPECT,
  fieldCode,
  HOST,
  MAX_FORWARDS,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
  VIA,
} from '../domain/fields.ts';
import type { ListenSettings } from '../domain/settings.ts';

/** A request as it came from Node's parser; one that came by HTTP/2 is told in HTTP/1.1's terms. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  /** The version that the caller really spoke, as Via names it. */
  readonly httpVersion: string;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly rawHeaders: readonly string[];
}

/** What the screen learned about a request that it let through. */
export interface Screened {
  /** Origin-form or `*`: what goes to the target, byte for byte. */
  target: string;
  /** The Host that counts: the authority of an absolute-form target, else the Host field; '' in an HTTP/1.0 request. */
  host: string;
  /** Content-Length as sent; `null` without one. */
  contentLength: string | null;
  chunked: boolean;
  hasBody: boolean;
  expectsContinue: boolean;
  takesTrailers: boolean;
  upgrade: string | null;
  /** Lower-case names of the fields that `Connection` lists; `null` where its everyday values name none. */
  nominated: Set<string> | null;
  /** -1 without a Max-Forwards that counts. */
  maxForwards: number;
}

/**
 * RFC 3986 section 3.2.2 but for the comma, which is in no host's name: whoever reads fields as lists would see two
 * hosts. A port may be left empty.
 */
const hostPattern = /^(?:\[([0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})+)(?::(\d{0,5}))?$/;
/** Stands for a Host field that isn't there; no field's value can be this. */
const noHost = '\0';
const absoluteForm = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * Either what the request says, or the code of the error that it is refused with. `pseudonym` is this proxy's own
 * name in Via: a request that bears it has been here before.
 */
export function screen(request: RawRequest, limits: ListenSettings['limits'], pseudonym: string): Screened | ErrorCode {
  const { method, rawHeaders } = request;
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor > 1) return 'version-refused';
  if (method === 'TRACE' || method === 'CONNECT') return 'method-refused';
  if (rawHeaders.length > limits.headerCount * 2) return 'headers-too-large';

  const facts: Screened = {
    target: request.url,
    host: noHost,
    contentLength: null,
    chunked: false,
    hasBody: false,
    expectsContinue: false,
    takesTrailers: false,
    upgrade: null,
    nominated: null,
    maxForwards: -1,
  };
  const refused =
    readFields(rawHeaders, method, pseudonym, facts) ??
    checkFraming(facts, request.httpVersionMinor) ??
    checkHostField(facts, request.httpVersionMinor) ??
    checkTarget(facts, method, limits.path) ??
    checkHost(facts, request.httpVersionMinor);
  if (refused !== null) return refused;
  if (request.httpVersionMinor === 0) {
    // Neither interim answers nor trailers can be sent to who speaks HTTP/1.0.
    facts.expectsContinue = false;
    facts.takesTrailers = false;
  }
  return facts;
}

function readFields(
  rawHeaders: readonly string[],
  method: string,
  pseudonym: string,
  facts: Screened,
): ErrorCode | null {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1]!;
    switch (fieldCode(rawHeaders[i]!)) {
      case HOST:
        if (facts.host !== noHost) return 'bad-host';
        facts.host = value;
        break;
      case CONTENT_LENGTH:
        if (facts.contentLength !== null) return 'bad-framing';
        facts.contentLength = value;
        break;
      case TRANSFER_ENCODING:
        if (facts.chunked) return 'bad-framing';
        if (value.toLowerCase() !== 'chunked') return isCodingList(value) ? 'coding-refused' : 'bad-framing';
        facts.chunked = true;
        break;
      case CONNECTION:
        for (const name of connectionOptions(value).names) {
          facts.nominated ??= new Set();
          facts.nominated.add(name);
        }
        break;
      case EXPECT:
        if (value.toLowerCase() !== '100-continue') return 'expectation-failed';
        facts.expectsContinue = true;
        break;
      case TE:
        if (/(?:^|[,\s])trailers(?:$|[,\s;])/i.test(value)) facts.takesTrailers = true;
        break;
      case UPGRADE:
        facts.upgrade = facts.upgrade === null ? value : `${facts.upgrade}, ${value}`;
        break;
      case VIA:
        if (value.includes(pseudonym)) return 'loop-detected';
        break;
      case MAX_FORWARDS:
        if (method === 'OPTIONS' && /^\d{1,9}$/.test(value)) facts.maxForwards = Number(value);
        break;
    }
  }
  return null;
}

/** Codings that end in `chunked` are framed unambiguously; we only don't undo the others. */
function isCodingList(value: string): boolean {
  return /^[a-z]+(?:[ \t]*,[ \t]*[a-z]+)*[ \t]*,[ \t]*chunked$/i.test(value) && !/chunked[ \t]*,/i.test(value);
}

function checkFraming(facts: Screened, minorVersion: number): ErrorCode | null {
  const { chunked, contentLength } = facts;
  facts.hasBody = chunked || (contentLength !== null && Number(contentLength) > 0);
  if (chunked) return contentLength !== null || minorVersion === 0 ? 'bad-framing' : null;
  return contentLength === null || /^\d{1,15}$/.test(contentLength) ? null : 'bad-framing';
}

function checkTarget(facts: Screened, method: string, longest: number): ErrorCode | null {
  const target = facts.target;
  if (target.length > longest) return 'path-too-long';
  if (target.charCodeAt(0) === 47) return hasForbiddenCharacter(target) ? 'bad-target' : null;
  if (target === '*') return method === 'OPTIONS' ? null : 'bad-target';
  const absolute = absoluteForm.exec(target);
  if (absolute === null || hasForbiddenCharacter(target)) return 'bad-target';
  // RFC 9112 section 3.2.2: the authority in the target replaces whatever the Host field says.
  facts.host = absolute[1]!;
  const rest = absolute[2]!;
  facts.target = rest === '' ? (method === 'OPTIONS' ? '*' : '/') : rest.startsWith('/') ? rest : `/${rest}`;
  return null;
}

/** Space and controls split a request line; a fragment never belongs into one. */
function hasForbiddenCharacter(target: string): boolean {
  for (let i = 0; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code <= 32 || code === 127 || code === 35) return true;
  }
  return false;
}

/** RFC 9112 section 3.2: the field must be there, once and valid, even where the target's authority counts. */
function checkHostField(facts: Screened, minorVersion: number): ErrorCode | null {
  if (facts.host === noHost) {
    facts.host = '';
    return minorVersion === 0 ? null : 'bad-host';
  }
  return facts.host === '' || isHost(facts.host) ? null : 'bad-host';
}

function checkHost(facts: Screened, minorVersion: number): ErrorCode | null {
  if (facts.host === '') return minorVersion === 0 ? null : 'bad-host';
  return isHost(facts.host) ? null : 'bad-host';
}

/** Most requests name the host that the one before them named. */
let lastValidHost = '';

function isHost(host: string): boolean {
  if (host === lastValidHost) return true;
  const match = hostPattern.exec(host);
  if (match === null) return false;
  const [, ipv6, port] = match;
  if ((ipv6 !== undefined && !isIPv6(ipv6)) || Number(port ?? 0) > 65_535) return false;
  lastValidHost = host;
  return true;
}
