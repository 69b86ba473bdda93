import { redactLooks } from './looks.ts';
import { isSecretName } from './secret-names.ts';
import type { StandIns } from './stand-ins.ts';
import { redactText } from './text.ts';

/**
 * Takes secrets out of a request target or a whole URL. What is left is for people to read: a stand-in is not
 * encoded. `bound` are the names and values that the route's pattern bound, flat.
 */
export function redactUrl(url: string, standIns: StandIns, bound: readonly string[] = []): string {
  const scrubbed = standIns.scrub(url);
  const hash = scrubbed.indexOf('#');
  const beforeHash = hash === -1 ? scrubbed : scrubbed.slice(0, hash);
  const fragment = hash === -1 ? '' : `#${redactQuery(scrubbed.slice(hash + 1), standIns)}`;
  const mark = beforeHash.indexOf('?');
  const path = redactPath(mark === -1 ? beforeHash : beforeHash.slice(0, mark), standIns, secretsOf(bound));
  return mark === -1 ? path + fragment : `${path}?${redactQuery(beforeHash.slice(mark + 1), standIns)}${fragment}`;
}

/** `a=b&c=d`, as in URLs and in forms. */
export function redactQuery(query: string, standIns: StandIns): string {
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals === -1) return redactEncoded(pair, standIns);
      const name = pair.slice(0, equals);
      const value = pair.slice(equals + 1);
      if (value !== '' && isSecretName(decoded(name))) return `${name}=${standIns.of('redacted', decoded(value))}`;
      return `${redactEncoded(name, standIns)}=${redactEncoded(value, standIns)}`;
    })
    .join('&');
}

function redactPath(path: string, standIns: StandIns, bound: ReadonlySet<string>): string {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(path)?.[0] ?? '';
  let before = '';
  const segments = path
    .slice(origin.length)
    .split('/')
    .map((segment) => {
      const named = isSecretName(before);
      before = decoded(segment);
      if (segment === '' || !(named || bound.has(segment))) return redactEncoded(segment, standIns);
      // `/tokens/new`: what follows a telling segment is not always the secret.
      return standIns.of('redacted', decoded(segment), bound.has(segment) ? 'told' : 'guessed');
    });
  return redactUserinfo(origin, standIns) + segments.join('/');
}

/** `https://user:password@host` */
function redactUserinfo(origin: string, standIns: StandIns): string {
  const at = origin.lastIndexOf('@');
  if (at === -1) return redactLooks(origin, standIns);
  const from = origin.indexOf('//') + 2;
  return `${origin.slice(0, from)}${standIns.of('redacted', origin.slice(from, at))}${origin.slice(at)}`;
}

function secretsOf(bound: readonly string[]): ReadonlySet<string> {
  const secrets = new Set<string>();
  for (let i = 0; i < bound.length; i += 2) if (isSecretName(bound[i]!)) secrets.add(bound[i + 1]!);
  return secrets;
}

/** An address within an address within an address is encoded so often; each time more costs the whole text again. */
const mostEncodings = 3;

/** Keeps the spelling of what holds no secret. */
function redactEncoded(text: string, standIns: StandIns, encodings = mostEncodings): string {
  const plain = decoded(text);
  const redacted = redactText(plain, standIns);
  if (redacted !== plain) return redacted;
  if (plain === text) return text;
  const within = plain.includes('%') && encodings > 1 ? redactEncoded(plain, standIns, encodings - 1) : plain;
  return within === plain ? redactLooks(standIns.scrub(text), standIns) : within;
}

function decoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
