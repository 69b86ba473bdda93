import { asWireText } from './wire-text.ts';

/**
 * The one spelling of a path that routes are matched on. Two spellings of the same resource get the same text;
 * an encoded delimiter never turns into a delimiter.
 *
 * - A byte that may stand in a path as itself (RFC 3986 `pchar`) stands as itself; every other byte — controls,
 *   space, `\`, `"`, non-ASCII whether sent raw or as `%c3%a9` — is `%XX` in upper case. So the result is printable
 *   ASCII and a valid request path: what was matched can be sent as it is.
 * - `%2F %5C %3F %23 %25 %3B` stay encoded. `;` is on the list because servlet containers cut parameters there.
 * - A `%` that begins no escape means itself and is spelled `%25`; left bare it could form a new escape with
 *   what is decoded after it, and the text would decode further each time it is read.
 * - Then empty segments go, then `.` and `..` (above the root: the root). A trailing slash and the case stay.
 */
export function normalisePath(rawPath: string): string {
  if (isNormal(rawPath) || rawPath === '*') return rawPath;
  return resolveDots(canonicalText(rawPath));
}

/** `query` has no `?` and is null when there is none. Absolute-form loses its authority: that is the Host's business. */
export function splitTarget(rawTarget: string): { readonly path: string; readonly query: string | null } {
  const target = rawTarget.charCodeAt(0) === SLASH ? rawTarget : withoutAuthority(rawTarget);
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: null };
  return { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Spells text canonically without resolving segments; `/` stays. */
export function canonicalText(raw: string): string {
  let text = '';
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code === PERCENT) {
      const byte = escapedByte(raw, i);
      text += byte === -1 ? '%25' : decoded[byte]!;
      if (byte !== -1) i += 2;
    } else {
      text += code === SLASH || (code < 0x80 && standsForItself[code] === 1) ? raw[i]! : escapeUnit(raw, i);
      if (isLeadingSurrogate(code) && isTrailingSurrogate(raw.charCodeAt(i + 1))) i++;
    }
  }
  return text;
}

/** Whether {@link canonicalText} would return the very same text. */
export function isCanonicalText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === SLASH || (code < 0x80 && standsForItself[code] === 1)) continue;
    if (!isCanonicalEscape(text, i)) return false;
    i += 2;
  }
  return true;
}

const SLASH = 0x2f;
const PERCENT = 0x25;
const DOT = 0x2e;

const standsForItself = new Uint8Array(0x80);
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@") {
  standsForItself[character.charCodeAt(0)] = 1;
}

const encoded = Array.from({ length: 0x100 }, (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`);
/** What the escape of a byte becomes. */
const decoded = encoded.map((spelling, byte) => {
  const plain = byte < 0x80 && standsForItself[byte] === 1 && byte !== ';'.charCodeAt(0);
  return plain ? String.fromCharCode(byte) : spelling;
});

/** The scan that lets almost every path through untouched, without allocating. */
function isNormal(path: string): boolean {
  if (path.charCodeAt(0) !== SLASH) return false;
  let afterSlash = true;
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === SLASH) {
      if (afterSlash) return false;
      afterSlash = true;
      continue;
    }
    if (code === DOT && afterSlash && isDotSegment(path, i)) return false;
    afterSlash = false;
    if (code < 0x80 && standsForItself[code] === 1) continue;
    if (!isCanonicalEscape(path, i)) return false;
    i += 2;
  }
  return true;
}

function isDotSegment(path: string, at: number): boolean {
  const next = path.charCodeAt(at + 1);
  const end = next === DOT ? at + 2 : at + 1;
  return end === path.length || path.charCodeAt(end) === SLASH;
}

function isCanonicalEscape(text: string, at: number): boolean {
  const byte = escapedByte(text, at);
  return byte !== -1 && decoded[byte]!.length === 3 && isUpperHex(text, at + 1) && isUpperHex(text, at + 2);
}

const isUpperHex = (text: string, at: number): boolean => text.charCodeAt(at) <= 0x46;

/** The byte that the escape at `at` stands for, or -1 where there is no escape. */
function escapedByte(text: string, at: number): number {
  if (text.charCodeAt(at) !== PERCENT) return -1;
  const high = hexDigit(text.charCodeAt(at + 1));
  const low = hexDigit(text.charCodeAt(at + 2));
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function escapeUnit(text: string, at: number): string {
  const code = text.charCodeAt(at);
  if (code <= 0xff) return encoded[code]!;
  let escaped = '';
  for (const byte of asWireText(String.fromCodePoint(text.codePointAt(at)!))) escaped += encoded[byte.charCodeAt(0)]!;
  return escaped;
}

const isLeadingSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isTrailingSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

function resolveDots(path: string): string {
  const segments = path.split('/');
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const last = segments[segments.length - 1]!;
  const endsInSlash = kept.length > 0 && (last === '' || last === '.' || last === '..');
  return `/${kept.join('/')}${endsInSlash ? '/' : ''}`;
}

function withoutAuthority(target: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(target);
  if (scheme === null) return target;
  const afterScheme = scheme[0].length;
  for (let i = afterScheme; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code === SLASH) return target.slice(i);
    if (code === 0x3f || code === 0x23) return `/${target.slice(i)}`;
  }
  return '/';
}
