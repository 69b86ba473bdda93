/**
 * How a secret may be written elsewhere: a service may echo a credential without its scheme, decoded, or as JSON, URLs
 * and HTML have it.
 */
export function spellingsOf(secret: string): ReadonlySet<string> {
  const parts = [secret, secret.trim(), ...unwrapped(secret)];
  const [, scheme, value] = /^(Bearer|Basic|Digest|Negotiate|Token)\s+(\S.*)$/i.exec(secret) ?? [];
  if (scheme !== undefined && value !== undefined) {
    parts.push(value);
    if (/^basic$/i.test(scheme)) parts.push(...decodedBasic(value));
  }
  const spellings = new Set(parts);
  for (const part of parts) {
    if (plain.test(part)) continue;
    const inJson = JSON.stringify(part).slice(1, -1);
    spellings.add(inJson).add(inJson.replaceAll('/', '\\/'));
    for (const entities of waysOfHtml) spellings.add(part.replace(/[&<>"']/g, (character) => entities[character]!));
    for (const inUrl of [encoded(part), encoded(part).replace(/%../g, (code) => code.toLowerCase())]) {
      spellings.add(inUrl).add(inUrl.replaceAll('%20', '+'));
    }
  }
  return spellings;
}

/** The same everywhere. */
const plain = /^[\w.~-]*$/;

function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half of a character has no place in a URL.
    return text;
  }
}

const usual = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Libraries agree on three of them. */
const waysOfHtml: readonly Readonly<Record<string, string>>[] = [
  usual,
  { ...usual, '"': '&#34;' },
  { ...usual, "'": '&#039;' },
  { ...usual, "'": '&#x27;' },
  { ...usual, "'": '&apos;' },
];

/** Cookies may have quotes about them, and what is no character of theirs is written as in a URL. */
function unwrapped(secret: string): string[] {
  const bare = /^"(.+)"$/.exec(secret.trim())?.[1];
  const found = bare === undefined ? [] : [bare];
  for (const text of [secret.trim(), ...found]) {
    if (!text.includes('%')) continue;
    try {
      found.push(decodeURIComponent(text));
    } catch {
      // A sign of its own, then.
    }
  }
  return found;
}

function decodedBasic(value: string): string[] {
  try {
    const both = new TextDecoder().decode(Uint8Array.from(atob(value), (byte) => byte.charCodeAt(0)));
    const colon = both.indexOf(':');
    return colon === -1 ? [both] : [both, both.slice(colon + 1)];
  } catch {
    return [];
  }
}
