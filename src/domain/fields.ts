/**
 * Header field names as small numbers, so that the two passes over a header list compare integers instead of
 * lower-casing every name. Names that differ only in case have one number; everything unknown is {@link OTHER}.
 */
export const OTHER = 0;
export const HOST = 1;
export const CONNECTION = 2;
export const CONTENT_LENGTH = 3;
export const TRANSFER_ENCODING = 4;
export const UPGRADE = 5;
export const EXPECT = 6;
export const TE = 7;
export const TRAILER = 8;
/** Fields that belong to one connection and are never forwarded. */
export const HOP_BY_HOP = 9;
export const VIA = 10;
export const MAX_FORWARDS = 11;
/** `Forwarded`, `X-Forwarded-*` and their kin: believed from trusted peers only. */
export const X_FORWARDED_FOR = 12;
export const X_FORWARDED_HOST = 13;
export const X_FORWARDED_PROTO = 14;
export const FORWARDED = 15;
export const FORWARDING_KIN = 16;
/** `x_forwarded_for` and the like: CGI-style targets can't tell them from the real ones. */
export const UNDERSCORE_TWIN = 17;
export const LOCATION = 18;
export const SET_COOKIE = 19;

const codes: ReadonlyMap<string, number> = new Map([
  ['host', HOST],
  ['connection', CONNECTION],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['upgrade', UPGRADE],
  ['expect', EXPECT],
  ['te', TE],
  ['trailer', TRAILER],
  ['keep-alive', HOP_BY_HOP],
  ['proxy-connection', HOP_BY_HOP],
  ['proxy-authorization', HOP_BY_HOP],
  ['http2-settings', HOP_BY_HOP],
  ['via', VIA],
  ['max-forwards', MAX_FORWARDS],
  ['x-forwarded-for', X_FORWARDED_FOR],
  ['x-forwarded-host', X_FORWARDED_HOST],
  ['x-forwarded-proto', X_FORWARDED_PROTO],
  ['forwarded', FORWARDED],
  ['x-real-ip', FORWARDING_KIN],
  ['location', LOCATION],
  ['content-location', LOCATION],
  ['set-cookie', SET_COOKIE],
]);

const underscoreTwins = /^(?:x_forwarded_|x_real_ip$|x_strangler_|content_length$|transfer_encoding$|forwarded_)/;

/** Spellings seen so far. Bounded, since callers choose the names. */
const seen = new Map<string, number>();
const mostSpellings = 1_000;
const longestSpelling = 40;

/** The number of a field name in any case. */
export function fieldCode(name: string): number {
  const known = seen.get(name);
  if (known !== undefined) return known;
  const code = classify(name.toLowerCase());
  if (seen.size < mostSpellings && name.length <= longestSpelling) seen.set(name, code);
  return code;
}

function classify(lower: string): number {
  const code = codes.get(lower);
  if (code !== undefined) return code;
  if (lower.startsWith('x-forwarded-')) return FORWARDING_KIN;
  if (lower.includes('_') && underscoreTwins.test(lower.replaceAll('-', '_'))) return UNDERSCORE_TWIN;
  return OTHER;
}

/** What a `Connection` value says. */
export interface ConnectionOptions {
  readonly close: boolean;
  readonly keepAlive: boolean;
  /** Lower-case names of the fields that are to go with it, but for those that go anyway. */
  readonly names: readonly string[];
}

/** Values seen so far, bounded like the spellings above: nearly every message has one of a handful. */
const seenOptions = new Map<string, ConnectionOptions>();
const mostOptions = 100;

/** Reads a `Connection` value (RFC 9110 section 7.6.1). */
export function connectionOptions(value: string): ConnectionOptions {
  const known = seenOptions.get(value);
  if (known !== undefined) return known;
  const options = readConnectionOptions(value);
  if (seenOptions.size < mostOptions && value.length <= longestSpelling) seenOptions.set(value, options);
  return options;
}

function readConnectionOptions(value: string): ConnectionOptions {
  const names = new Set<string>();
  for (const option of value.split(',')) names.add(option.trim().toLowerCase());
  names.delete('');
  names.delete('upgrade');
  const close = names.delete('close');
  const keepAlive = names.delete('keep-alive');
  return { close, keepAlive, names: [...names] };
}

/** 1 for each character that RFC 9110 section 5.6.2 allows in a token. */
export const tokenCharacters = characterTable((code) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)));

/** 1 for each character that RFC 9110 section 5.5 allows in a field value: HTAB, SP, VCHAR, obs-text. */
export const valueCharacters = characterTable((code) => code === 9 || (code >= 32 && code !== 127));

function characterTable(allowed: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (allowed(code) ? 1 : 0));
}
